//! The schema that editors read.

use std::fs;
use std::path::Path;

use super::json_schema;

#[test]
fn the_schema_beside_the_example_is_the_one_that_the_code_makes() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../infra/configuration/schema.json");
    let made = json_schema();
    if std::env::var_os("CURFEW_WRITE_SCHEMA").is_some() {
        fs::write(&path, &made).unwrap();
    }
    let written = fs::read_to_string(&path).unwrap_or_default();
    assert!(written == made, "run CURFEW_WRITE_SCHEMA=1 cargo test -p curfew-policy schema");
}
