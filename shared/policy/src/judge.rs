//! The one evaluation behind every answer: what speaks against a wish, and which flow is the first that is open to it.
//!
//! Nothing is skipped. Objections deny before any flow is asked. A flow that Cedar allows but that has too few people
//! denies; it is not passed over for another one. A rule that could not be evaluated denies, whatever other rules say.

use curfew_domain::ask::Ask;
use curfew_domain::id::{AccountId, PermissionSetArn, UserId};
use curfew_domain::time::{AccessDuration, SignedDuration, Timestamp};

use crate::approvers::{Resolver, Roll};
use crate::catalog;
use crate::cedar::Answer;
use crate::demands::{self, Demand};
use crate::directory::Directory;
use crate::means;
use crate::model::{Circumstances, Entitlement, Flow, Model, Name, Terms};
use crate::steps::{self, Flattened};

/// A directory that claims to be from later than this after now cannot be trusted to be fresh.
const SKEW: SignedDuration = SignedDuration::from_mins(5);

/// What a decision may depend on besides the wish and the configuration; gathered by the caller.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    /// The organisation.
    pub directory: &'a Directory,
    /// What else is known about the request.
    pub circumstances: &'a Circumstances,
    /// The instant of the decision.
    pub now: Timestamp,
}

/// What somebody wants, or might want.
#[derive(Debug, Clone, Copy)]
pub struct Wish<'a> {
    /// Who would get the access.
    pub requester: &'a UserId,
    /// Where.
    pub account: &'a AccountId,
    /// Which access.
    pub permission_set: &'a PermissionSetArn,
    /// For how long.
    pub duration: AccessDuration,
    /// Why. `None`: nothing has been written yet, as when possibilities are shown; then what flows demand of justification
    /// and ticket counts as met.
    pub justification: Option<&'a str>,
    /// Reference to a ticket, if there is one.
    pub ticket: Option<&'a str>,
    /// Whether emergency access is wanted.
    pub emergency: bool,
}

impl<'a> From<&'a Ask> for Wish<'a> {
    fn from(ask: &'a Ask) -> Self {
        Self {
            requester: &ask.requester,
            account: &ask.account,
            permission_set: &ask.permission_set,
            duration: ask.duration,
            justification: Some(ask.justification.as_str()),
            ticket: ask.ticket.as_ref().map(curfew_domain::text::Ticket::as_str),
            emergency: ask.emergency,
        }
    }
}

/// Everything that was found out about a wish.
#[derive(Debug, Clone, Default)]
pub(crate) struct Judgement {
    /// What speaks against it, whichever flow. If there is any, no flow was tried.
    pub(crate) objections: Vec<String>,
    /// The policy that was asked.
    pub(crate) policy: Option<Name>,
    /// Flows in order, up to the one that decided.
    pub(crate) tried: Vec<Tried>,
    /// Set if a flow applies; its name is that of the last one tried.
    pub(crate) laid: Option<Flattened>,
}

/// A flow of the policy, and what was found out about it.
#[derive(Debug, Clone)]
pub(crate) struct Tried {
    pub(crate) flow: Name,
    pub(crate) answer: Answer,
    /// What the flow demands and the wish does not have, as sentences.
    pub(crate) unmet: Vec<String>,
    /// What the flow demands of the words of a request.
    pub(crate) demands: Vec<Demand>,
    /// Why it decides although it cannot be walked: that denies.
    pub(crate) dead_end: Option<String>,
}

impl Tried {
    /// Whether the search for a flow ends here, for good or ill.
    pub(crate) fn decides(&self) -> bool {
        !self.answer.errors.is_empty() || (self.answer.allowed && self.unmet.is_empty())
    }
}

impl Judgement {
    /// The flow that applies, with its steps.
    pub(crate) fn flow(&self) -> Option<(&Tried, &Flattened)> {
        self.tried.last().zip(self.laid.as_ref())
    }
}

/// Everything that speaks against a wish whichever flow would be taken, so that a person can mend all of it at once.
pub(crate) fn objections(
    model: &Model,
    facts: &Facts<'_>,
    wish: &Wish<'_>,
    entitlement: Option<&Entitlement>,
    roll: &Roll<'_>,
) -> Vec<String> {
    match entitlement {
        Some(entitlement) if catalog::sees(model, facts.directory, wish.requester, entitlement) => {
            objections_to_seen(model, facts, wish, &entitlement.terms, roll)
        }
        // The same words whether it is in no catalog or in others' catalogs, which are not everybody's business.
        _ => {
            let mut objections = of_facts(model, facts, wish);
            objections
                .push("no catalog that the requester may use offers this permission set in this account".to_owned());
            objections
        }
    }
}

/// The same for an entitlement that the requester sees in a catalog.
pub(crate) fn objections_to_seen(
    model: &Model,
    facts: &Facts<'_>,
    wish: &Wish<'_>,
    terms: &Terms,
    roll: &Roll<'_>,
) -> Vec<String> {
    let mut objections = of_facts(model, facts, wish);
    objections.extend(of_terms(facts, wish, terms));
    objections.extend(means::means(model, roll, wish.requester, terms, facts.now).err());
    objections
}

/// The policy that these terms name, with its flows; `None` where there is none to ask.
pub(crate) fn policy<'a>(model: &'a Model, terms: &Terms, emergency: bool) -> Option<(&'a str, &'a [Name])> {
    let named = if emergency { terms.emergency_policy.as_ref()? } else { &terms.policy };
    let (name, policy) = model.policies.get_key_value(&named.value)?;
    Some((name, &policy.flows))
}

fn of_facts(model: &Model, facts: &Facts<'_>, wish: &Wish<'_>) -> Vec<String> {
    let mut objections: Vec<String> = of_directory(model, facts).into_iter().collect();
    objections.extend(of_people_and_places(model, facts.directory, wish));
    objections
}

fn of_directory(model: &Model, facts: &Facts<'_>) -> Option<String> {
    let (age, bound) = (facts.now.duration_since(facts.directory.taken_at), model.settings.facts_max_age);
    if age > bound {
        Some(format!("the directory was last read {} ago, longer than the {} that are trusted", span(age), span(bound)))
    } else if age < -SKEW {
        Some("the directory is dated later than now, so nobody knows how old it is".to_owned())
    } else {
        None
    }
}

fn of_people_and_places(model: &Model, directory: &Directory, wish: &Wish<'_>) -> Vec<String> {
    let requester = match directory.users.get(wish.requester) {
        None => Some("the requester is not in the directory"),
        Some(user) if !user.enabled => Some("the requester is disabled in the directory"),
        Some(_) => None,
    };
    let account = match directory.accounts.get(wish.account) {
        None => Some("the account is not in the organisation"),
        Some(account) if account.management => {
            Some("access to the management account cannot be given by a delegated administrator")
        }
        Some(account) if !account.active => Some("the account is suspended or closed"),
        Some(_) => None,
    };
    let limit = model.settings.session_limit;
    let permission_set = match directory.permission_sets.get(wish.permission_set) {
        None => Some("the permission set does not exist".to_owned()),
        Some(set) if set.session > limit => Some(format!(
            "sessions of this permission set last {}, longer than the bound of {}: they would outlive the grant",
            span(set.session),
            span(limit)
        )),
        Some(_) => None,
    };
    requester.into_iter().chain(account).map(str::to_owned).chain(permission_set).collect()
}

fn of_terms(facts: &Facts<'_>, wish: &Wish<'_>, terms: &Terms) -> Vec<String> {
    let mut objections = Vec::new();
    for ambiguity in &terms.ambiguous {
        let places: Vec<String> = ambiguity.origins.iter().map(|at| format!("{}:{}", at.file, at.line)).collect();
        let (setting, places) = (ambiguity.setting, places.join(" and "));
        objections.push(format!("access controls that are equally specific disagree about `{setting}`: {places}"));
    }
    let (asked, max) = (wish.duration, terms.max_duration.value);
    if asked > max {
        objections.push(format!("{asked} is longer than the maximum of {max}"));
    }
    if wish.emergency && terms.emergency_policy.is_none() {
        objections.push("emergency access is off for this entitlement".to_owned());
    }
    if wish.emergency && facts.circumstances.review_overdue.contains(wish.requester) {
        objections.push("the requester owes the review of an earlier emergency, whose time is over".to_owned());
    }
    objections
}

/// Tells one flow's fate under Cedar.
pub(crate) type AskCedar<'a> = dyn Fn(&str) -> Answer + 'a;

/// Where flows are looked for.
pub(crate) struct Search<'a> {
    pub(crate) model: &'a Model,
    pub(crate) roll: &'a Roll<'a>,
    pub(crate) now: Timestamp,
    pub(crate) wish: Wish<'a>,
    pub(crate) cedar: Box<AskCedar<'a>>,
}

impl Search<'_> {
    /// Tries the flows of a policy in order.
    pub(crate) fn judge(&self, terms: &Terms) -> Judgement {
        let Some((policy, flows)) = policy(self.model, terms, self.wish.emergency) else {
            return Judgement { objections: vec!["no policy applies".to_owned()], ..Judgement::default() };
        };
        let mut judgement = Judgement { policy: Some(policy.to_owned()), ..Judgement::default() };
        for name in flows {
            let Some(flow) = self.model.flows.get(name) else {
                judgement.objections.push(format!("policy `{policy}` names flow `{name}`, which does not exist"));
                break;
            };
            let mut tried = self.try_flow(name, flow);
            let decides = tried.decides();
            if decides && tried.answer.errors.is_empty() {
                match self.lay_out(name, terms) {
                    Ok(laid) => judgement.laid = Some(laid),
                    Err(reason) => tried.dead_end = Some(reason),
                }
            }
            judgement.tried.push(tried);
            if decides {
                break;
            }
        }
        judgement
    }

    fn try_flow(&self, name: &str, flow: &Flow) -> Tried {
        let demands = demands::of(self.model, flow);
        let unmet = demands.iter().filter_map(|demand| demand.unmet(&self.wish)).collect();
        Tried { flow: name.to_owned(), answer: (self.cedar)(name), unmet, demands, dead_end: None }
    }

    fn lay_out(&self, name: &str, terms: &Terms) -> Result<Flattened, String> {
        let resolver =
            Resolver { model: self.model, roll: self.roll, requester: self.wish.requester, terms, now: self.now };
        steps::flatten(name, &resolver, &|target| self.admits(target))
    }

    /// Whether a policy of these flows still opens the one that was approved, or a weaker one: one before it, or, where the
    /// policy does not name it any more, one without steps. The flows that took over must be open as well.
    ///
    /// # Errors
    /// Why not.
    pub(crate) fn still_open(&self, flows: &[Name], approved: &str, took_over: &[&str]) -> Result<(), Vec<String>> {
        let place = flows.iter().position(|name| name == approved);
        let mut reasons = Vec::new();
        if place.is_none() {
            reasons.push(format!("flow `{approved}`, which was approved, is not in the policy any more"));
        }
        let as_weak = flows.iter().enumerate().filter(|(at, name)| match place {
            Some(place) => *at <= place,
            None => self.model.flows.get(*name).is_some_and(|flow| flow.steps.is_empty()),
        });
        let mut open = false;
        for (_, name) in as_weak {
            match self.admits(name) {
                Ok(()) => {
                    open = true;
                    break;
                }
                Err(reason) => reasons.push(format!("flow `{name}` is not open any more: {reason}")),
            }
        }
        if open {
            reasons.clear();
        }
        for name in took_over {
            if let Err(reason) = self.admits(name) {
                reasons.push(format!("flow `{name}`, which took over, is not open any more: {reason}"));
            }
        }
        if reasons.is_empty() { Ok(()) } else { Err(reasons) }
    }

    /// Whether a flow may take over when time runs out: by the same rules as any other (I1).
    fn admits(&self, target: &str) -> Result<(), String> {
        let flow = self.model.flows.get(target).ok_or("which does not exist")?;
        let tried = self.try_flow(target, flow);
        if tried.answer.errors.is_empty() && tried.answer.allowed && tried.unmet.is_empty() {
            return Ok(());
        }
        Err(tried.why_not())
    }
}

impl Tried {
    /// Why the flow is not open, to follow after its name.
    pub(crate) fn why_not(&self) -> String {
        let named = |ids: &[String]| ids.iter().map(|id| format!("`{id}`")).collect::<Vec<_>>().join(", ");
        let mut reasons = Vec::new();
        if !self.answer.errors.is_empty() {
            reasons.push(format!("a rule could not be evaluated: {}", self.answer.errors.join("; ")));
        } else if !self.answer.forbidden_by.is_empty() {
            reasons.push(format!("forbidden by {}", named(&self.answer.forbidden_by)));
        } else if !self.answer.allowed {
            reasons.push("nothing permits it".to_owned());
        }
        reasons.extend(self.unmet.iter().cloned());
        reasons.extend(self.dead_end.iter().cloned());
        reasons.join("; ")
    }
}

/// A length of time for people, such as `1 h 30 min`.
pub(crate) fn span(duration: SignedDuration) -> String {
    let seconds = duration.as_secs();
    let parts = [(seconds / 3600, "h"), (seconds / 60 % 60, "min"), (seconds % 60, "s")];
    let shown: Vec<String> = parts.iter().filter(|(n, _)| *n > 0).map(|(n, unit)| format!("{n} {unit}")).collect();
    if shown.is_empty() { "0 s".to_owned() } else { shown.join(" ") }
}
