//! `curfew config versions`, `show` and `diff`: what was published.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::{Value, json};

use super::compare;
use super::sources::{checked, published};
use crate::answer::{Answer, Failure};
use crate::arguments::{Diff, Server, Show, Versions};
use crate::files::{self, Folder};
use crate::remote::Remote;
use crate::table;

/// Most pages that are asked for: the server gives at least one version with each.
const MOST_PAGES: usize = 1_000;

/// Lists versions, newest first.
pub(super) fn list(given: &Versions) -> Result<Answer, Failure> {
    let remote = Remote::required(&given.server)?;
    let mut items: Vec<Value> = Vec::new();
    let mut path = "/v1/configuration/versions".to_owned();
    for _ in 0..MOST_PAGES {
        let page = remote.get(&path)?;
        let more = page.get("items").and_then(Value::as_array).cloned().unwrap_or_default();
        let next = page.get("next").and_then(Value::as_u64).filter(|_| !more.is_empty());
        items.extend(more);
        match next {
            Some(before) if items.len() < given.limit => path = format!("/v1/configuration/versions?before={before}"),
            _ => break,
        }
    }
    items.truncate(given.limit);
    let row = |item: &Value| {
        let text = |name: &str| match item.get(name) {
            Some(Value::String(text)) => text.clone(),
            Some(Value::Number(number)) => number.to_string(),
            _ => String::new(),
        };
        let back = text("rolled_back_to");
        let comment = if back.is_empty() { text("comment") } else { format!("{} (back to {back})", text("comment")) };
        let second = text("seconded_by");
        let by = if second.is_empty() { text("by") } else { format!("{}, {second}", text("by")) };
        vec![text("number"), text("version"), text("at"), by, comment.trim().to_owned()]
    };
    let rows: Vec<Vec<String>> = items.iter().map(row).collect();
    let shown = if rows.is_empty() {
        "Nothing has been published yet.".to_owned()
    } else {
        table::columns(&["NUMBER", "VERSION", "AT", "BY", "COMMENT"], &rows)
    };
    Ok(Answer::fine(shown, &json!({ "items": items })))
}

/// Shows a version, or writes its files.
pub(super) fn show(given: &Show) -> Result<Answer, Failure> {
    let version = published(&Remote::required(&given.server)?, given.version.as_deref())?;
    let publication = version.publication.as_ref();
    let how = publication.map(|p| format!(" (number {}), published by {} at {}", p.number, p.by, p.at));
    let head = format!("Version {}{}", version.version, how.unwrap_or_default());
    let files = version.bundle.files();
    let json = json!({
        "version": version.version,
        "number": publication.map(|p| p.number),
        "by": publication.map(|p| &p.by),
        "at": publication.map(|p| &p.at),
        "files": files,
    });
    if let Some(folder) = &given.output {
        files::write_folder(folder, &version.bundle)?;
        return Ok(Answer::fine(format!("{head}\n{} files written to {}", files.len(), folder.display()), &json));
    }
    let bodies: Vec<String> = files.iter().map(|(path, text)| format!("\n==> {path}\n{}\n", text.trim_end())).collect();
    Ok(Answer::fine(format!("{head}\n{}", bodies.concat()), &json))
}

/// Shows how two versions, or folders, differ, file by file.
pub(super) fn diff(given: &Diff) -> Result<Answer, Failure> {
    let from = side(given.from.as_deref(), None, &given.server)?;
    let to = side(given.to.as_deref(), Some("."), &given.server)?;
    let paths: BTreeSet<&String> = from.1.keys().chain(to.1.keys()).collect();
    let empty = String::new();
    let (mut text, mut changed) = (String::new(), Vec::new());
    for path in paths {
        let (old, new) = (from.1.get(path), to.1.get(path));
        if old == new {
            continue;
        }
        let what = match (old, new) {
            (None, _) => "added",
            (_, None) => "removed",
            _ => "changed",
        };
        changed.push(json!({ "file": path, "change": what }));
        text.push_str(&compare::lines(path, old.unwrap_or(&empty), new.unwrap_or(&empty)));
    }
    if changed.is_empty() {
        text = format!("{} and {} are the same.", from.0, to.0);
    }
    Ok(Answer::fine(text.clone(), &json!({ "from": from.0, "to": to.0, "files": changed, "diff": text })))
}

type Side = (String, BTreeMap<String, String>);

/// A folder if there is one of this name, else a version; the published version where nothing is named.
fn side(named: Option<&str>, default: Option<&str>, server: &Server) -> Result<Side, Failure> {
    let Some(name) = named.or(default) else {
        let version = published(&Remote::required(server)?, None)?;
        return Ok((version.version, version.bundle.files().clone()));
    };
    if Path::new(name).is_dir() {
        return Ok((name.to_owned(), Folder::read(Path::new(name))?.bundle.files().clone()));
    }
    let version = published(&Remote::required(server)?, Some(checked(name)?))?;
    Ok((version.version, version.bundle.files().clone()))
}
