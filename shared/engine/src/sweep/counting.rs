//! Counting: how much access there is, noted when it has changed, for the drawing of everybody's access.

use std::sync::Mutex;

use curfew_domain::request::{Request, State};
use curfew_domain::time::Timestamp;

use super::round::{Faults, Round};
use crate::error::Error;
use crate::ports::Census;

/// Between two counts, in seconds: an organisation that never rests costs 96 writes a day, one that rests none.
const QUARTER: i64 = 15 * 60;

/// What this process has noted last; a new one notes what it finds.
#[derive(Default)]
pub struct Counted(Mutex<Option<Census>>);

impl Counted {
    /// Whether this is worth a note.
    fn is_news(&self, census: &Census) -> bool {
        let quarter = |at: Timestamp| at.as_second().div_euclid(QUARTER);
        let same = |last: &Census| (last.active, last.emergencies) == (census.active, census.emergencies);
        let is_news = |last: &Census| quarter(last.at) != quarter(census.at) && !same(last);
        self.0.lock().is_ok_and(|last| last.as_ref().is_none_or(is_news))
    }

    fn note(&self, census: Census) {
        if let Ok(mut last) = self.0.lock() {
            *last = Some(census);
        }
    }
}

impl Round<'_> {
    /// Notes how much access there is.
    pub(super) async fn count(&mut self, live: &[Request]) {
        let active = live.iter().filter(|request| matches!(request.state, State::Active(_)));
        let (active, emergencies) =
            active.fold((0, 0), |(all, loud), request| (all + 1, loud + u32::from(request.ask.emergency)));
        let census = Census { at: self.now(), active, emergencies };
        let (store, counted) = (&self.sweeper.core.store, &self.sweeper.counted);
        if !counted.is_news(&census) {
            return;
        }
        match store.put_census(&census).await {
            Ok(()) => counted.note(census),
            Err(fault) => {
                Faults::default().note(&mut self.swept, "the count of active access", &Error::from(fault));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_is_noted_when_it_has_changed_and_once_in_a_quarter_of_an_hour() {
        let counted = Counted::default();
        let census = |minute: i64, active| Census {
            at: Timestamp::from_second(1_795_424_400 + minute * 60).unwrap(),
            active,
            emergencies: 0,
        };
        assert!(counted.is_news(&census(0, 3)), "nothing was noted yet");
        counted.note(census(0, 3));
        assert!(!counted.is_news(&census(14, 4)), "not so soon");
        assert!(counted.is_news(&census(15, 4)));
        assert!(!counted.is_news(&census(600, 3)), "as it was");
        let loud = Census { emergencies: 1, ..census(600, 3) };
        assert!(counted.is_news(&loud));
    }
}
