//! Waiting for what comes of a request.

use std::time::{Duration, Instant};

use jiff::Timestamp;
use serde_json::Value;

use super::list::of;
use super::show::{self, list, text};
use crate::answer::{Answer, Done, Failure, note};
use crate::remote::Remote;

/// Between two looks: short at first, when policy and Identity Center answer within seconds.
const FIRST: Duration = Duration::from_millis(700);
/// The same for those who wait for a person.
const LONGEST: Duration = Duration::from_secs(10);
/// How long Curfew itself is waited for.
const ITS_OWN_TIME: Duration = Duration::from_mins(1);
/// So many looks in a row may fail while somebody waits: a lost network is no answer.
const FAILURES: u32 = 10;

/// How far somebody wants to wait.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Until {
    /// Until it is known what or whom it waits for.
    Known,
    /// Until there is access, or never will be; at most so long.
    Active(Duration),
    /// Until it is over.
    Over,
}

/// Waits for what comes of a request, and tells it.
pub(crate) fn outcome(remote: &Remote, id: &str, until: Until) -> Result<Answer, Failure> {
    let bound = match until {
        Until::Known => Some(ITS_OWN_TIME),
        Until::Active(bound) => Some(bound),
        Until::Over => None,
    };
    let (since, path) = (Instant::now(), of(id)?);
    let (mut pause, mut failures, mut last) = (FIRST, 0, String::new());
    loop {
        let request = match remote.get(&path) {
            Ok(request) => request,
            Err(Failure::Server(why)) if failures < FAILURES => {
                failures += 1;
                note(&format!("{why}; trying again"));
                std::thread::sleep(pause);
                continue;
            }
            Err(failure) => return Err(failure),
        };
        failures = 0;
        let told = told(&request);
        if told != last {
            note(&told);
            (last, pause) = (told, FIRST);
        }
        let left = bound.map(|bound| bound.saturating_sub(since.elapsed()));
        if is_enough(&text(&request, "/state"), until) || left.is_some_and(|left| left.is_zero()) {
            let shown = show::request(&request, Timestamp::now());
            return Ok(Answer::new(done(&text(&request, "/state"), until), shown, &request));
        }
        std::thread::sleep(left.map_or(pause, |left| pause.min(left)));
        pause = (pause * 3 / 2).min(LONGEST);
    }
}

/// Tells each change, until the request is over.
pub(crate) fn to_the_end(remote: &Remote, id: &str) -> Result<Answer, Failure> {
    outcome(remote, id, Until::Over)
}

/// Where it stands, in a line.
fn told(request: &Value) -> String {
    let now = Timestamp::now();
    let waiting = list(request, "/steps").iter().find(|step| text(step, "/state") == "waiting");
    match (text(request, "/state").as_str(), waiting) {
        ("awaiting_approval", Some(step)) => format!("waits for {}", show::waiting(request, step, now)),
        ("active", _) => format!("active, ends {}", show::moment(&text(request, "/grant/expires_at"), now)),
        ("scheduled", _) => format!("approved, starts {}", show::moment(&text(request, "/start"), now)),
        (state, _) => state.replace('_', " "),
    }
}

fn is_over(state: &str) -> bool {
    matches!(state, "denied" | "cancelled" | "lapsed" | "failed" | "ended")
}

fn is_enough(state: &str, until: Until) -> bool {
    match until {
        Until::Known => is_over(state) || matches!(state, "active" | "ending" | "awaiting_approval" | "scheduled"),
        Until::Active(_) => is_over(state) || matches!(state, "active" | "ending"),
        Until::Over => is_over(state),
    }
}

/// Whether what was asked for has happened.
fn done(state: &str, until: Until) -> Done {
    match (state, until) {
        ("active", Until::Known | Until::Active(_)) | ("ended", Until::Over) => Done::Fine,
        (state, _) if is_over(state) || state == "ending" => Done::Denied,
        _ => Done::Pending,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_access_is_what_was_asked_for() {
        let until = [Until::Known, Until::Active(Duration::ZERO)];
        for until in until {
            assert_eq!(done("active", until), Done::Fine);
            for never in ["denied", "cancelled", "lapsed", "failed", "ended", "ending"] {
                assert_eq!(done(never, until), Done::Denied, "{never}");
                assert!(is_enough(never, until), "{never}");
            }
            for not_yet in ["submitted", "awaiting_approval", "approved", "scheduled", "provisioning"] {
                assert_eq!(done(not_yet, until), Done::Pending, "{not_yet}");
            }
        }
        assert!(!is_enough("awaiting_approval", until[1]) && is_enough("awaiting_approval", until[0]));
        assert!(!is_enough("active", Until::Over) && !is_enough("ending", Until::Over));
        assert_eq!(done("ended", Until::Over), Done::Fine);
    }
}
