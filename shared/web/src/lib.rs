//! The pages of the console: view types in, HTML out.
//!
//! Pure: no AWS, no engine, no clock. What is absent on purpose: who may see what (the console fills only what the reader
//! may see), and any state. Every text is escaped by the template compiler; nothing here writes markup from data.

pub mod forms;
pub mod routes;
pub mod views;

use jiff::tz::TimeZone;

pub use routes::portal_link;

/// The zone of that IANA name; UTC for none, or for one that is not known.
pub fn zone(name: Option<&str>) -> TimeZone {
    name.and_then(|name| TimeZone::get(name).ok()).unwrap_or(TimeZone::UTC)
}
