//! EventBridge Scheduler: one one-off schedule per trigger.

use async_trait::async_trait;
use aws_sdk_scheduler::Client;
use aws_sdk_scheduler::types::{
    ActionAfterCompletion, DeadLetterConfig, FlexibleTimeWindow, FlexibleTimeWindowMode, RetryPolicy, Target,
};
use curfew_domain::id::RequestId;
use curfew_engine::error::Fault;
use curfew_engine::ports::Timers;
use curfew_engine::trigger::Trigger;
use serde_json::json;

use crate::fault::{code, fault, unbuilt};

const WHAT: &str = "arm the expiry";

/// Schedules that call `revoke`.
pub struct Schedules {
    client: Client,
    settings: ScheduleSettings,
}

/// Where schedules live and what they call.
#[derive(Debug, Clone)]
pub struct ScheduleSettings {
    /// Schedule group.
    pub group: String,
    /// ARN of the `revoke` function.
    pub target: String,
    /// ARN of the role that may invoke it.
    pub role: String,
    /// ARN of the queue for invocations that could not be delivered.
    pub dead_letters: String,
}

impl Schedules {
    /// Schedules with these settings.
    pub fn new(client: Client, settings: ScheduleSettings) -> Self {
        Self { client, settings }
    }

    fn target(&self, trigger: &Trigger) -> Result<Target, Fault> {
        Target::builder()
            .arn(&self.settings.target)
            .role_arn(&self.settings.role)
            .input(json!({ "minute": trigger.minute().to_string() }).to_string())
            .retry_policy(
                RetryPolicy::builder().maximum_event_age_in_seconds(86_400).maximum_retry_attempts(185).build(),
            )
            .dead_letter_config(DeadLetterConfig::builder().arn(&self.settings.dead_letters).build())
            .build()
            .map_err(|e| unbuilt(WHAT, e))
    }

    /// Creates the schedule, unless one of this name is there; whether this call, or one like it for the same grant, did.
    async fn create(&self, trigger: &Trigger, grant: &RequestId, name: &str, expression: &str) -> Result<bool, Fault> {
        let created = self
            .client
            .create_schedule()
            .name(name)
            .group_name(&self.settings.group)
            // The client repeats a call whose answer was lost. Each grant has a token of its own: that of a schedule which
            // somebody has deleted since must not answer for another grant.
            .client_token(grant.as_str())
            .schedule_expression(expression)
            .schedule_expression_timezone("UTC")
            .flexible_time_window(
                FlexibleTimeWindow::builder()
                    .mode(FlexibleTimeWindowMode::Off)
                    .build()
                    .map_err(|e| unbuilt(WHAT, e))?,
            )
            .action_after_completion(ActionAfterCompletion::Delete)
            .target(self.target(trigger)?)
            .send()
            .await;
        match created {
            Ok(_) => Ok(true),
            // Armed for another grant of the same minute, or by an earlier try.
            Err(e) if code(&e) == Some("ConflictException") => Ok(false),
            Err(e) => Err(fault(WHAT, e)),
        }
    }
}

#[async_trait]
impl Timers for Schedules {
    async fn ensure(&self, trigger: &Trigger, grant: &RequestId) -> Result<(), Fault> {
        let name = match trigger {
            Trigger::Shared { minute } => format!("curfew-{}", minute.strftime("%Y-%m-%dT%H-%MZ")),
            Trigger::Own { request, .. } => format!("curfew-{request}"),
        };
        let expression = format!("at({})", trigger.at().strftime("%Y-%m-%dT%H:%M:%S"));
        if self.create(trigger, grant, &name, &expression).await? {
            // Scheduler has said that it is there, as it was asked for.
            return Ok(());
        }
        // One of the same name is: whether it is the same is to be seen.
        let seen = self.client.get_schedule().name(&name).group_name(&self.settings.group).send().await.map_err(
            |e| match code(&e) {
                // Not visible yet.
                Some("ResourceNotFoundException") => Fault::transient("read the expiry back", "it is not there"),
                _ => fault("read the expiry back", e),
            },
        )?;
        let calls_revoke = seen.target().is_some_and(|t| t.arn() == self.settings.target);
        if seen.schedule_expression() == Some(&expression) && calls_revoke {
            return Ok(());
        }
        let cause = format!("schedule `{name}` is {:?}, not `{expression}` for revoke", seen.schedule_expression());
        Err(Fault::permanent("read the expiry back", cause))
    }
}
