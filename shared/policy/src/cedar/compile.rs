//! From `.cedar` files to rules.

use std::collections::{BTreeMap, BTreeSet};

use cedar_policy::{Effect, Policy, PolicyId, PolicySet, Schema, ValidationMode, Validator};

use super::check::told;
use super::head::head;
use super::index::{self, Entry};
use super::names::undeclared;
use super::rules::Rules;
use super::schema::schema;
use super::sees::{letters, seen};
use super::source::{Piece, pieces};
use crate::folder::CedarFile;
use crate::model::Model;
use crate::problem::{Problem, Severity};

/// Longest id of a policy, in characters: it is shown in explanations.
const ID_LIMIT: usize = 128;

struct Written<'f> {
    piece: Piece<'f>,
    policy: Policy,
}

impl Rules {
    /// Parses every policy, validates it strictly against the schema of the model, and writes the index. A policy is
    /// named by its `@id("…")`, or else by file and line.
    ///
    /// # Errors
    /// Everything that is wrong, in order of files and lines, with what Cedar's validator only warns of.
    pub fn compile(model: &Model, cedar: &[CedarFile]) -> Result<Self, Vec<Problem>> {
        let mut problems = Vec::new();
        let mut written = Vec::new();
        for piece in cedar.iter().flat_map(pieces) {
            match parse(piece) {
                Ok(policy) => written.push(policy),
                Err(found) => problems.extend(found),
            }
        }
        unique(&mut written, &mut problems);
        validate(model, &written, &mut problems);
        problems.extend(undeclared(model, cedar));
        let mut entries = Vec::new();
        for one in &written {
            match entry(one) {
                Ok(entry) => entries.push(entry),
                Err(problem) => problems.push(problem),
            }
        }
        problems.sort();
        problems.dedup();
        if problems.iter().any(Problem::is_error) {
            return Err(problems);
        }
        let flows: BTreeMap<_, _> =
            model.flows.iter().map(|(name, flow)| (name.clone(), flow.steps.is_empty())).collect();
        let text = index::write(&flows, &entries);
        let digest = index::root(&text);
        Self::open(text, &digest)
            .map(|rules| rules.with_warnings(problems))
            .map_err(|error| vec![generated(&error.to_string())])
    }
}

/// What is wrong with these files whatever the settings say.
pub(crate) fn syntax(cedar: &[CedarFile]) -> Vec<Problem> {
    cedar.iter().flat_map(pieces).filter_map(|piece| parse(piece).err()).flatten().collect()
}

/// A problem of what we generate, which no line of the folder explains.
fn generated(message: &str) -> Problem {
    Problem {
        file: String::new(),
        line: 0,
        column: 0,
        severity: Severity::Error,
        message: format!("the Cedar schema or index that Curfew generates is wrong: {message}"),
        hint: Some(
            "look at `settings.attributes`, `settings.employment` and the names of flows; else report a bug".into(),
        ),
    }
}

fn parse(piece: Piece<'_>) -> Result<Written<'_>, Vec<Problem>> {
    let policy = match Policy::parse(None, piece.text) {
        Ok(policy) => policy,
        Err(errors) => return Err(errors.iter().map(|error| refused(&piece, error)).collect()),
    };
    let named = policy.annotation("id").map(str::to_owned);
    let id = match named {
        Some(id) if id.is_empty() || id.chars().count() > ID_LIMIT || id.chars().any(char::is_control) => {
            let message = format!("an `@id` has 1 to {ID_LIMIT} visible characters");
            return Err(vec![piece.problem(0, Severity::Error, message, None)]);
        }
        Some(id) => id,
        None => format!("{}:{}", piece.file.path, piece.line()),
    };
    Ok(Written { policy: policy.new_id(PolicyId::new(id)), piece })
}

fn refused(piece: &Piece<'_>, error: &cedar_policy::ParseError) -> Problem {
    let problem = told(piece, "", error, Severity::Error);
    if problem.message.contains("got a template") {
        return problem
            .hint("Curfew has no templates: write the policy once for each group or account, or use `in [...]`");
    }
    problem
}

/// Leaves out policies whose id another one has, and says so at both.
fn unique(written: &mut Vec<Written<'_>>, problems: &mut Vec<Problem>) {
    let mut by_id: BTreeMap<String, Vec<Piece<'_>>> = BTreeMap::new();
    for one in written.iter() {
        by_id.entry(one.policy.id().to_string()).or_default().push(one.piece);
    }
    by_id.retain(|_, pieces| pieces.len() > 1);
    for (id, pieces) in &by_id {
        let places: Vec<String> = pieces.iter().map(|piece| format!("{}:{}", piece.file.path, piece.line())).collect();
        for piece in pieces {
            let message = format!("{} policies are named `{id}`: {}", pieces.len(), places.join(", "));
            let hint = Some("give each its own `@id(\"…\")`, or a line of its own".to_owned());
            problems.push(piece.problem(0, Severity::Error, message, hint));
        }
    }
    written.retain(|one| !by_id.contains_key(&one.policy.id().to_string()));
}

fn validate(model: &Model, written: &[Written<'_>], problems: &mut Vec<Problem>) {
    let schema = match Schema::from_cedarschema_str(&schema(model)) {
        Ok((schema, _)) => schema,
        Err(error) => return problems.push(generated(&error.to_string())),
    };
    let policies = match PolicySet::from_policies(written.iter().map(|one| one.policy.clone())) {
        Ok(policies) => policies,
        Err(error) => return problems.push(generated(&error.to_string())),
    };
    let by_id: BTreeMap<&PolicyId, &Piece<'_>> = written.iter().map(|one| (one.policy.id(), &one.piece)).collect();
    let result = Validator::new(schema).validate(&policies, ValidationMode::Strict);
    let mut tell = |id: &PolicyId, diagnostic: &dyn miette::Diagnostic, severity| match by_id.get(id) {
        Some(piece) => problems.push(told(piece, id.as_ref(), diagnostic, severity)),
        None => problems.push(generated(&diagnostic.to_string())),
    };
    let mut wrong = BTreeSet::new();
    for error in result.validation_errors() {
        wrong.insert(error.policy_id());
        tell(error.policy_id(), error, Severity::Error);
    }
    // What follows from an error is no news: a policy about a flow that does not exist never applies.
    for warning in result.validation_warnings().filter(|warning| !wrong.contains(warning.policy_id())) {
        tell(warning.policy_id(), warning, Severity::Warning);
    }
}

fn entry<'f>(one: &Written<'f>) -> Result<Entry<'f>, Problem> {
    let wrong = |message, hint| one.piece.problem(0, Severity::Error, message, hint);
    let json = one.policy.to_json().map_err(|error| wrong(error.to_string(), None))?;
    let seen = seen(&json);
    let aspects = seen.aspects_in(one.piece.text);
    if !seen.looked_into.is_empty() {
        let named: Vec<String> = seen.looked_into.into_iter().collect();
        let message =
            format!("a condition looks into {}, which need not be there when a request is judged", named.join(", "));
        let hint = "look into `principal`, `resource` and `context` only; named entities can be compared with them";
        return Err(wrong(message, Some(hint.to_owned())));
    }
    Ok(Entry {
        head: head(&one.policy),
        forbids: one.policy.effect() == Effect::Forbid,
        aspects: letters(&aspects),
        id: one.policy.id().to_string(),
        text: one.piece.text,
    })
}
