//! Why a wish would be decided as it would be, with everything that took part: for people (`Display`) and for programs
//! (`Serialize`).

use std::fmt::{self, Write as _};

use curfew_domain::id::UserId;
use curfew_domain::verdict::{OnTimeout, Step};
use serde::Serialize;

use crate::approvers::Roll;
use crate::catalog;
use crate::demands::Demand;
use crate::directory::Directory;
use crate::evaluator::Configuration;
use crate::judge::{Facts, Judgement, Tried, Wish, span};
use crate::model::{Approver, Sourced, Strategy, Terms};
use crate::offers::Prospect;
use crate::reasons;

/// Most names that are written out in one line of text; JSON has all.
const MOST_SHOWN: usize = 12;

/// Why a wish would be decided as it would be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Explanation {
    /// The configuration version that was asked.
    pub configuration: String,
    /// Who asks.
    pub requester: Thing,
    /// Where.
    pub account: Thing,
    /// Which access.
    pub permission_set: Thing,
    /// For how long, as `PT1H`.
    pub duration: String,
    /// Whether as an emergency.
    pub emergency: bool,
    /// When, RFC 3339.
    pub at: String,
    /// What would come of it.
    pub prospect: Prospect,
    /// Sentences of the verdict, the deciding rule first.
    pub why: Vec<String>,
    /// Catalogs that offer it.
    pub catalogs: Vec<CatalogUse>,
    /// The settings that apply, and where each comes from.
    pub terms: Vec<Term>,
    /// The policy that was asked, if it came to that.
    pub policy: Option<String>,
    /// Its flows in order, up to the one that decided.
    pub flows: Vec<FlowTried>,
    /// The steps to walk; none for automatic approval and for a denial.
    pub steps: Vec<StepShown>,
    /// What was known, by name.
    pub facts: Vec<(String, String)>,
}

/// Something with its id and what people call it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Thing {
    /// Stable id.
    pub id: String,
    /// Name in the directory; `None` if it is not there.
    pub name: Option<String>,
}

/// A catalog that offers the entitlement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CatalogUse {
    /// Its name.
    pub name: String,
    /// Whether the requester may use it.
    pub open: bool,
}

/// A setting that applies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Term {
    /// Its name in the configuration.
    pub name: &'static str,
    /// Its value.
    pub value: String,
    /// File and line that it comes from.
    pub from: String,
}

/// A flow that was tried.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FlowTried {
    /// Its name.
    pub flow: String,
    /// Whether it applies.
    pub applies: bool,
    /// Why not, in words; empty if it applies.
    pub why_not: String,
    /// Cedar policies that permit it.
    pub permitted_by: Vec<String>,
    /// Cedar policies that forbid it.
    pub forbidden_by: Vec<String>,
    /// What it demands of the words of a request.
    pub demands: Vec<Demand>,
}

/// A step with the names of its people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StepShown {
    /// From 1.
    pub number: usize,
    /// Its name.
    pub name: String,
    /// User names of those who may decide.
    pub approvers: Vec<String>,
    /// How many of them must approve.
    pub quorum: u8,
    /// How long it waits, in seconds.
    pub timeout_seconds: i64,
    /// What happens when nobody answers, in words.
    pub on_timeout: String,
    /// The number of the step that follows approval; `None`: the request is approved.
    pub then: Option<usize>,
    /// The requester counts.
    pub self_approval: bool,
    /// Who approved an earlier step does not count.
    pub distinct: bool,
}

impl Configuration {
    /// Explains what would come of a wish.
    pub fn explain(&self, facts: &Facts<'_>, wish: &Wish<'_>) -> Explanation {
        let (model, directory) = (self.model(), facts.directory);
        let entitlement = self.entitlement(directory, wish.account, wish.permission_set);
        let roll = Roll::new(directory);
        let judgement = self.judge(facts, wish, entitlement.as_ref(), &roll);
        let open: Vec<&String> = catalog::catalogs_seen(model, directory, wish.requester).collect();
        let offering = entitlement.iter().flat_map(|entitlement| entitlement.catalogs.iter());
        let name = |name: Option<&String>| name.cloned();
        Explanation {
            configuration: self.version().as_str().to_owned(),
            requester: Thing {
                id: wish.requester.to_string(),
                name: name(directory.users.get(wish.requester).map(|user| &user.name)),
            },
            account: Thing {
                id: wish.account.to_string(),
                name: name(directory.accounts.get(wish.account).map(|account| &account.name)),
            },
            permission_set: Thing {
                id: wish.permission_set.to_string(),
                name: name(directory.permission_sets.get(wish.permission_set).map(|set| &set.name)),
            },
            duration: wish.duration.to_string(),
            emergency: wish.emergency,
            at: facts.now.to_string(),
            prospect: Prospect::of(&judgement),
            why: reasons::sentences(&judgement, self.version().as_str()),
            catalogs: offering.map(|name| CatalogUse { name: name.clone(), open: open.contains(&name) }).collect(),
            terms: entitlement.as_ref().map_or_else(Vec::new, |entitlement| terms(&entitlement.terms)),
            policy: judgement.policy.clone(),
            flows: judgement.tried.iter().map(|tried| flow(tried, &judgement)).collect(),
            steps: judgement.flow().map_or_else(Vec::new, |(_, laid)| steps(&laid.steps, directory)),
            facts: reasons::facts(model, facts, wish, entitlement.as_ref()),
        }
    }
}

fn flow(tried: &Tried, judgement: &Judgement) -> FlowTried {
    let applies = judgement.flow().is_some_and(|(applying, _)| applying.flow == tried.flow);
    FlowTried {
        flow: tried.flow.clone(),
        applies,
        why_not: if applies { String::new() } else { tried.why_not() },
        permitted_by: tried.answer.permitted_by.clone(),
        forbidden_by: tried.answer.forbidden_by.clone(),
        demands: tried.demands.clone(),
    }
}

fn steps(steps: &[Step], directory: &Directory) -> Vec<StepShown> {
    let name = |id: &UserId| directory.users.get(id).map_or_else(|| id.to_string(), |user| user.name.clone());
    let shown = |(index, step): (usize, &Step)| StepShown {
        number: index + 1,
        name: step.name.clone(),
        approvers: step.approvers.iter().map(name).collect(),
        quorum: step.quorum,
        timeout_seconds: step.timeout.as_secs(),
        on_timeout: match step.on_timeout {
            OnTimeout::Lapse => "the request lapses".to_owned(),
            OnTimeout::Deny => "the request is denied".to_owned(),
            OnTimeout::Escalate(target) => format!("step {} takes over", target + 1),
        },
        then: step.then.map(|then| then + 1),
        self_approval: step.self_approval,
        distinct: step.distinct,
    };
    steps.iter().enumerate().map(shown).collect()
}

fn terms(terms: &Terms) -> Vec<Term> {
    fn term<T>(name: &'static str, set: &Sourced<T>, value: impl Fn(&T) -> String) -> Term {
        Term { name, value: value(&set.value), from: format!("{}:{}", set.origin.file, set.origin.line) }
    }
    let people = |people: &Vec<Approver>| approvers(people);
    let mut list = vec![
        term("policy", &terms.policy, Clone::clone),
        term("max_duration", &terms.max_duration, ToString::to_string),
        term("strategy", &terms.strategy, strategy),
        term("risk", &terms.risk, |risk| risk.name().to_owned()),
    ];
    list.extend(terms.emergency_policy.as_ref().map(|set| term("emergency_policy", set, Clone::clone)));
    list.extend(terms.entitlement_owner.as_ref().map(|set| term("entitlement_owner", set, people)));
    list.extend(terms.account_owner.as_ref().map(|set| term("account_owner", set, people)));
    list
}

fn strategy(strategy: &Strategy) -> String {
    match strategy {
        Strategy::Connector => "connector".to_owned(),
        Strategy::Group(name) => format!("group {name}"),
        Strategy::Manual(people) => format!("manual by {}", approvers(people)),
    }
}

/// Approvers as they are written in the configuration.
pub fn approvers(approvers: &[Approver]) -> String {
    let written = |approver: &Approver| match approver {
        Approver::User(name) => format!("user:{name}"),
        Approver::Group(name) => format!("group:{name}"),
        Approver::Named(name) => format!("approvers:{name}"),
        Approver::Manager => "manager".to_owned(),
        Approver::EntitlementOwner => "entitlement-owner".to_owned(),
        Approver::AccountOwner => "account-owner".to_owned(),
        Approver::OnCall(rotation) => format!("on-call:{rotation}"),
    };
    approvers.iter().map(written).collect::<Vec<_>>().join(", ")
}

impl fmt::Display for Thing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name.as_ref().unwrap_or(&self.id))
    }
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let emergency = if self.emergency { ", as an emergency" } else { "" };
        let (account, id) = (&self.account, &self.account.id);
        writeln!(f, "{} asks for {} in {account} ({id}),", self.requester, self.permission_set)?;
        writeln!(f, "for {} at {}{emergency}", self.duration, self.at)?;
        writeln!(f, "\n{}", self.prospect)?;
        for line in &self.why {
            writeln!(f, "  {line}")?;
        }
        if !self.catalogs.is_empty() {
            let shown =
                |seen: &CatalogUse| format!("{}{}", seen.name, if seen.open { "" } else { " (not for the requester)" });
            let catalogs: Vec<String> = self.catalogs.iter().map(shown).collect();
            writeln!(f, "\nCatalogs\n  {}", catalogs.join(", "))?;
        }
        if !self.terms.is_empty() {
            let (name, value) = (width(&self.terms, |term| term.name), width(&self.terms, |term| &term.value));
            writeln!(f, "\nTerms")?;
            for term in &self.terms {
                writeln!(f, "  {:name$}  {:value$}  {}", term.name, term.value, term.from)?;
            }
        }
        if let Some(policy) = &self.policy {
            writeln!(f, "\nFlows of policy {policy}")?;
            let name = width(&self.flows, |tried| &tried.flow);
            for tried in &self.flows {
                writeln!(f, "  {:name$}  {}", tried.flow, tried.shown())?;
            }
        }
        if !self.steps.is_empty() {
            writeln!(f, "\nSteps")?;
            self.steps.iter().try_for_each(|step| write!(f, "{step}"))?;
        }
        write!(f, "\nConfiguration {}", self.configuration)
    }
}

/// Of the longest text, in characters, up to 40.
fn width<T>(of: &[T], text: impl Fn(&T) -> &str) -> usize {
    of.iter().map(|one| text(one).chars().count()).max().unwrap_or(0).min(40)
}

impl FlowTried {
    fn shown(&self) -> String {
        if !self.applies {
            return format!("no: {}", self.why_not);
        }
        let mut text = format!("applies, permitted by {}", self.permitted_by.join(", "));
        for demand in &self.demands {
            // Writing to a String cannot fail.
            let _ = write!(text, "; {demand}");
        }
        text
    }
}

impl fmt::Display for StepShown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut names = self.approvers.iter().take(MOST_SHOWN).cloned().collect::<Vec<_>>().join(", ");
        if self.approvers.len() > MOST_SHOWN {
            let _ = write!(names, " and {} more", self.approvers.len() - MOST_SHOWN);
        }
        let distinct = if self.distinct && self.number > 1 { ", who approved no step before" } else { "" };
        writeln!(f, "  {}. {}: {} of {names}{distinct}", self.number, self.name, self.quorum)?;
        let then = self.then.map_or_else(|| "the request is approved".to_owned(), |then| format!("step {then}"));
        let waited = span(curfew_domain::time::SignedDuration::from_secs(self.timeout_seconds));
        writeln!(f, "     then {then}; without an answer in {waited}, {}", self.on_timeout)
    }
}
