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
        /// Its approval steps; none means automatic approval.
        steps: Vec<Step>,
    },
}

/// One approval.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Name shown to people.
    pub name: String,
    /// Who may decide.
    pub approvers: Vec<UserId>,
    /// How many different approvers must approve; at least 1.
    pub quorum: u8,
    /// How long the step waits for them.
    pub timeout: SignedDuration,
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
