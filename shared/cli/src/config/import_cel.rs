//! `curfew config import-cel`: conditions in CEL as Cedar policies to review.

use std::fmt::Write as _;
use std::io::Read as _;
use std::path::Path;

use curfew_policy::cedar::import_cel::{self, Refusal};
use serde_json::json;

use crate::answer::{Answer, Done, Failure};
use crate::arguments::ImportCel;
use crate::files;

/// Most that is read from standard input, in bytes.
const LARGEST: u64 = 4 << 20;

/// Turns each condition of a file; tells what cannot be turned, with exit code 1.
pub(super) fn run(given: &ImportCel) -> Result<Answer, Failure> {
    let text = if given.file == Path::new("-") {
        let mut text = String::new();
        let read = std::io::stdin().take(LARGEST).read_to_string(&mut text);
        read.map_err(|error| Failure::usage(format!("standard input cannot be read: {error}")))?;
        text
    } else {
        files::text_of(&given.file)?
    };
    let source = given.file.display();
    let (mut policies, mut refused, mut items) = (String::new(), String::new(), Vec::new());
    for (first, cel) in conditions(&text) {
        match import_cel::import(&cel) {
            Ok(cedar) => {
                let body: Vec<String> = cedar.lines().map(|line| format!("  {line}\n")).collect();
                // Writing to a String cannot fail.
                let _ = write!(
                    policies,
                    "// From {source}:{first}. Name the flow, and in the head whom and what it is about.\n\
                     permit (principal, action == Curfew::Action::\"FLOW\", resource)\nwhen {{\n{}}};\n\n",
                    body.concat()
                );
                items.push(json!({ "line": first, "cel": cel, "cedar": cedar, "refusals": [] }));
            }
            Err(refusals) => {
                // As comments, so that the whole answer can be saved as a .cedar file.
                for Refusal { line, column, reason, hint } in &refusals {
                    let _ = writeln!(refused, "//   {source}:{}:{column}: {reason}", first + line - 1);
                    refused.extend(hint.iter().map(|hint| format!("//     hint: {hint}\n")));
                }
                let one = |refusal: &Refusal| {
                    let Refusal { line, column, reason, hint } = refusal;
                    json!({ "line": first + line - 1, "column": column, "message": reason, "hint": hint })
                };
                let list: Vec<_> = refusals.iter().map(one).collect();
                items.push(json!({ "line": first, "cel": cel, "cedar": null, "refusals": list }));
            }
        }
    }
    if !refused.is_empty() {
        let _ = write!(policies, "// Not turned into Cedar:\n{refused}");
    }
    Ok(Answer::new(Done::found(!refused.is_empty()), policies, &json!({ "conditions": items })))
}

/// Conditions with their first lines: blank lines stand between them.
fn conditions(text: &str) -> Vec<(usize, String)> {
    let mut conditions: Vec<(usize, String)> = Vec::new();
    let mut open = false;
    for (at, line) in text.lines().enumerate() {
        if line.trim().is_empty() {
            open = false;
        } else if let Some((_, condition)) = conditions.last_mut().filter(|_| open) {
            condition.push('\n');
            condition.push_str(line);
        } else {
            conditions.push((at + 1, line.to_owned()));
            open = true;
        }
    }
    conditions
}
