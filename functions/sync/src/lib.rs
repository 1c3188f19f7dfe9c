//! Lambda `sync`: reads organisation, people and permission sets into one snapshot.

use std::collections::BTreeMap;
use std::sync::Arc;

use curfew_api::task::SyncTask;
use curfew_aws::identity_store::IdentityStore;
use curfew_aws::organizations::Organization;
use curfew_aws::sso_admin::IdentityCenter;
use curfew_engine::ports::Ids;
use curfew_engine::sync::{DirectorySources, Outcome, Syncer};
use curfew_lambda::{Host, Invocation, TaskError, Unset};
use serde::Serialize;

/// What came of an invocation; for people who read logs and consoles.
#[derive(Debug, Serialize)]
#[serde(rename_all = "snake_case", tag = "outcome")]
pub enum Answer {
    /// A new snapshot is in force.
    Synced {
        /// Names its content.
        version: String,
        /// When reading it began.
        taken_at: String,
        /// How many of each kind of change, against the snapshot before.
        changes: BTreeMap<&'static str, usize>,
    },
    /// Time was over; the next invocation goes on.
    Unfinished {
        /// Things that are left to look at, as far as that is known.
        left: usize,
    },
    /// More than half of something is gone; the last snapshot stays in force.
    Refused {
        /// Of what, and how many.
        doubts: Vec<String>,
    },
    /// Another invocation reads.
    Elsewhere {
        /// It is dead by then.
        until: String,
    },
}

impl From<Outcome> for Answer {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Synced { head, changes } => {
                let mut kinds = BTreeMap::new();
                for change in &changes {
                    *kinds.entry(change.kind()).or_default() += 1;
                }
                Self::Synced { version: head.version, taken_at: head.taken_at.to_string(), changes: kinds }
            }
            Outcome::Unfinished { left } => Self::Unfinished { left },
            Outcome::Refused(doubts) => Self::Refused { doubts: doubts.iter().map(ToString::to_string).collect() },
            Outcome::Elsewhere { until } => Self::Elsewhere { until: until.to_string() },
        }
    }
}

/// Composes the function.
pub fn start(host: &Host) -> Result<impl AsyncFn(SyncTask, Invocation) -> Result<Answer, TaskError> + use<>, Unset> {
    let center = Arc::new(IdentityCenter::new(host.clients.sso_admin(), host.environment.required("INSTANCE_ARN")?));
    let identity_store = host.environment.required("IDENTITY_STORE_ID")?;
    let core = host.core()?;
    let syncer = Syncer {
        store: core.store,
        clock: core.clock,
        sources: DirectorySources {
            organization: Arc::new(Organization::new(host.clients.organizations())),
            people: Arc::new(IdentityStore::new(host.clients.identity_store(), identity_store)),
            permission_sets: Arc::clone(&center) as _,
            inventory: center,
        },
    };
    let ids = Arc::clone(&host.ids);
    Ok(async move |task: SyncTask, invocation: Invocation| handle(&syncer, ids.as_ref(), &task, &invocation).await)
}

async fn handle(syncer: &Syncer, ids: &dyn Ids, task: &SyncTask, invocation: &Invocation) -> Result<Answer, TaskError> {
    let name = invocation.writer_name(ids)?;
    Ok(syncer.sync(&name, task.force, invocation.deadline).await?.into())
}
