//! `cargo run --release --locked -p curfew-policy-bench`
fn main() {}
