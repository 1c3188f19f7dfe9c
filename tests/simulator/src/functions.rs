//! The Lambda functions: the template's settings of them, their sandboxes, their invocations.

use crate::fault::named;

named!(
    /// A Lambda function.
    Function {
        /// Takes requests in.
        Intake = "intake",
        /// Takes decisions in.
        Approval = "approval",
        /// Asks policy.
        Evaluate = "evaluate",
        /// Asks approvers.
        Notify = "notify",
        /// Creates access.
        Provision = "provision",
        /// Removes access.
        Revoke = "revoke",
        /// Repairs.
        Sweep = "sweep",
    }
);
