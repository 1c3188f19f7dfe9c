//! What crosses the wire: bodies and answers of the HTTP API, problem documents, task payloads of the state machine.
//!
//! Shapes here are separate from the domain's: they may grow fields, and never change the meaning of one.

mod body;
mod configuration;
mod directory;
mod entitlements;
mod event;
mod health;
mod preferences;
mod problem;
mod query;
mod refused;
pub mod stream;
pub mod task;
mod view;

pub use body::{Decided, comment, decision, extension, judgement, link_decision, urgency, wish};
pub use configuration::{
    ConfigurationView, PUBLICATIONS, PublicationsView, PublishedView, Rollback, change, publications_query, rollback,
};
pub use directory::{DirectoryView, SnapshotView, sync_wish};
pub use entitlements::{EntitlementsQuery, EntitlementsView, ExplainQuery, entitlements_query, explain_query};
pub use event::{EVENT_VERSION, EventGrant, EventPerson, EventRequest, EventStep, NoticeEvent};
pub use health::AccessHealthView;
pub use preferences::{PreferencesView, preferences};
pub use problem::Problem;
pub use query::{list_query, path_id};
pub use view::{
    ApprovalView, ApprovalsView, LinkView, MeView, PageView, RequestView, ReviewView, ReviewsView, TaskView, TasksView,
};
