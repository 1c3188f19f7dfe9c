//! Lambda `sweep`: repairs what events missed, and settles what the state machine gives up.

fn main() -> Result<(), curfew_lambda::StartError> {
    curfew_lambda::serve(curfew_sweep::start)
}
