//! The pages of the console: view types in, HTML out.
//!
//! Pure: no AWS, no engine, no clock. What is absent on purpose: who may see what (the console fills only what the
//! reader may see), and any state. Every text is escaped by the template compiler; nothing here writes markup from data.

mod assets;
mod field;
pub mod forms;
mod headers;
mod pages;
pub mod routes;
mod shell;
mod show;
mod time;
pub mod views;

use jiff::tz::TimeZone;

pub use assets::{Asset, Assets, IMMUTABLE, assets};
pub use headers::{CONTENT_SECURITY_POLICY, PAGE_CACHE, security_headers};
pub use pages::*;
pub use routes::portal_link;

/// Lines of one page of a list: with more, a page outgrows 100 kB.
pub const PAGE_SIZE: usize = 50;

/// The zone of that IANA name; UTC for none, or for one that is not known.
pub fn zone(name: Option<&str>) -> TimeZone {
    name.and_then(|name| TimeZone::get(name).ok()).unwrap_or(TimeZone::UTC)
}
