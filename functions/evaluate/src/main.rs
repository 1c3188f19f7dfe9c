//! Lambda `evaluate`: asks policy about a submitted request.

fn main() -> Result<(), curfew_lambda::StartError> {
    curfew_lambda::serve(curfew_evaluate::start)
}
