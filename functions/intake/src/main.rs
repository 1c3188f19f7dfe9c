//! Lambda `intake`: takes requests in, shows them, and lets people end them.

fn main() -> Result<(), curfew_lambda::StartError> {
    curfew_lambda::serve(curfew_intake::start)
}
