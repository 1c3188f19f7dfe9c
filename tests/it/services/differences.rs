use super::place::Side;

/// A stand-in answers otherwise than AWS. `tests/README.md` says which one is trusted, and why.
#[derive(Debug)]
pub(super) struct Difference {
    pub(super) service: &'static str,
    pub(super) side: Side,
    /// The statement.
    pub(super) what: &'static str,
    /// What is answered here.
    pub(super) here: &'static str,
}

/// All of them.
pub(super) const DIFFERENCES: &[Difference] = &[Difference {
    service: "step_functions",
    side: Side::LocalRun,
    what: "success for a token that was never given",
    here: "TaskTimedOut",
}];
