//! Evaluate: let policy judge, commit the verdict. What extends a grant that was ended fails here.

use std::collections::BTreeSet;

use curfew_domain::id::{RequestId, UserId};
use curfew_domain::request::{Command, Refusal, Request, State};
use curfew_domain::verdict::Verdict;

use crate::core::Core;
use crate::directive::{Directive, directive};
use crate::error::Error;
use crate::extend::objection;
use crate::known::{Known, Reviewing, circumstances};

/// Judges a submitted request; says what the state machine does next.
pub async fn evaluate(core: &Core, id: &RequestId) -> Result<Directive, Error> {
    let request = core.load(id).await?;
    let request = match request.state {
        State::Submitted => {
            let mut reviewers = Vec::new();
            let command = if let Some(reason) = objection(core, &request.ask).await? {
                Command::Fail { reason }
            } else {
                let known = Known::load(core).await?;
                if request.ask.emergency {
                    reviewers = Reviewing::new(Some(&known), core.clock.now()).reviewers(&request.ask);
                }
                let circumstances = circumstances(core, &known, &request.ask).await?;
                let facts = known.facts(&circumstances, core.clock.now());
                Command::Evaluate(known.configuration.decide(&facts, &request.ask))
            };
            match core.act(id, |_| Ok(command.clone())).await {
                // Cancelled, or judged by another call, meanwhile.
                Err(Error::Refused(Refusal::Illegal { .. })) => core.load(id).await?,
                other => {
                    let judged = other?;
                    announce(core, &judged, reviewers).await;
                    judged
                }
            }
        }
        // A repeated call: the verdict stands.
        _ => request,
    };
    Ok(directive(&request, core.clock.now()))
}

/// Tells everybody named of an emergency that was not denied: the requester, all whom its flow may come to ask, and who
/// will review it.
async fn announce(core: &Core, request: &Request, reviewers: Vec<UserId>) {
    let denied = matches!(request.state, State::Denied | State::Failed { .. });
    if !request.ask.emergency || denied {
        return;
    }
    let steps = request.verdict.as_ref().map_or(&[][..], Verdict::steps);
    let named = steps.iter().flat_map(|step| step.approvers.iter().cloned()).chain(reviewers);
    let to: BTreeSet<UserId> = named.chain([request.ask.requester.clone()]).collect();
    let to: Vec<UserId> = to.into_iter().collect();
    if let Err(error) = core.notices.emergency(request, &to, core.clock.now()).await {
        tracing::warn!(request_id = %request.ask.id, %error, "people could not be told of an emergency");
    }
}
