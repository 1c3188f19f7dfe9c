//! What functions log: into the log of the run, with the invocation that said it.

use std::cell::RefCell;
use std::fmt::{Debug, Write};

use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::DefaultGuard;
use tracing::{Event, Level, Metadata, Subscriber};

use crate::log::{Invoked, What};
use crate::world::World;

thread_local! {
    /// The invocations that are polled at this moment; one, or none.
    static SPEAKING: RefCell<Vec<(World, Invoked)>> = const { RefCell::new(Vec::new()) };
}

/// From now on, and until it is dropped, what is logged on this thread is this invocation's.
pub(super) struct Speaking;

pub(super) fn speaking(world: &World, invoked: &Invoked) -> Speaking {
    SPEAKING.with_borrow_mut(|speaking| speaking.push((world.clone(), invoked.clone())));
    Speaking
}

impl Drop for Speaking {
    fn drop(&mut self) {
        SPEAKING.with_borrow_mut(Vec::pop);
    }
}

/// Listens on this thread until the guard is dropped.
pub(crate) fn listen() -> DefaultGuard {
    tracing::subscriber::set_default(Listener)
}

struct Listener;

impl Subscriber for Listener {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.is_event() && *metadata.level() <= Level::INFO && metadata.target().starts_with("curfew")
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(LevelFilter::INFO)
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let Some((world, invoked)) = SPEAKING.with_borrow(|speaking| speaking.last().cloned()) else { return };
        let mut line = Line::default();
        event.record(&mut line);
        let level = *event.metadata().level();
        world.step(Some(invoked), What::Said { level, text: line.text, alarm: line.alarm });
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

#[derive(Default)]
struct Line {
    text: String,
    alarm: Option<String>,
}

impl Visit for Line {
    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "alarm" {
            self.alarm = Some(value.to_owned());
        }
        self.record_debug(field, &format_args!("{value}"));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let space = if self.text.is_empty() { "" } else { " " };
        // Writing to a string cannot fail.
        let _ = match field.name() {
            "message" => write!(self.text, "{space}{value:?}"),
            name => write!(self.text, "{space}{name}={value:?}"),
        };
    }
}
