//! Lambda `provision`: creates approved access in Identity Center.

fn main() -> Result<(), curfew_lambda::StartError> {
    curfew_lambda::serve(curfew_provision::start)
}
