//! What crosses the wire: bodies and answers of the HTTP API, problem documents, task payloads of the state machine.
//!
//! Shapes here are separate from the domain's: they may grow fields, and never change the meaning of one.

mod body;
mod directory;
mod health;
mod problem;
mod query;
mod refused;
pub mod task;
mod view;

pub use body::{ConfirmedReply, comment, decision, extension, link_decision, wish};
pub use directory::{DirectoryView, SnapshotView, sync_wish};
pub use health::AccessHealthView;
pub use problem::Problem;
pub use query::{list_query, path_id};
pub use view::{
    ApprovalView, ApprovalsView, ConfigurationView, EntitlementView, EntitlementsView, LinkView, MeView, PageView,
    PublishedView, RequestView,
};
