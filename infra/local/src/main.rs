//! `cargo run --bin curfew-local`: Curfew on this machine, without an AWS account.

use std::process::ExitCode;

fn main() -> ExitCode {
    curfew_local::main()
}
