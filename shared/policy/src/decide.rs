//! Decides requests, and whether what was decided still holds.

use curfew_domain::ask::Ask;
use curfew_domain::request::Means;
use curfew_domain::verdict::{Outcome, Verdict};

use crate::approvers::Roll;
use crate::evaluator::Configuration;
use crate::judge::{self, Facts, Wish};
use crate::means;
use crate::reasons;

/// An approved request that is about to get its access.
#[derive(Debug, Clone, Copy)]
pub struct Approved<'a> {
    /// What was asked.
    pub ask: &'a Ask,
    /// What policy said then.
    pub verdict: &'a Verdict,
    /// The steps that were approved, by index; none for automatic approval.
    pub steps: &'a [usize],
}

impl Configuration {
    /// Judges one request. Whatever is unknown, unclear or goes wrong is a denial that says so. `circumstances.active` does
    /// not hold this request.
    pub fn decide(&self, facts: &Facts<'_>, ask: &Ask) -> Verdict {
        let wish = Wish::from(ask);
        let entitlement = self.entitlement(facts.directory, wish.account, wish.permission_set);
        let roll = Roll::new(facts.directory);
        let judgement = self.judge(facts, &wish, entitlement.as_ref(), &roll);
        let version = self.version().as_str();
        let explanation = reasons::sentences(&judgement, version);
        let grounds = reasons::grounds(&judgement, reasons::facts(self.model(), facts, &wish, entitlement.as_ref()));
        let outcome = match judgement.flow() {
            Some((tried, laid)) => Outcome::Allowed { flow: tried.flow.clone(), steps: laid.steps.clone() },
            None => Outcome::Denied,
        };
        Verdict { outcome, digest: ask.digest(), configuration: version.to_owned(), explanation, grounds }
    }

    /// Whether an approved request may still get its access, by this configuration, which may be newer than the one that
    /// decided, and by fresh facts (I4). It may if the policy still opens the flow that was approved, or a weaker one, and
    /// every flow that took over on time-out and was approved. By which means access is given follows from this
    /// configuration, too.
    ///
    /// # Errors
    /// What speaks against it, in sentences for people.
    pub fn still_allowed(&self, facts: &Facts<'_>, approved: &Approved<'_>) -> Result<Means, Vec<String>> {
        let Outcome::Allowed { flow, .. } = &approved.verdict.outcome else {
            return Err(vec!["the request was not approved".to_owned()]);
        };
        if approved.verdict.digest != approved.ask.digest() {
            return Err(vec!["the verdict is about another request".to_owned()]);
        }
        let wish = Wish::from(approved.ask);
        let entitlement = self.entitlement(facts.directory, wish.account, wish.permission_set);
        let roll = Roll::new(facts.directory);
        let objections = judge::objections(self.model(), facts, &wish, entitlement.as_ref(), &roll);
        let Some(entitlement) = entitlement.filter(|_| objections.is_empty()) else { return Err(objections) };
        let Some((_, flows)) = judge::policy(self.model(), &entitlement.terms, wish.emergency) else {
            return Err(vec!["no policy applies any more".to_owned()]);
        };
        self.search(facts, &wish, &entitlement, &roll).still_open(flows, flow, &took_over(approved))?;
        means::means(self.model(), &roll, wish.requester, &entitlement.terms, facts.now).map_err(|reason| vec![reason])
    }
}

/// Flows that took over on time-out and of which a step was approved.
fn took_over<'a>(approved: &Approved<'a>) -> Vec<&'a str> {
    let escalations = &approved.verdict.grounds.escalations;
    let flow_of =
        |step: &usize| escalations.iter().rev().find(|(first, _)| first <= step).map(|(_, flow)| flow.as_str());
    let mut flows: Vec<&str> = approved.steps.iter().filter_map(flow_of).collect();
    flows.sort_unstable();
    flows.dedup();
    flows
}
