//! Reminders: each is noted once in the store, and told from there by `announce`.

use std::collections::BTreeSet;
use std::sync::Mutex;

use curfew_domain::id::RequestId;
use curfew_domain::request::Request;
use curfew_policy::model::Reminders;

use super::round::{Faults, Round};
use crate::announce::Reminder;
use crate::announce::remind::{due_reminder, extended};
use crate::error::Error;

/// What this process has noted already. The store notes each reminder once, whoever asks; this only saves asking every
/// minute while one is due.
#[derive(Default)]
pub struct Reminded(Mutex<BTreeSet<(RequestId, Reminder)>>);

impl Reminded {
    fn has(&self, reminder: &(RequestId, Reminder)) -> bool {
        self.0.lock().is_ok_and(|noted| noted.contains(reminder))
    }

    /// Keeps what is live; a process would otherwise grow for ever.
    fn keep(&self, live: &[Request]) {
        let live: BTreeSet<&RequestId> = live.iter().map(|request| &request.ask.id).collect();
        if let Ok(mut noted) = self.0.lock() {
            noted.retain(|(request, _)| live.contains(request));
        }
    }

    fn add(&self, reminder: (RequestId, Reminder)) {
        if let Ok(mut noted) = self.0.lock() {
            noted.insert(reminder);
        }
    }
}

impl Round<'_> {
    /// Notes every reminder that is due now.
    pub(super) async fn remind(&mut self, live: &[Request], on: Reminders) {
        let (core, noted) = (&self.sweeper.core, &self.sweeper.reminded);
        noted.keep(live);
        let (extended, mut faults) = (extended(live), Faults::default());
        for request in live {
            let Some(reminder) = due_reminder(request, &extended, on, core.clock.now()) else { continue };
            let noting = (request.ask.id.clone(), reminder);
            if noted.has(&noting) {
                continue;
            }
            match core.store.remind(&request.ask.id, reminder).await {
                Ok(()) => noted.add(noting),
                Err(fault) => {
                    if faults.note(&mut self.swept, &request.ask.id, &Error::from(fault)) {
                        return;
                    }
                }
            }
        }
    }
}
