//! Lapse: nobody answered in time.

use serde_json::json;

use crate::person::Actor;
use crate::time::Timestamp;

use super::refusal::Refusal;
use super::state::State;
use super::table::Change;

pub(super) fn lapse(step: usize, deadline: Timestamp, now: Timestamp) -> Result<Change, Refusal> {
    if now < deadline {
        return Err(Refusal::NotYetLapsed(deadline));
    }
    let facts = json!({ "step": step, "deadline": deadline.to_string() });
    Ok(Change::new("lapsed", Actor::Curfew, State::Lapsed, facts))
}
