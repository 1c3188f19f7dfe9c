//! The table of (state, command). Total: a new state or command does not compile until it has its place here.

use crate::audit::{Record, canonical};
use crate::person::Actor;
use crate::review::Review;
use crate::time::Timestamp;
use crate::verdict::Verdict;

use super::command::Command as C;
use super::state::{Decision, Request, Stage, State as S};
use super::{body, cancel, decide, end, escalate, evaluate, lapse, means, provision};
use super::{command::Command, refusal::Refusal};

/// What a decision needs from outside besides the command.
#[derive(Debug, Clone, Copy)]
pub struct Context {
    /// Now, from the server's clock.
    pub now: Timestamp,
}

/// A request moved on: commit `request`, whose trail ends in `record`, then carry out `effects`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transition {
    /// The request afterwards.
    pub request: Request,
    /// The one audit record of this transition (I18).
    pub record: Record,
    /// What to do once both are durable, in this order. Each may be repeated.
    pub effects: Vec<Effect>,
    /// The review that is due from now on: commit it with the rest.
    pub review: Option<Review>,
}

/// Something to do after a transition is durable. The request id and the payload make its idempotency key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Start the execution of this request.
    StartFlow,
    /// Resume the execution, which waits at this place.
    Resume(Wait),
    /// Have the access removed now.
    Remove,
    /// Forget that the request is live: nothing is left to do. Only once all effects before it have succeeded.
    Retire,
}

/// A place where an execution waits for its task token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Wait {
    /// For the decision of this step.
    Approval {
        /// Index of the step.
        step: usize,
    },
    /// For provisioning to end.
    Provisioning,
}

/// What a verb decided; `apply` makes the transition of it.
pub(super) struct Change {
    pub(super) state: S,
    pub(super) actor: Actor,
    pub(super) event: &'static str,
    pub(super) body: serde_json::Value,
    pub(super) verdict: Option<Verdict>,
    pub(super) decision: Option<Decision>,
    pub(super) timed_out: Option<usize>,
}

impl Change {
    pub(super) fn new(event: &'static str, actor: Actor, state: S, body: serde_json::Value) -> Self {
        Self { state, actor, event, body, verdict: None, decision: None, timed_out: None }
    }
}

/// Applies a command.
///
/// # Errors
/// The command does not apply to this request now; nothing changes.
pub fn apply(request: &Request, command: Command, context: Context) -> Result<Transition, Refusal> {
    let change = change(request, command, context)?;
    let mut next = request.clone();
    let stage = change.state.stage();
    let body = canonical(&body::with_stages(change.body, request.state.stage(), stage));
    let record = request.head.extend(&request.ask.id, context.now, change.actor.label(), change.event, body);
    if stage != request.state.stage() {
        next.since = context.now;
    }
    next.state = change.state;
    next.verdict = change.verdict.or(next.verdict);
    next.decisions.extend(change.decision);
    next.timed_out.extend(change.timed_out);
    next.head = record.head();
    next.trail.push(record.clone());
    let effects = effects(request, &next);
    // What is terminal never moves again: a review is opened once.
    let review = Review::of(&next);
    Ok(Transition { request: next, record, effects, review })
}

/// The table.
fn change(r: &Request, command: Command, context: Context) -> Result<Change, Refusal> {
    let (now, illegal) = (context.now, Refusal::Illegal { stage: r.state.stage(), command: command.name() });
    match (&r.state, command) {
        (S::Submitted, C::Evaluate(verdict)) => evaluate::evaluate(r, verdict, now),
        (S::AwaitingApproval { step, deadline }, C::Decide { by, step: shown, answer, comment, digest, narrowed }) => {
            let at = decide::Place { step: *step, shown, deadline: *deadline, now };
            decide::decide(r, &at, &by, decide::Said { answer, comment, digest, narrowed })
        }
        (S::AwaitingApproval { step, deadline }, C::Lapse) => lapse::lapse(r, *step, *deadline, now),
        (S::Submitted | S::AwaitingApproval { .. } | S::Approved | S::Scheduled { .. }, C::Cancel { by, comment }) => {
            cancel::cancel(r, &by, comment.as_ref())
        }
        (S::Submitted | S::AwaitingApproval { .. }, C::Escalate { by, manager, to }) => {
            escalate::give_way(r, &by, manager.as_ref(), to)
        }
        (S::AwaitingApproval { .. } | S::Approved | S::Scheduled { .. }, C::Revoke { by, comment }) => {
            cancel::refuse_before_begin(r, &by, comment.as_ref())
        }
        (S::Submitted | S::AwaitingApproval { .. } | S::Approved | S::Scheduled { .. }, C::Fail { reason }) => {
            Ok(provision::fail_before_begin(reason))
        }
        (S::Approved | S::Scheduled { .. }, C::Provision { session, means, extended }) => {
            provision::begin(r, (session, means), extended.as_ref(), now)
        }
        (S::Provisioning(grant), C::Activate { standing }) => provision::activate(grant, standing, now),
        (S::Provisioning(g), C::Given { by, comment }) => means::given(r, g, &by, comment.as_ref(), now),
        (S::Provisioning(_) | S::Ending { .. }, C::Taken { by, comment }) => means::taken(r, &by, comment.as_ref()),
        (S::Provisioning(grant), C::Fail { reason }) => Ok(provision::fail(grant, reason)),
        (S::Provisioning(g) | S::Active(g), C::Return { by, comment }) => end::give_back(r, g, &by, comment.as_ref()),
        (S::Provisioning(g) | S::Active(g), C::Revoke { by, comment }) => end::revoke(r, g, &by, comment.as_ref()),
        (S::Provisioning(g) | S::Active(g), C::EndWith { other, how, by, comment }) => {
            Ok(end::end_with(g, &other, how, &by, comment.as_ref()))
        }
        (S::Provisioning(g) | S::Active(g), C::Expire) => end::expire(g, now),
        (S::Active(grant), C::Lose(cause)) => Ok(end::lose(grant, cause)),
        (S::Ending { grant, reason }, C::Close(gone)) => end::close(grant, reason, gone),

        // Illegal pairs, state by state.
        (
            S::Submitted,
            C::Decide { .. }
            | C::Lapse
            | C::Provision { .. }
            | C::Activate { .. }
            | C::Return { .. }
            | C::Revoke { .. },
        )
        | (
            S::Submitted | S::AwaitingApproval { .. } | S::Approved | S::Scheduled { .. },
            C::EndWith { .. } | C::Expire | C::Lose(_) | C::Close(_) | C::Given { .. } | C::Taken { .. },
        )
        | (S::AwaitingApproval { .. }, C::Evaluate(_) | C::Provision { .. } | C::Activate { .. } | C::Return { .. })
        | (
            S::Approved | S::Scheduled { .. } | S::Provisioning(_) | S::Active(_) | S::Ending { .. },
            C::Evaluate(_) | C::Decide { .. } | C::Lapse | C::Escalate { .. },
        )
        | (S::Approved | S::Scheduled { .. } | S::Ending { .. }, C::Activate { .. } | C::Return { .. })
        | (S::Provisioning(_) | S::Active(_), C::Cancel { .. } | C::Provision { .. } | C::Close(_))
        | (S::Provisioning(_), C::Lose(_))
        | (S::Active(_), C::Activate { .. } | C::Fail { .. } | C::Given { .. } | C::Taken { .. })
        | (
            S::Ending { .. },
            C::Cancel { .. }
            | C::Provision { .. }
            | C::Revoke { .. }
            | C::EndWith { .. }
            | C::Expire
            | C::Lose(_)
            | C::Fail { .. }
            | C::Given { .. },
        )
        | (S::Ended { .. } | S::Denied | S::Cancelled { .. } | S::Lapsed | S::Failed { .. }, _) => Err(illegal),
    }
}

/// What follows from a move, whichever verb made it. People are told of it by `announce`, which reads the records.
fn effects(before: &Request, after: &Request) -> Vec<Effect> {
    let mut effects = Vec::new();
    let (from, to) = (before.state.stage(), after.state.stage());
    match (&before.state, &after.state) {
        (S::AwaitingApproval { step, .. }, S::AwaitingApproval { step: next, .. }) if step == next => {}
        (S::AwaitingApproval { step, .. }, _) => effects.push(Effect::Resume(Wait::Approval { step: *step })),
        (S::Provisioning(_), _) => effects.push(Effect::Resume(Wait::Provisioning)),
        _ => {}
    }
    let by_hand = after.state.grant().is_some_and(|grant| grant.hands().is_some());
    if from != to && to == Stage::Ending && !by_hand {
        effects.push(Effect::Remove);
    }
    if to.is_terminal() {
        effects.push(Effect::Retire);
    }
    effects
}
