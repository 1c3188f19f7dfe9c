//! Lambda `revoke`: removes access that is due or was ended.

fn main() -> Result<(), curfew_lambda::StartError> {
    curfew_lambda::serve(curfew_revoke::start)
}
