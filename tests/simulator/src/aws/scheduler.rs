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

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;

    fn create(at: &str, token: &str) -> Value {
        json!({
            "Name": "n",
            "GroupName": "g",
            "ClientToken": token,
            "ScheduleExpression": format!("at({at})"),
            "ScheduleExpressionTimezone": "UTC",
            "FlexibleTimeWindow": { "Mode": "OFF" },
            "ActionAfterCompletion": "DELETE",
            "Target": { "Arn": "a", "RoleArn": "r", "Input": "{}" },
        })
    }

    #[test]
    fn a_schedule_is_created_once_read_back_and_taken_once() {
        let now: Timestamp = "2026-11-23T08:00:00Z".parse().unwrap();
        let mut scheduler = Scheduler::default();
        let mut call = |operation: &str, request: &Value, stale: Option<Timestamp>| {
            let answer = scheduler.call(operation, request, now, stale, SignedDuration::from_secs(7));
            answer.map(|(answer, then)| (answer, matches!(then, Then::Arm(..)))).map_err(|error| error.code)
        };
        let wanted = create("2026-11-23T09:00:00", "t");
        assert!(call("CreateSchedule", &wanted, None).unwrap().1);
        assert!(!call("CreateSchedule", &wanted, None).unwrap().1, "the same call again arms nothing");
        assert_eq!(call("CreateSchedule", &create("2026-11-23T09:00:00", "u"), None), Err("ConflictException"));
        assert_eq!(call("CreateSchedule", &create("2026-11-23T09:30:00", "t"), None), Err("ConflictException"));
        let name = json!({ "Name": "n", "GroupName": "g" });
        let seen = call("GetSchedule", &name, None).unwrap().0;
        assert_eq!(seen["ScheduleExpression"], "at(2026-11-23T09:00:00)");
        let earlier = now - SignedDuration::from_secs(5);
        assert_eq!(call("GetSchedule", &name, Some(earlier)), Err("ResourceNotFoundException"), "not visible yet");
        let mut past = create("2026-11-23T07:59:59", "t");
        past["Name"] = "past".into();
        assert_eq!(call("CreateSchedule", &past, None), Err("ValidationException"));
        assert!(call("UpdateSchedule", &create("2026-11-23T10:00:00", "t"), None).unwrap().1);
        assert!(scheduler.take("n", 1).is_none(), "the timer of what was changed");
        let entry = scheduler.take("n", 2).unwrap();
        assert_eq!(entry.fires.duration_since(entry.at), SignedDuration::from_secs(7));
        assert!(scheduler.take("n", 2).is_none());
        let gone = scheduler.call("DeleteSchedule", &name, now, None, SignedDuration::ZERO);
        assert_eq!(gone.err().map(|error| error.code), Some("ResourceNotFoundException"));
    }
}
