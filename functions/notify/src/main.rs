//! Lambda `notify`: keeps the token of the waiting execution and asks the approvers.

fn main() -> Result<(), curfew_lambda::StartError> {
    curfew_lambda::serve(curfew_notify::start)
}
