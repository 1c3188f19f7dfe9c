//! Asynchronous invocation: events, their repetitions, schedules that fire.

use std::rc::Rc;
use std::time::Duration;

use serde_json::Value;

use super::Function;
use crate::fault::EventFault;
use crate::log::{DeadLetter, Event, Service, Source, What};
use crate::template::{function_of, template};
use crate::world::World;

/// Lambda tries a failed event again after one minute, and then after two
/// (Lambda developer guide, "How Lambda handles errors and retries with asynchronous invocation").
const PAUSES_S: [u64; 2] = [60, 120];
/// How long an event waits inside of Lambda, at most, in milliseconds.
const QUEUED_MS: u64 = 60;

impl World {
    /// Lambda accepts an event.
    pub(crate) fn accept_event(&self, function: Function, source: &Source, payload: &Rc<Value>) {
        let number = self.0.events.get() + 1;
        self.0.events.set(number);
        let strike = self.0.plan.events.get(&number).copied().filter(|_| !self.healed());
        let event = Event { number, function, source: source.clone(), payload: Rc::clone(payload), strike };
        self.step(None, What::Event(event));
        let id = self.invocation_id();
        let deliver = |id: Rc<str>, late: Duration| {
            self.spawn(self.clone().deliver(function, id, source.clone(), Rc::clone(payload), late));
        };
        match strike {
            None => deliver(id, Duration::ZERO),
            Some(EventFault::Drop) => {}
            Some(EventFault::Delay) => deliver(id, Duration::from_hours(24)),
            Some(EventFault::Reorder) => deliver(id, Duration::from_secs(90)),
            Some(EventFault::Triple) => {
                // Two are Lambda's own duplicates, with one id; the third was sent twice.
                deliver(Rc::clone(&id), Duration::ZERO);
                deliver(id, Duration::from_millis(self.random(0, 1_500)));
                deliver(self.invocation_id(), Duration::from_millis(self.random(0, 5_000)));
            }
        }
    }

    /// Brings an event to its function, again if it fails.
    async fn deliver(self, function: Function, id: Rc<str>, source: Source, payload: Rc<Value>, late: Duration) {
        tokio::time::sleep(late).await;
        let settings = &template().functions[&function];
        let accepted = self.now();
        let mut tried = 0;
        loop {
            self.take_ms(1, QUEUED_MS).await;
            let called = self.invoke(function, Rc::clone(&id), Rc::clone(&payload), source.clone());
            let Err(error) = called.await.expect("an invocation ends") else { return };
            let pause = PAUSES_S[usize::from(tried > 0)];
            let age = self.now().duration_since(accepted).as_secs() + i64::try_from(pause).expect("small");
            if tried >= settings.retries || age > settings.max_age {
                let error = error.name;
                return self.dead_letter(DeadLetter {
                    at: self.now(),
                    queue: "FailureQueue",
                    function,
                    payload,
                    error,
                });
            }
            tried += 1;
            tokio::time::sleep(Duration::from_secs(pause)).await;
        }
    }

    fn dead_letter(&self, letter: DeadLetter) {
        self.0.dead_letters.borrow_mut().push(letter.clone());
        self.step(None, What::DeadLetter(letter));
    }

    /// Waits until a one-off schedule fires, unless it is deleted or changed before.
    pub(crate) async fn fire(self, name: String, generation: u64, fires: curfew_domain::time::Timestamp) {
        self.until(fires).await;
        let Some(entry) = self.0.scheduler.borrow_mut().take(&name, generation) else { return };
        let target = &entry.request["Target"];
        let function = function_of(target["Arn"].as_str().expect("a target"));
        let input = target["Input"].as_str().map_or(Value::Null, |text| serde_json::from_str(text).expect("JSON"));
        let policy = &target["RetryPolicy"];
        // Defaults: API reference, `RetryPolicy`.
        let attempts = policy["MaximumRetryAttempts"].as_u64().unwrap_or(185);
        let age = policy["MaximumEventAgeInSeconds"].as_u64().unwrap_or(86_400);
        self.hand_over(function, Source::Schedule(name.as_str().into()), Rc::new(input), attempts, age).await;
    }

    /// The template's schedule of the sweep: every minute, at a second that stays about the same.
    pub(crate) async fn sweep_every_minute(self) {
        let precision = u64::try_from(self.0.precision.as_millis()).expect("a short time");
        self.take_ms(0, precision.saturating_sub(1)).await;
        let input = Rc::new(template().sweep_input.clone());
        loop {
            if self.0.sweeping.get() {
                let world = self.clone();
                let input = Rc::clone(&input);
                self.spawn(async move { world.hand_over(Function::Sweep, Source::Periodic, input, 3, 60).await });
            }
            tokio::time::sleep(Duration::from_mins(1)).await;
        }
    }

    /// Scheduler invokes a function, again while Lambda is down.
    async fn hand_over(&self, function: Function, source: Source, input: Rc<Value>, attempts: u64, age_s: u64) {
        let began = self.now();
        let mut tried = 0;
        while self.is_down(Service::Lambda) || self.is_down(Service::Scheduler) {
            // The service documents exponential back-off and no numbers.
            let pause = 1_u64 << tried.min(9);
            let age = self.now().duration_since(began).as_secs().unsigned_abs() + pause;
            if tried >= attempts || age > age_s {
                let error = "the target could not be invoked".to_owned();
                let at = self.now();
                return self.dead_letter(DeadLetter { at, queue: "ExpiryQueue", function, payload: input, error });
            }
            tried += 1;
            tokio::time::sleep(Duration::from_secs(pause)).await;
        }
        self.accept_event(function, &source, &input);
    }
}
