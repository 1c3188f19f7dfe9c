//! What a person may see and ask for, and who may have an entitlement.

use std::collections::HashMap;
use std::fmt;
use std::ops::Bound;
use std::sync::Arc;

use curfew_domain::id::{AccountId, PermissionSetArn, UserId};
use curfew_domain::time::AccessDuration;
use curfew_domain::verdict::Step;
use serde::Serialize;

use crate::approvers::{Resolver, Roll};
use crate::catalog::Part;
use crate::cedar::{self, Listing};
use crate::demands::{self, Demand};
use crate::evaluator::Configuration;
use crate::judge::{self, Facts, Judgement, Wish};
use crate::model::{Entitlement, Model, Name, Terms};
use crate::{catalog, steps};

/// What would come of asking.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Prospect {
    /// Approved at once.
    Automatic {
        /// By this flow.
        flow: Name,
        /// If the request has these words.
        demands: Vec<Demand>,
    },
    /// Put to approvers.
    Approval {
        /// By this flow.
        flow: Name,
        /// How many approvals follow one another when everybody answers in time.
        steps: usize,
        /// If the request has these words.
        demands: Vec<Demand>,
    },
    /// Denied.
    Denied {
        /// Why, in sentences for people.
        reasons: Vec<String>,
    },
}

impl Prospect {
    /// What a judgement means for who asks.
    pub(crate) fn of(judgement: &Judgement) -> Self {
        let Some((tried, laid)) = judgement.flow() else {
            let of_flows = judgement.tried.iter().map(|tried| format!("flow `{}`: {}", tried.flow, tried.why_not()));
            return Self::Denied { reasons: judgement.objections.iter().cloned().chain(of_flows).collect() };
        };
        let (flow, demands) = (tried.flow.clone(), tried.demands.clone());
        match approvals(&laid.steps) {
            0 => Self::Automatic { flow, demands },
            steps => Self::Approval { flow, steps, demands },
        }
    }

    /// Whether asking makes sense.
    pub fn is_open(&self) -> bool {
        !matches!(self, Self::Denied { .. })
    }
}

impl fmt::Display for Prospect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Automatic { flow, .. } => write!(f, "Approved automatically, by flow {flow}"),
            Self::Approval { flow, steps: 1, .. } => write!(f, "Needs one approval, by flow {flow}"),
            Self::Approval { flow, steps, .. } => write!(f, "Needs {steps} approvals, by flow {flow}"),
            Self::Denied { .. } => f.write_str("Denied"),
        }
    }
}

/// Which part of what somebody may see is wanted.
#[derive(Debug, Clone, Copy)]
pub struct Page<'a> {
    /// Begins after this one; `None`: at the beginning.
    pub after: Option<(&'a AccountId, &'a PermissionSetArn)>,
    /// At most this many.
    pub limit: usize,
    /// Only those in which each of these words occurs (`catalog::Part::words`).
    pub words: &'a [String],
}

/// A part of what somebody may see, sorted by account and permission set.
#[derive(Debug, Clone)]
pub struct Offers {
    /// In order.
    pub offers: Vec<Offer>,
    /// Whether others come after the last one.
    pub more: bool,
}

/// Something that somebody may see and ask for.
#[derive(Debug, Clone)]
pub struct Offer {
    /// What, with the terms that apply; its longest duration is `terms.max_duration`.
    pub entitlement: Entitlement,
    /// What would come of asking for the shortest time now. Longer times may need other flows.
    pub prospect: Prospect,
    /// Whether emergency access is open to this person now.
    pub emergency: bool,
}

impl Configuration {
    /// What this person may see and ask for. A preview: `decide` judges afresh, with everything that a request says, and
    /// denies where a rule fails that a preview need not look at.
    pub fn offers(&self, facts: &Facts<'_>, user: &UserId, page: &Page<'_>) -> Offers {
        let after = page.after.map(|(account, set)| (account.clone(), set.clone()));
        // The account of `after` may begin with what was shown before, at most one of each permission set.
        let most = page.limit.saturating_add(1).saturating_add(facts.directory.permission_sets.len());
        let part = Part { from: page.after.map(|(account, _)| account), most, words: page.words };
        let seen = catalog::entitlements_seen(self.model(), facts.directory, user, part);
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        let mut rest = seen.range((from, Bound::Unbounded)).map(|(_, entitlement)| entitlement);
        let roll = Roll::new(facts.directory);
        let mut preview = Preview::new(self, facts, user, &roll);
        let offers = rest.by_ref().take(page.limit).map(|entitlement| preview.offer(entitlement)).collect();
        Offers { offers, more: rest.next().is_some() }
    }

    /// What this person may see and ask for, of that what matches; and how many match in all. Every entitlement is looked
    /// at, and only those of the page are judged.
    pub fn matching(
        &self,
        facts: &Facts<'_>,
        user: &UserId,
        page: &Page<'_>,
        matches: impl Fn(&Entitlement) -> bool,
    ) -> (Offers, usize) {
        let all = Part { from: None, most: usize::MAX, words: page.words };
        let seen = catalog::entitlements_seen(self.model(), facts.directory, user, all);
        let found: Vec<_> = seen.iter().filter(|(_, entitlement)| matches(entitlement)).collect();
        let after = page.after.map(|(account, set)| (account.clone(), set.clone()));
        let mut rest = found
            .iter()
            .skip_while(|(which, _)| after.as_ref().is_some_and(|after| *which <= after))
            .map(|(_, it)| *it);
        let roll = Roll::new(facts.directory);
        let mut preview = Preview::new(self, facts, user, &roll);
        let offers = rest.by_ref().take(page.limit).map(|entitlement| preview.offer(entitlement)).collect();
        (Offers { offers, more: rest.next().is_some() }, found.len())
    }

    /// What this person may see and ask for, for these only; in their order, without those that are not offered.
    pub fn offers_of(&self, facts: &Facts<'_>, user: &UserId, which: &[(AccountId, PermissionSetArn)]) -> Vec<Offer> {
        let roll = Roll::new(facts.directory);
        let mut preview = Preview::new(self, facts, user, &roll);
        // The preview remembers terms by their addresses: they must all live as long as it does.
        let entitlements: Vec<Entitlement> = which
            .iter()
            .filter_map(|(account, set)| self.entitlement(facts.directory, account, set))
            .filter(|entitlement| catalog::sees(self.model(), facts.directory, user, entitlement))
            .collect();
        entitlements.iter().map(|entitlement| preview.offer(entitlement)).collect()
    }

    /// Everybody whom a catalog lets ask for this entitlement, with what would come of it. Judged under the same
    /// circumstances for all: `facts.circumstances.active` should be empty.
    pub fn who_can(
        &self,
        facts: &Facts<'_>,
        entitlement: &Entitlement,
        duration: AccessDuration,
    ) -> Vec<(UserId, Prospect)> {
        let roll = Roll::new(facts.directory);
        let sees = |user: &&UserId| catalog::sees(self.model(), facts.directory, user, entitlement);
        let judged = |user: &UserId| {
            let wish = wish(user, entitlement, duration, false);
            (user.clone(), Prospect::of(&self.judge(facts, &wish, Some(entitlement), &roll)))
        };
        facts.directory.users.keys().filter(sees).map(judged).collect()
    }
}

fn wish<'a>(user: &'a UserId, of: &'a Entitlement, duration: AccessDuration, emergency: bool) -> Wish<'a> {
    let (account, permission_set) = (&of.account, &of.permission_set);
    Wish { requester: user, account, permission_set, duration, justification: None, ticket: None, emergency }
}

/// Judges one person's whole catalog: Cedar is asked once for entitlements that are alike in all that policies look at
/// (`cedar::Listing`), and people are found once for each flow and set of terms.
struct Preview<'a> {
    model: &'a Model,
    facts: Facts<'a>,
    user: &'a UserId,
    roll: &'a Roll<'a>,
    listing: Listing<'a>,
    emergencies: Listing<'a>,
    /// How many approvals a flow takes under these terms, by the address of the terms, which outlive the preview.
    staffed: HashMap<(&'a str, *const Terms), Result<usize, String>>,
}

impl<'a> Preview<'a> {
    fn new(configuration: &'a Configuration, facts: &Facts<'a>, user: &'a UserId, roll: &'a Roll<'a>) -> Self {
        let person = |emergency| cedar::Person {
            directory: facts.directory,
            model: configuration.model(),
            user,
            circumstances: facts.circumstances,
            duration: AccessDuration::MIN,
            now: facts.now,
            ticket: None,
            emergency,
        };
        Self {
            model: configuration.model(),
            facts: *facts,
            user,
            roll,
            listing: configuration.rules().listing(&person(false)),
            emergencies: configuration.rules().listing(&person(true)),
            staffed: HashMap::new(),
        }
    }

    fn offer(&mut self, entitlement: &Entitlement) -> Offer {
        Offer {
            entitlement: entitlement.clone(),
            prospect: self.prospect(entitlement, false),
            emergency: self.prospect(entitlement, true).is_open(),
        }
    }

    fn prospect(&mut self, of: &Entitlement, emergency: bool) -> Prospect {
        let wish = wish(self.user, of, AccessDuration::MIN, emergency);
        let objections = judge::objections_to_seen(self.model, &self.facts, &wish, &of.terms, self.roll);
        if !objections.is_empty() {
            return Prospect::Denied { reasons: objections };
        }
        let denied = |reason: String| Prospect::Denied { reasons: vec![reason] };
        let Some((policy, flows)) = judge::policy(self.model, &of.terms, emergency) else {
            return denied("no policy applies".to_owned());
        };
        let listing = if emergency { &mut self.emergencies } else { &mut self.listing };
        let Some(name) = listing.first(flows.iter().map(String::as_str), of) else {
            return denied(format!("no flow of policy `{policy}` is open"));
        };
        let Some((name, flow)) = self.model.flows.get_key_value(name) else {
            return denied(format!("there is no flow `{name}`"));
        };
        let (flow, demands) = (name.clone(), demands::of(self.model, flow));
        match self.approvals(name, &of.terms) {
            Ok(0) => Prospect::Automatic { flow, demands },
            Ok(steps) => Prospect::Approval { flow, steps, demands },
            Err(reason) => denied(format!("flow `{flow}`: {reason}")),
        }
    }

    /// How many approvals a flow takes, if there are people for them. What takes over on time-out changes neither.
    fn approvals(&mut self, flow: &'a str, terms: &Arc<Terms>) -> Result<usize, String> {
        let (model, roll, requester, now) = (self.model, self.roll, self.user, self.facts.now);
        let staffed = self.staffed.entry((flow, Arc::as_ptr(terms))).or_insert_with(|| {
            let resolver = Resolver { model, roll, requester, terms, now };
            let laid = steps::flatten(flow, &resolver, &|_| Err(String::new()))?;
            Ok(approvals(&laid.steps))
        });
        staffed.clone()
    }
}

/// How many approvals follow one another when everybody answers in time.
fn approvals(steps: &[Step]) -> usize {
    std::iter::successors(steps.first(), |step| steps.get(step.then?)).count()
}
