//! Evaluate: let policy judge, commit the verdict. What extends a grant that was ended fails here.

use curfew_domain::id::RequestId;
use curfew_domain::request::{Command, Refusal, State};

use crate::core::Core;
use crate::directive::{Directive, directive};
use crate::error::Error;
use crate::extend::objection;
use crate::known::{Known, circumstances};

/// Judges a submitted request; says what the state machine does next.
pub async fn evaluate(core: &Core, id: &RequestId) -> Result<Directive, Error> {
    let bench = core.store.bench(Some(id)).await?;
    let request = bench.request.clone().ok_or(Error::NotFound)?;
    let request = match request.state {
        State::Submitted => {
            let command = if let Some(reason) = objection(core, &request.ask).await? {
                Command::Fail { reason }
            } else {
                let known = Known::on(core, &bench).await?;
                let circumstances = circumstances(core, &known, &request.ask).await?;
                let facts = known.facts(&circumstances, core.clock.now());
                Command::Evaluate(known.configuration.decide(&facts, &request.ask))
            };
            match core.act_on(request, |_| Ok(command.clone())).await {
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
