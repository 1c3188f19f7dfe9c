//! What policy says to a request, with the reasons.

use crate::ask::AskDigest;
use crate::id::UserId;
use crate::time::SignedDuration;

/// Policy's answer to exactly one wish.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// What happens now.
    pub outcome: Outcome,
    /// The wish that was judged.
    pub digest: AskDigest,
    /// The configuration version that decided.
    pub configuration: String,
    /// Why, in sentences for people: the deciding rule first.
    pub explanation: Vec<String>,
    /// Why, for programs: the rules that took part, and the facts that they saw.
    pub grounds: Grounds,
}

/// What happens with a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// No access.
    Denied,
    /// The named flow applies.
    Allowed {
        /// Name of the flow.
        flow: String,
        /// Its approval steps, and those that take over when time runs out; none means automatic approval. The first is
        /// where the request begins; from each, `then` and `on_timeout` lead only forward.
        steps: Vec<Step>,
    },
}

/// One approval.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Name shown to people.
    pub name: String,
    /// Who may decide. Each once, sorted.
    pub approvers: Vec<UserId>,
    /// How many different approvers must approve; at least 1.
    pub quorum: u8,
    /// How long the step waits for them.
    pub timeout: SignedDuration,
    /// What happens when they do not answer in time.
    pub on_timeout: OnTimeout,
    /// The step that follows approval; `None` means that the request is approved then.
    pub then: Option<usize>,
    /// The requester may decide too, because the configuration names self-approval for this step (I3).
    pub self_approval: bool,
    /// Who approved an earlier step of this request does not count here.
    pub distinct: bool,
    /// A denial needs a comment.
    pub comment_on_denial: bool,
}

/// What happens with a step that nobody decided in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnTimeout {
    /// The request lapses.
    Lapse,
    /// The request is denied.
    Deny,
    /// This step, by index, takes over: other approvers, or the first step of another flow.
    Escalate(usize),
}

/// The rules that took part in a verdict, by name, and the facts that they saw.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Grounds {
    /// The policy of the entitlement; empty where there was none to ask.
    pub policy: String,
    /// The Cedar policies that permitted the flow, by id.
    pub permitted_by: Vec<String>,
    /// Flows of the policy that were tried before, each with the Cedar policies that forbade it; none of them means that
    /// nothing permitted it.
    pub passed_over: Vec<(String, Vec<String>)>,
    /// The flows that take over when time runs out: the index of the first step of each, and its name, ascending. Steps
    /// from there on, up to the next such index, belong to that flow; those before the first belong to the flow of the
    /// outcome.
    pub escalations: Vec<(usize, String)>,
    /// Facts by name, as text, sorted by name.
    pub facts: Vec<(String, String)>,
}

impl Verdict {
    /// The approval steps; none for automatic approval and for a denial.
    pub fn steps(&self) -> &[Step] {
        match &self.outcome {
            Outcome::Denied => &[],
            Outcome::Allowed { steps, .. } => steps,
        }
    }

    /// Whether this person is an approver of any step.
    pub fn names_approver(&self, person: &UserId) -> bool {
        self.steps().iter().any(|step| step.approvers.contains(person))
    }
}
