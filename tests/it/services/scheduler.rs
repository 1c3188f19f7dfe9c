//! EventBridge Scheduler API reference, `CreateSchedule` (`ClientToken`, `ActionAfterCompletion`), `GetSchedule`; user
//! guide, "Schedule types": a one-time schedule is invoked within a minute of its time.

use aws_sdk_scheduler::Client;
use aws_sdk_scheduler::types::{ActionAfterCompletion, FlexibleTimeWindow, FlexibleTimeWindowMode, Target};
use jiff::{SignedDuration, Timestamp};

use super::place::Place;
use super::{Statements, outcome};

/// Within a minute of its time, and some moments until it is deleted.
const DONE: SignedDuration = SignedDuration::from_secs(90);
/// Finds nothing that ended in this minute.
const INPUT: &str = "{\"minute\":\"2000-01-01T00:00:00Z\"}";

struct Schedules<'a> {
    client: Client,
    place: &'a Place,
}

impl Schedules<'_> {
    async fn create(&self, name: &str, token: &str, at: Timestamp) -> String {
        let window = FlexibleTimeWindow::builder().mode(FlexibleTimeWindowMode::Off).build().unwrap();
        let target = Target::builder().arn(&self.place.revoke).role_arn("arn:aws:iam::123456789012:role/curfew");
        let create = self.client.create_schedule().name(name).group_name(&self.place.schedule_group);
        let create = create.client_token(token).schedule_expression(expression(at));
        let create = create.schedule_expression_timezone("UTC").flexible_time_window(window);
        let create = create.action_after_completion(ActionAfterCompletion::Delete);
        outcome(&create.target(target.input(INPUT).build().unwrap()).send().await)
    }

    /// When it fires and what it calls, or the error.
    async fn seen(&self, name: &str) -> String {
        let seen = self.client.get_schedule().name(name).group_name(&self.place.schedule_group).send().await;
        match &seen {
            Ok(seen) => {
                let target = seen.target().unwrap();
                let calls_revoke = target.arn() == self.place.revoke && target.input() == Some(INPUT);
                format!("{} calls revoke: {calls_revoke}", seen.schedule_expression().unwrap_or_default())
            }
            Err(_) => outcome(&seen),
        }
    }
}

fn expression(at: Timestamp) -> String {
    format!("at({})", at.strftime("%Y-%m-%dT%H:%M:%S"))
}

pub(super) async fn ask(place: &Place) -> Statements {
    let (schedules, mut statements) = (Schedules { client: place.clients.scheduler(), place }, Statements::default());
    let tomorrow = place.now() + SignedDuration::from_hours(24);
    statements.ask("create", "ok", schedules.create("contract-1", "one", tomorrow).await);
    let as_created = schedules.seen("contract-1").await == format!("{} calls revoke: true", expression(tomorrow));
    statements.ask("reading it back shows what was created", "true", as_created.to_string());
    let again = schedules.create("contract-1", "one", tomorrow).await;
    statements.ask("the same call again, by its token", "ok", again);
    let conflict = "ConflictException";
    let other = schedules.create("contract-1", "two", tomorrow).await;
    statements.ask("the same name under another token", conflict, other);
    let other = schedules.create("contract-1", "one", tomorrow + SignedDuration::from_mins(1)).await;
    statements.ask("another time under the same token", conflict, other);
    let missing = "ResourceNotFoundException";
    statements.ask("reading what is not there", missing, schedules.seen("contract-none").await);
    let past = schedules.create("contract-2", "one", place.now() - SignedDuration::from_mins(2)).await;
    statements.ask("a time that has passed", "ValidationException", past);
    schedules.create("contract-3", "one", place.now() + SignedDuration::from_secs(2)).await;
    let gone = place.eventually(DONE, async || Some(schedules.seen("contract-3").await).filter(|seen| seen == missing));
    statements.ask("after it has fired", missing, gone.await.unwrap_or_else(|| "still there".to_owned()));
    let delete = schedules.client.delete_schedule().name("contract-1").group_name(&place.schedule_group);
    delete.send().await.unwrap();
    statements
}
