//! What operators see: the log events of this thread, field by field.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::{Arc, Mutex};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::DefaultGuard;
use tracing::{Event, Metadata, Subscriber};

/// The fields of one event; its text is `message`.
pub(crate) type Line = BTreeMap<&'static str, String>;

/// Everything that was logged since `watch`.
pub(crate) struct Watcher {
    lines: Arc<Mutex<Vec<Line>>>,
    _guard: DefaultGuard,
}

/// Watches this thread from now on.
pub(crate) fn watch() -> Watcher {
    let lines = Arc::new(Mutex::new(Vec::new()));
    let guard = tracing::subscriber::set_default(Log(Arc::clone(&lines)));
    Watcher { lines, _guard: guard }
}

impl Watcher {
    /// The events whose field has this value.
    pub(crate) fn with(&self, field: &str, value: &str) -> Vec<Line> {
        let lines = self.lines.lock().unwrap();
        lines.iter().filter(|line| line.get(field).is_some_and(|v| v == value)).cloned().collect()
    }

    /// The events of this alarm.
    pub(crate) fn alarms(&self, name: &str) -> Vec<Line> {
        self.with("alarm", name)
    }
}

struct Log(Arc<Mutex<Vec<Line>>>);

struct Fields(Line);

impl Visit for Fields {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name(), value.to_owned());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.0.insert(field.name(), format!("{value:?}"));
    }
}

impl Subscriber for Log {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("curfew")
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut fields = Fields(Line::new());
        event.record(&mut fields);
        self.0.lock().unwrap().push(fields.0);
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}
