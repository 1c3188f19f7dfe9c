//! Lambda `approval`: takes approvers' decisions, by the API and by callback links.

fn main() -> Result<(), curfew_lambda::StartError> {
    curfew_lambda::serve(curfew_approval::start)
}
