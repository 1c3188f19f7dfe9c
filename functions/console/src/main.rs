//! Lambda `console`: sign-in, sessions, and the pages that people see.

fn main() -> Result<(), curfew_lambda::StartError> {
    curfew_lambda::serve(curfew_console::start)
}
