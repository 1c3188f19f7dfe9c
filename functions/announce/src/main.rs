//! Lambda `announce`: tells people and programs what the stream of the table carries.

fn main() -> Result<(), curfew_lambda::StartError> {
    curfew_lambda::serve(curfew_announce::start)
}
