//! EventBridge Scheduler: one-off schedules. Firing them is the world's part.

use std::collections::BTreeMap;

use curfew_domain::time::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use super::{AwsError, only, text};

/// A schedule as it was created.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    /// Which creation or update this is: a timer of an earlier one must not fire.
    pub(crate) generation: u64,
    /// When it is due.
    pub(crate) at: Timestamp,
    /// When it fires.
    pub(crate) fires: Timestamp,
    /// The request that made it.
    pub(crate) request: Value,
    created: Timestamp,
}

/// The service.
#[derive(Debug, Default)]
pub(crate) struct Scheduler {
    /// By name; one group.
    pub(crate) entries: BTreeMap<String, Entry>,
    generation: u64,
}

/// What the world has to do after a call.
pub(crate) enum Then {
    Nothing,
    /// Wait until this generation fires.
    Arm(String, u64, Timestamp),
}

impl Scheduler {
    /// Makes one call. `lateness` says how long after its time a new schedule fires.
    pub(crate) fn call(
        &mut self,
        operation: &str,
        request: &Value,
        now: Timestamp,
        stale: Option<Timestamp>,
        lateness: jiff::SignedDuration,
    ) -> Result<(Value, Then), AwsError> {
        let name = text(request, "Name").to_owned();
        let missing = || AwsError::status(404, "ResourceNotFoundException", format!("Schedule {name} does not exist."));
        match operation {
            "CreateSchedule" | "UpdateSchedule" => {
                let creating = operation == "CreateSchedule";
                if let Some(there) = self.entries.get(&name).filter(|_| creating) {
                    let token = &request["ClientToken"];
                    if token.is_string() && there.request == *request {
                        return Ok((arn(request), Then::Nothing));
                    }
                    let message = format!("Schedule {name} already exists.");
                    return Err(AwsError::status(409, "ConflictException", message));
                }
                if !creating && !self.entries.contains_key(&name) {
                    return Err(missing());
                }
                let at = due(request);
                if at < now {
                    let message = format!("Invalid Schedule Expression {}.", request["ScheduleExpression"]);
                    return Err(AwsError::new("ValidationException", message));
                }
                self.generation += 1;
                let (generation, fires) = (self.generation, at + lateness);
                self.entries
                    .insert(name.clone(), Entry { generation, at, fires, request: request.clone(), created: now });
                Ok((arn(request), Then::Arm(name, generation, fires)))
            }
            "GetSchedule" => {
                only(request, &["Name", "GroupName"]);
                let there = self.entries.get(&name).filter(|entry| stale.is_none_or(|at| entry.created <= at));
                let there = there.ok_or_else(missing)?;
                let mut answer = there.request.clone();
                answer["State"] = "ENABLED".into();
                answer["Arn"] = arn(request)["ScheduleArn"].clone();
                Ok((answer, Then::Nothing))
            }
            "DeleteSchedule" => {
                only(request, &["Name", "GroupName", "ClientToken"]);
                self.entries.remove(&name).ok_or_else(missing)?;
                Ok((json!({}), Then::Nothing))
            }
            _ => panic!("the simulator does not know Scheduler's {operation}"),
        }
    }

    /// Takes a schedule that is due; none if it was deleted or changed in between.
    pub(crate) fn take(&mut self, name: &str, generation: u64) -> Option<Entry> {
        let is_it = self.entries.get(name).is_some_and(|entry| entry.generation == generation);
        is_it.then(|| self.entries.remove(name)).flatten()
    }
}

fn arn(request: &Value) -> Value {
    let group = request["GroupName"].as_str().unwrap_or("default");
    let arn = format!("arn:aws:scheduler:eu-central-1:123456789012:schedule/{group}/{}", text(request, "Name"));
    json!({ "ScheduleArn": arn })
}

/// The instant of a one-off schedule; panics over what the simulator does not know.
fn due(request: &Value) -> Timestamp {
    only(
        request,
        &[
            "Name",
            "GroupName",
            "ClientToken",
            "ScheduleExpression",
            "ScheduleExpressionTimezone",
            "FlexibleTimeWindow",
            "ActionAfterCompletion",
            "Target",
            "Description",
            "State",
        ],
    );
    assert_eq!(request["ActionAfterCompletion"], "DELETE", "others stay and count against a quota");
    assert_eq!(request["FlexibleTimeWindow"]["Mode"], "OFF", "the simulator knows no flexible window");
    assert!(request["State"].is_null() || request["State"] == "ENABLED", "the simulator knows no disabled schedule");
    assert_eq!(request["ScheduleExpressionTimezone"], "UTC", "the simulator knows no time zones");
    only(&request["Target"], &["Arn", "RoleArn", "Input", "RetryPolicy", "DeadLetterConfig"]);
    let expression = text(request, "ScheduleExpression");
    let at = expression.strip_prefix("at(").and_then(|rest| rest.strip_suffix(')'));
    let at = at.unwrap_or_else(|| panic!("the simulator does not know {expression}"));
    let at: DateTime = at.parse().expect("at(yyyy-mm-ddThh:mm:ss)");
    at.to_zoned(TimeZone::UTC).expect("an instant").timestamp()
}
