//! Reminders: what becomes due by time alone. The sweep, which looks at every live request each minute, notes each once;
//! the note reaches `announce` as every transition does. No schedule of its own, and nothing else waits for it.

use std::collections::BTreeSet;

use curfew_domain::id::RequestId;
use curfew_domain::request::{Request, Stage, State};
use curfew_domain::time::{SignedDuration, Timestamp};
use curfew_policy::model::Reminders;

use crate::health::{LATE, overdue_by};

/// A grant that is shorter than this ends before a reminder would help.
const SHORTEST: SignedDuration = SignedDuration::from_mins(10);
/// People need at least so long to finish or to ask for more.
const LEAST: SignedDuration = SignedDuration::from_mins(5);
/// Earlier than this nobody thinks of the end.
const MOST: SignedDuration = SignedDuration::from_hours(1);

/// Something that becomes due by time alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reminder {
    /// The access ends soon.
    EndsSoon,
    /// Half of the time for a decision is over.
    Decision {
        /// Index of the step.
        step: usize,
    },
    /// Access that is over could not be removed for five minutes.
    NotRemoved,
    /// People are to give access by hand. Not due by time: noted once its end is armed, before which nobody may be asked.
    Give,
}

impl Reminder {
    /// Names it within its request, in the store too.
    pub fn name(self) -> String {
        match self {
            Self::EndsSoon => "ends_soon".to_owned(),
            Self::Decision { step } => format!("reminded{step}"),
            Self::NotRemoved => "not_removed".to_owned(),
            Self::Give => "give".to_owned(),
        }
    }

    /// The reminder of that name.
    pub fn parse(name: &str) -> Option<Self> {
        match name {
            "ends_soon" => Some(Self::EndsSoon),
            "not_removed" => Some(Self::NotRemoved),
            "give" => Some(Self::Give),
            other => other.strip_prefix("reminded")?.parse().ok().map(|step| Self::Decision { step }),
        }
    }
}

/// How long before its end a grant of this length is recalled: a fifth of it, from five minutes to an hour; `None` if it is
/// too short for that.
fn lead(length: SignedDuration) -> Option<SignedDuration> {
    (length >= SHORTEST).then(|| (length / 5).clamp(LEAST, MOST))
}

/// What is due for this request now. `extended`: live requests that another one extends.
pub(crate) fn due_reminder(
    request: &Request,
    extended: &BTreeSet<&RequestId>,
    on: Reminders,
    now: Timestamp,
) -> Option<Reminder> {
    match &request.state {
        State::Active(grant) if on.ends_soon => {
            // Counted like the access of an extension: from the end of what it extends.
            let length = SignedDuration::from_secs(i64::from(request.terms().duration.seconds()));
            let left = grant.expires_at.duration_since(now);
            let soon = lead(length).is_some_and(|lead| left <= lead && left > SignedDuration::ZERO);
            (soon && !extended.contains(&request.ask.id)).then_some(Reminder::EndsSoon)
        }
        State::AwaitingApproval { step, deadline } if on.decisions => {
            let timeout = request.current_step()?.timeout;
            let left = deadline.duration_since(now);
            (left <= timeout / 2 && left > SignedDuration::ZERO).then_some(Reminder::Decision { step: *step })
        }
        State::Ending { .. } => overdue_by(request, now).filter(|by| *by > LATE).map(|_| Reminder::NotRemoved),
        _ => None,
    }
}

/// The requests that another live one extends, which has got, or will get, its access.
pub(crate) fn extended(live: &[Request]) -> BTreeSet<&RequestId> {
    let goes_on = |request: &&Request| (Stage::Approved..=Stage::Active).contains(&request.state.stage());
    live.iter().filter(goes_on).filter_map(|request| request.ask.extends.as_ref()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reminder_comes_when_there_is_still_something_to_do() {
        let minutes = SignedDuration::from_mins;
        for (length, expected) in [
            (minutes(1), None),
            (minutes(9), None),
            (minutes(10), Some(minutes(5))),
            (minutes(15), Some(minutes(5))),
            (minutes(60), Some(minutes(12))),
            (minutes(300), Some(minutes(60))),
            (SignedDuration::from_hours(24 * 30), Some(minutes(60))),
        ] {
            assert_eq!(lead(length), expected, "{length:?}");
        }
    }

    #[test]
    fn a_reminder_reads_as_it_is_written() {
        for reminder in [Reminder::EndsSoon, Reminder::Decision { step: 3 }, Reminder::NotRemoved, Reminder::Give] {
            assert_eq!(Reminder::parse(&reminder.name()), Some(reminder));
        }
        for other in ["", "reminded", "reminded-1", "active"] {
            assert_eq!(Reminder::parse(other), None, "{other}");
        }
    }
}
