//! Lapse: nobody, or too few, answered in time. What follows is what the step says.

use serde_json::json;

use crate::person::Actor;
use crate::time::Timestamp;
use crate::verdict::{OnTimeout, Verdict};

use super::evaluate::awaiting;
use super::refusal::Refusal;
use super::state::{Request, State};
use super::table::Change;

pub(super) fn lapse(request: &Request, index: usize, deadline: Timestamp, now: Timestamp) -> Result<Change, Refusal> {
    if now < deadline {
        return Err(Refusal::NotYetLapsed(deadline));
    }
    let steps = request.verdict.as_ref().map_or(&[][..], Verdict::steps);
    let on_timeout = steps.get(index).map_or(OnTimeout::Lapse, |step| step.on_timeout);
    let (event, state, escalated_to) = match on_timeout {
        OnTimeout::Lapse => ("lapsed", State::Lapsed, None),
        OnTimeout::Deny => ("denied", State::Denied, None),
        // The new approvers have all of their own time, however late this is noticed.
        OnTimeout::Escalate(next) => match steps.get(next) {
            Some(step) => ("escalated", awaiting(next, step, now), Some(next)),
            None => ("lapsed", State::Lapsed, None),
        },
    };
    let facts = json!({ "step": index, "deadline": deadline.to_string(), "escalated_to": escalated_to });
    Ok(Change { timed_out: Some(index), ..Change::new(event, Actor::Curfew, state, facts) })
}
