//! Evaluate: gather fresh facts, let policy judge, commit the verdict.

use std::sync::Arc;

use curfew_domain::ask::Ask;
use curfew_domain::id::RequestId;
use curfew_domain::request::{Command, Refusal, State};
use curfew_policy::Facts;

use crate::core::Core;
use crate::directive::{Directive, directive};
use crate::error::{Error, Fault};
use crate::ports::{Accounts, People, PermissionSets};

/// Where facts come from.
#[derive(Clone)]
pub struct FactSources {
    /// The directory.
    pub people: Arc<dyn People>,
    /// The organisation.
    pub accounts: Arc<dyn Accounts>,
    /// Identity Center.
    pub permission_sets: Arc<dyn PermissionSets>,
}

impl FactSources {
    /// Fresh facts about a wish. A fact that cannot be had is a fault, never a default (I19).
    pub async fn gather<'a>(&self, ask: &'a Ask) -> Result<Facts<'a>, Fault> {
        Ok(Facts {
            ask,
            requester: self.people.user(&ask.requester).await?,
            account: self.accounts.account(&ask.account).await?,
            permission_set: self.permission_sets.permission_set(&ask.permission_set).await?,
        })
    }
}

/// Judges a submitted request; says what the state machine does next.
pub async fn evaluate(core: &Core, sources: &FactSources, id: &RequestId) -> Result<Directive, Error> {
    let request = core.load(id).await?;
    let request = match request.state {
        State::Submitted => {
            let configuration = core.configuration().await?;
            let verdict = configuration.decide(&sources.gather(&request.ask).await?);
            match core.act(id, |_| Ok(Command::Evaluate(verdict.clone()))).await {
                // Cancelled, or judged by another call, meanwhile.
                Err(Error::Refused(Refusal::Illegal { .. })) => core.load(id).await?,
                other => other?,
            }
        }
        // A repeated call: the verdict stands.
        _ => request,
    };
    Ok(directive(&request, core.clock.now()))
}
