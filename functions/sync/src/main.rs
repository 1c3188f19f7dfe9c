//! Lambda `sync`: reads organisation, people and permission sets into one snapshot.

fn main() -> Result<(), curfew_lambda::StartError> {
    curfew_lambda::serve(curfew_sync::start)
}
