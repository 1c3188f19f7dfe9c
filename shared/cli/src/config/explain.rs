//! `curfew config explain`: what would come of a request, and why.

use std::collections::BTreeSet;

use curfew_domain::time::AccessDuration;
use curfew_policy::judge::{Facts, Wish};
use curfew_policy::model::Circumstances;

use super::sources;
use crate::answer::{Answer, Failure};
use crate::arguments::Explain;
use crate::names;

/// Explains one wish. That it would be denied is an answer like any other: the exit code is 0.
pub(super) fn run(given: &Explain) -> Result<Answer, Failure> {
    let (loaded, mut organisation) = sources::asked(&given.asked)?;
    let now = organisation.ask_at(given.at);
    let directory = &organisation.directory;
    let requester = names::user(directory, &given.user)?;
    let (account, permission_set) = names::entitlement(directory, &given.entitlement)?;
    let active = given.active.iter().map(|written| names::entitlement(directory, written));
    let circumstances = Circumstances {
        channel: given.channel.clone(),
        source_address: given.source_address.clone(),
        mfa: given.mfa,
        active: active.collect::<Result<_, _>>()?,
        review_overdue: BTreeSet::new(),
    };
    let facts = Facts { directory, circumstances: &circumstances, now };
    let wish = Wish {
        requester: &requester,
        account: &account,
        permission_set: &permission_set,
        duration: given.duration.unwrap_or(AccessDuration::MIN),
        justification: given.justification.as_deref(),
        ticket: given.ticket.as_deref(),
        emergency: given.emergency,
    };
    let explanation = loaded.configuration.explain(&facts, &wish);
    Ok(Answer::fine(explanation.to_string(), &explanation))
}

/// What is known about a request that nobody has made.
pub(super) fn nothing_special() -> Circumstances {
    Circumstances {
        channel: "cli".to_owned(),
        source_address: None,
        mfa: None,
        active: Vec::new(),
        review_overdue: BTreeSet::new(),
    }
}
