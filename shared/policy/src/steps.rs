//! A flow with its escalations, resolved to people and laid out as a list of steps that leads only forward.
//!
//! Each flow takes a run of steps; the flows that it escalates to come after it, so that `then` and `on_timeout` always
//! name a higher index. A step without enough people refuses the whole flow. What cannot be offered when time runs out
//! becomes "the request lapses": silence never approves, and never shortens the way.

use std::collections::BTreeMap;

use curfew_domain::id::UserId;
use curfew_domain::time::SignedDuration;
use curfew_domain::verdict::{OnTimeout, Step};

use crate::approvers::Resolver;
use crate::distinct;
use crate::model::{Approver, Flow, FlowStep, Name, TimeoutRule};
use crate::ways;

/// Most steps of a verdict, escalations included: each can cost hours and notices.
pub const MOST_STEPS: usize = 64;
/// Most people who may be asked to decide one step: each is named in the stored verdict, and notified.
pub const MOST_APPROVERS: usize = 500;

/// The steps of a flow, ready for a verdict.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Flattened {
    /// The first is where the request begins; each can be reached.
    pub(crate) steps: Vec<Step>,
    /// First step of each flow that takes over on time-out, and its name, ascending.
    pub(crate) escalations: Vec<(usize, Name)>,
    /// What people should know: fallbacks that took effect, escalations that cannot be offered.
    pub(crate) notes: Vec<String>,
}

/// Says of a flow whether it may take over: `Err` with the reason if not.
pub(crate) type Admits<'a> = dyn Fn(&str) -> Result<(), String> + 'a;

/// Lays out a flow of the model.
///
/// # Errors
/// Why the flow cannot be walked: a step has too few people even after its fallback, or too many to be distinct.
pub(crate) fn flatten(start: &str, resolver: &Resolver<'_>, admits: &Admits<'_>) -> Result<Flattened, String> {
    let mut builder = Builder {
        resolver,
        admits,
        staffed: BTreeMap::new(),
        refused: BTreeMap::new(),
        order: Vec::new(),
        notes: Vec::new(),
    };
    builder.visit(start, &mut Vec::new())?;
    Ok(ways::only_reachable(ways::without_dead_ends(builder.lay_out(start)?)))
}

/// A step with its people, and what its flow says about time running out.
struct Staffed<'a> {
    step: Step,
    rule: Rule<'a>,
}

enum Rule<'a> {
    Lapse,
    Deny,
    /// The same step, put to others.
    Ask(Box<Step>),
    Flow(&'a str),
}

struct Builder<'a> {
    resolver: &'a Resolver<'a>,
    admits: &'a Admits<'a>,
    staffed: BTreeMap<&'a str, Vec<Staffed<'a>>>,
    /// Flows that cannot take over, with the reason.
    refused: BTreeMap<&'a str, String>,
    /// Flows after all those that they escalate to.
    order: Vec<&'a str>,
    notes: Vec<String>,
}

impl<'a> Builder<'a> {
    /// Staffs a flow and those that it escalates to. `way` are the flows that lead here.
    fn visit(&mut self, name: &str, way: &mut Vec<&'a str>) -> Result<(), String> {
        let (name, flow) =
            self.resolver.model.flows.get_key_value(name).ok_or_else(|| format!("there is no flow `{name}`"))?;
        let staffed = self.staff(flow)?;
        way.push(name);
        for target in
            staffed.iter().filter_map(|step| if let Rule::Flow(target) = &step.rule { Some(*target) } else { None })
        {
            // What leads back is refused when numbers are given: it would not lead forward.
            if way.contains(&target) || self.staffed.contains_key(target) || self.refused.contains_key(target) {
                continue;
            }
            if let Err(reason) = self.take_over(target, way) {
                self.refused.insert(target, reason);
            }
        }
        way.pop();
        self.staffed.insert(name, staffed);
        self.order.push(name);
        Ok(())
    }

    fn take_over(&mut self, target: &'a str, way: &mut Vec<&'a str>) -> Result<(), String> {
        if self.resolver.model.flows.get(target).is_some_and(|flow| flow.steps.is_empty()) {
            return Err("it has no steps, and silence approves nothing".to_owned());
        }
        (self.admits)(target)?;
        self.visit(target, way)
    }

    /// Finds the people of each step, by fallback where there are too few, also where distinct ones are wanted.
    fn staff(&mut self, flow: &'a Flow) -> Result<Vec<Staffed<'a>>, String> {
        let mut staffed: Vec<Staffed<'a>> = Vec::new();
        for step in &flow.steps {
            let fits = |people: &[UserId]| fits(step, people, &staffed);
            let (first, others) = (self.people(step, &step.approvers), self.people(step, &step.fallback));
            let (people, note) = match (fits(&first), fits(&others)) {
                (Ok(()), _) => (first, None),
                (Err(reason), Ok(())) => (others, Some(format!("step `{}` goes to its fallback: {reason}", step.name))),
                (Err(reason), Err(_)) if step.fallback.is_empty() => {
                    return Err(format!("step `{}` cannot be approved: {reason}", step.name));
                }
                (Err(reason), Err(also)) => {
                    return Err(format!("step `{}` cannot be approved: {reason}; of its fallback, {also}", step.name));
                }
            };
            let (rule, lapse) = self.rule(step);
            self.notes.extend(note.into_iter().chain(lapse));
            staffed.push(Staffed { step: made(step, people, step.timeout.seconds()), rule });
        }
        Ok(staffed)
    }

    fn rule(&self, step: &'a FlowStep) -> (Rule<'a>, Option<String>) {
        match &step.on_timeout {
            TimeoutRule::Lapse => (Rule::Lapse, None),
            TimeoutRule::Deny => (Rule::Deny, None),
            TimeoutRule::Flow(name) => (Rule::Flow(name), None),
            TimeoutRule::Ask { approvers, timeout } => {
                let people = self.people(step, approvers);
                match enough(step, &people) {
                    Ok(()) => (Rule::Ask(Box::new(made(step, people, timeout.seconds()))), None),
                    Err(reason) => {
                        (Rule::Lapse, Some(lapses(&step.name, &format!("nobody else can be asked: {reason}"))))
                    }
                }
            }
        }
    }

    /// The requester counts only where the step says so by name (I3).
    fn people(&self, step: &FlowStep, approvers: &'a [Approver]) -> Vec<UserId> {
        let people = self.resolver.people(approvers);
        people.into_iter().filter(|person| step.self_approval || person != self.resolver.requester).collect()
    }
}

/// Whether these people can decide a step, if none of the steps before it is `distinct` from it.
fn enough(step: &FlowStep, people: &[UserId]) -> Result<(), String> {
    let (needed, found) = (usize::from(step.quorum.max(1)), people.len());
    match found {
        0 => Err("it has no approver".to_owned()),
        _ if found < needed => Err(format!("it needs {needed} approvers and has {found}")),
        _ if found > MOST_APPROVERS => {
            Err(format!("it has {found} approvers, more than the {MOST_APPROVERS} that can be asked"))
        }
        _ => Ok(()),
    }
}

fn made(step: &FlowStep, approvers: Vec<UserId>, seconds: u32) -> Step {
    Step {
        name: step.name.clone(),
        approvers,
        quorum: step.quorum.max(1),
        timeout: SignedDuration::from_secs(i64::from(seconds)),
        on_timeout: OnTimeout::Lapse,
        then: None,
        self_approval: step.self_approval,
        distinct: step.distinct,
        comment_on_denial: step.comment_on_denial,
    }
}

pub(crate) fn lapses(step: &str, reason: &str) -> String {
    format!("if nobody answers step `{step}` in time, the request lapses: {reason}")
}

/// Whether these people can decide a step after those before it, `distinct` ones among them.
fn fits(step: &FlowStep, people: &[UserId], before: &[Staffed<'_>]) -> Result<(), String> {
    enough(step, people)?;
    let this = made(step, people.to_vec(), step.timeout.seconds());
    let way: Vec<&Step> = before.iter().map(|staffed| &staffed.step).chain([&this]).collect();
    if distinct::reachable(&way) {
        Ok(())
    } else {
        Err("everybody who could approve it is needed by the steps before it".to_owned())
    }
}

impl<'a> Builder<'a> {
    /// Numbers the steps: each flow after all that lead to it.
    fn lay_out(mut self, start: &str) -> Result<Flattened, String> {
        let mut firsts: BTreeMap<&str, usize> = BTreeMap::new();
        let mut length = 0;
        for name in self.order.iter().rev() {
            let steps = self.staffed.get(name).map_or(0, |steps| steps.iter().map(places).sum());
            if length + steps <= MOST_STEPS {
                firsts.insert(name, length);
                length += steps;
            } else if *name == start {
                return Err(format!(
                    "flow `{start}` has {steps} steps, more than the {MOST_STEPS} that a request can have"
                ));
            } else {
                self.refused.insert(name, format!("there would be more than {MOST_STEPS} steps"));
            }
        }
        let mut laid = Flattened { notes: std::mem::take(&mut self.notes), ..Flattened::default() };
        for name in self.order.iter().rev().filter(|name| firsts.contains_key(*name)) {
            if *name != start {
                laid.escalations.push((laid.steps.len(), (*name).to_owned()));
            }
            let mut steps = self.staffed.remove(name).unwrap_or_default().into_iter().peekable();
            while let Some(staffed) = steps.next() {
                self.put(staffed, steps.peek().is_none(), &firsts, &mut laid);
            }
        }
        Ok(laid)
    }

    fn put(&self, staffed: Staffed<'a>, last: bool, firsts: &BTreeMap<&str, usize>, laid: &mut Flattened) {
        let here = laid.steps.len();
        let then = (!last).then_some(here + places(&staffed));
        let (on_timeout, asked) = match staffed.rule {
            Rule::Lapse => (OnTimeout::Lapse, None),
            Rule::Deny => (OnTimeout::Deny, None),
            Rule::Ask(others) => (OnTimeout::Escalate(here + 1), Some(Step { then, ..*others })),
            Rule::Flow(target) => {
                if let Some(first) = firsts.get(target).filter(|first| **first > here) {
                    (OnTimeout::Escalate(*first), None)
                } else {
                    let reason = self.refused.get(target).map_or("it leads back to itself", String::as_str);
                    laid.notes.push(lapses(&staffed.step.name, &format!("flow `{target}` cannot take over, {reason}")));
                    (OnTimeout::Lapse, None)
                }
            }
        };
        laid.steps.push(Step { then, on_timeout, ..staffed.step });
        laid.steps.extend(asked);
    }
}

fn places(staffed: &Staffed<'_>) -> usize {
    if matches!(staffed.rule, Rule::Ask(_)) { 2 } else { 1 }
}
