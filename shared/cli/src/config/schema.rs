//! `curfew config schema`: what editors complete and check with.

use serde_json::{Value, json};

use super::sources;
use crate::answer::{Answer, Failure};
use crate::arguments::Schema;
use crate::files::Folder;

/// The JSON Schema of the TOML files, or the Cedar schema that a folder generates.
pub(super) fn run(given: &Schema) -> Result<Answer, Failure> {
    if let Some(folder) = &given.cedar {
        let loaded = sources::load(Folder::read(folder)?.bundle)?;
        let text = curfew_policy::cedar::schema(loaded.configuration.model());
        let json = json!({ "cedar_schema": text });
        return Ok(Answer::fine(text, &json));
    }
    let text = curfew_policy::folder::schema::json_schema();
    let json: Value = serde_json::from_str(&text).unwrap_or(Value::Null);
    Ok(Answer::fine(text, &json))
}
