//! Reads a configuration folder: every `.toml` file together, checked as a whole; `.cedar` files are passed on.
//!
//! Everything that is wrong is told at once, with file, line, column and a hint. Files below `tests/` are expectations for
//! `curfew config test` and not read here.

mod access;
mod document;
mod flows;
#[cfg(test)]
mod fuzz;
mod merged;
mod problems;
mod rules;
pub mod schema;
mod settings;
mod shape;
mod shapes;
#[cfg(test)]
mod tests;
mod values;

use std::collections::BTreeSet;

use crate::bundle::Bundle;
use crate::model::{Model, Origin};
use crate::problem::Problem;

use document::Document;
use merged::Merged;
use problems::Problems;

/// What a valid folder says.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// What its `.toml` files declare.
    pub model: Model,
    /// Its `.cedar` files, sorted by path, not yet read.
    pub cedar: Vec<CedarFile>,
    /// What is most likely not meant, sorted by place.
    pub warnings: Vec<Problem>,
}

/// A file of Cedar policies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CedarFile {
    /// Relative to the folder.
    pub path: String,
    /// As it was written.
    pub text: String,
}

/// Reads and checks a folder.
///
/// # Errors
/// Everything that is wrong with it, and everything doubtful, sorted by place.
pub fn load(bundle: &Bundle) -> Result<Loaded, Vec<Problem>> {
    let mut problems = Problems::default();
    let documents: Vec<Document<'_>> = bundle
        .files()
        .iter()
        .filter(|(path, _)| is_kind(path, ".toml") && !path.starts_with("tests/"))
        .map(|(path, text)| Document::parse(path, text))
        .collect();
    let folder = Merged { documents: &documents };
    for document in &documents {
        shape::check(document.root(), &shape::Kind::Table(&shapes::ROOT), &mut problems);
    }
    let model = read(folder, &mut problems);
    let incomplete = folder.is_incomplete();
    rules::check(&model, incomplete, &mut problems);
    syntax(&documents, &mut problems);
    unread(bundle, &mut problems);
    let cedar: Vec<CedarFile> = bundle
        .files()
        .iter()
        .filter(|(path, _)| is_kind(path, ".cedar"))
        .map(|(path, text)| CedarFile { path: path.clone(), text: text.clone() })
        .collect();
    if cedar.is_empty() {
        let problem = Problem::warning(&nowhere(), "no `.cedar` file permits anything, so every request is denied");
        problems.add(problem.hint("write for example permits.cedar"));
    }
    if problems.any_error() {
        let mut all = problems.into_vec();
        all.extend(cedar_problems(&model, &cedar, incomplete));
        all.sort();
        return Err(all);
    }
    Ok(Loaded { model, cedar, warnings: problems.into_vec() })
}

fn read(folder: Merged<'_>, problems: &mut Problems) -> Model {
    let model = Model {
        settings: settings::settings(folder, problems),
        roles: settings::roles(folder, problems),
        catalogs: access::catalogs(folder, problems),
        access: access::access(folder, problems),
        flows: flows::flows(folder, problems),
        policies: flows::policies(folder, problems),
        approver_groups: flows::approver_groups(folder, problems),
        rotations: flows::rotations(folder, problems),
        ownership: settings::ownership(folder, problems),
        notices: settings::notices(folder, problems),
        mentions: Vec::new(),
    };
    Model { mentions: std::mem::take(&mut problems.mentions), ..model }
}

/// What is wrong in Cedar besides, so that everything is told at once. Settings that were not read as a whole would make
/// good policies look wrong: then only what is no Cedar at all is told.
fn cedar_problems(model: &Model, cedar: &[CedarFile], incomplete: bool) -> Vec<Problem> {
    if incomplete {
        return crate::cedar::syntax(cedar);
    }
    let mut problems = crate::cedar::Rules::compile(model, cedar).err().unwrap_or_default();
    // What has no place in a file comes of settings that are told already.
    problems.retain(|problem| !problem.file.is_empty());
    problems
}

/// Adds syntax errors, and drops what was concluded from their lines.
fn syntax(documents: &[Document<'_>], problems: &mut Problems) {
    let errors: Vec<Problem> = documents
        .iter()
        .flat_map(|document| document.errors.iter().map(|(at, message)| (document.text.spot(*at), message)))
        .map(|(spot, message)| Problem::error(&spot.origin(), format!("no TOML: {message}")))
        .collect();
    let lines: BTreeSet<(String, usize)> = errors.iter().map(|error| (error.file.clone(), error.line)).collect();
    problems.drop_lines(&lines);
    for error in errors {
        problems.add(error);
    }
}

/// Warns of files that look as if they were meant to be read.
fn unread(bundle: &Bundle, problems: &mut Problems) {
    const BESIDE: [&str; 5] = [".md", ".json", ".txt", ".cedarschema", ".gitkeep"];
    for path in bundle.files().keys() {
        let known = is_kind(path, ".toml") || is_kind(path, ".cedar") || BESIDE.iter().any(|kind| is_kind(path, kind));
        if !known && !path.starts_with("tests/") {
            let problem = Problem::warning(&whole(path), "this file is not read");
            problems.add(problem.hint("settings are in `.toml` files, Cedar policies in `.cedar` files"));
        }
    }
}

fn is_kind(path: &str, ending: &str) -> bool {
    path.ends_with(ending)
}

/// The folder as a whole.
fn nowhere() -> Origin {
    whole("")
}

/// A file as a whole.
fn whole(path: &str) -> Origin {
    Origin { file: path.to_owned(), line: 0, column: 0 }
}
