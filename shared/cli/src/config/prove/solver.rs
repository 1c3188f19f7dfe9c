//! Proofs by cvc5, through Cedar's symbolic compiler (research/deploy-and-policy.md §4).
//!
//! What Curfew allows is what Cedar allows minus what errs, is unknown or is out of bounds; so what is proven of Cedar holds
//! of Curfew. The other way round an example may be one that Curfew never meets; the bounds that Curfew keeps, and how an
//! entitlement hangs together, are therefore assumed.

use std::collections::BTreeMap;
use std::path::Path;
use std::str::FromStr as _;

use cedar_policy::{Authorizer, Decision, Effect, Policy, PolicyId, PolicySet, RequestEnv, Schema};
use cedar_policy_symcc::solver::LocalSolver;
use cedar_policy_symcc::{CedarSymCompiler, CompiledPolicySet, Env};
use serde_json::Value;

use super::super::mentions::is_cedar;
use super::super::sources::Loaded;
use super::assumed::assumed;
use super::counterexample;
use super::{Finding, Proof};
use crate::answer::Failure;

/// Longest that one question may take the solver, in milliseconds.
const PATIENCE: &str = "--tlimit-per=60000";

/// An invariant as a region: everything in its scope.
struct Invariant {
    name: String,
    effect: Effect,
    region: PolicySet,
}

/// Proves each invariant, or finds an example against it.
pub(super) fn prove(program: &Path, loaded: &Loaded, texts: &BTreeMap<String, String>) -> Result<Vec<Proof>, Failure> {
    let wrong = |what: &str, error: &dyn std::fmt::Display| Failure::usage(format!("{what}: {error}"));
    let schema = curfew_policy::cedar::schema(loaded.configuration.model());
    let (schema, _) = Schema::from_cedarschema_str(&schema).map_err(|error| wrong("the Cedar schema", &error))?;
    let files = loaded.bundle.files().iter().filter(|(path, _)| is_cedar(path));
    let policies = together(files)?;
    let invariants = invariants(texts, &policies)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| wrong("the solver cannot be started", &error))?;
    runtime.block_on(async {
        let mut command = tokio::process::Command::new(program);
        command.args(["--lang", "smt", PATIENCE]).kill_on_drop(true);
        let shown = format!("`{}` cannot be used as solver", program.display());
        let solver = LocalSolver::from_command(&mut command).map_err(|error| wrong(&shown, &error))?;
        let compiler = CedarSymCompiler::new(solver).map_err(|error| wrong(&shown, &error))?;
        let mut prover = Prover { compiler, schema: &schema, policies: &policies };
        let mut proofs = Vec::new();
        for invariant in &invariants {
            let finding = prover.invariant(invariant).await;
            let finding = finding.unwrap_or_else(|reason| Finding::Unknown { reason });
            proofs.push(Proof { name: invariant.name.clone(), finding });
        }
        Ok(proofs)
    })
}

struct Prover<'a> {
    compiler: CedarSymCompiler<LocalSolver>,
    schema: &'a Schema,
    policies: &'a PolicySet,
}

impl Prover<'_> {
    async fn invariant(&mut self, invariant: &Invariant) -> Result<Finding, String> {
        let (mut examples, mut about_something) = (Vec::new(), false);
        // One for each flow.
        for flow in self.schema.request_envs() {
            let region = self.compile(&invariant.region, &flow)?;
            if self.compiler.check_always_denies_opt(&region).await.map_err(|error| error.to_string())? {
                continue;
            }
            about_something = true;
            let policies = self.compile(self.policies, &flow)?;
            let example = match invariant.effect {
                Effect::Forbid => self.compiler.check_disjoint_with_counterexample_opt(&region, &policies).await,
                Effect::Permit => self.compiler.check_implies_with_counterexample_opt(&region, &policies).await,
            };
            if let Some(example) = example.map_err(|error| error.to_string())? {
                examples.push(self.shown(invariant, &example)?);
            }
        }
        Ok(match (about_something, examples.is_empty()) {
            (false, _) => Finding::Vacuous,
            (true, true) => Finding::Proven,
            (true, false) => Finding::Violated { examples },
        })
    }

    fn compile(&self, policies: &PolicySet, flow: &RequestEnv) -> Result<CompiledPolicySet, String> {
        CompiledPolicySet::compile(policies, flow, self.schema).map_err(|error| error.to_string())
    }

    /// The example in words, after Cedar itself has agreed with the solver.
    fn shown(&self, invariant: &Invariant, example: &Env) -> Result<String, String> {
        let response = Authorizer::new().is_authorized(&example.request, self.policies, &example.entities);
        let allowed = response.decision() == Decision::Allow;
        if allowed != (invariant.effect == Effect::Forbid) {
            return Err("the solver's example is not confirmed by Cedar".to_owned());
        }
        let mut deciding: Vec<String> = response.diagnostics().reason().map(ToString::to_string).collect();
        deciding.sort();
        Ok(counterexample::shown(example, allowed, &deciding))
    }
}

/// All policies of some files, under names that people know.
fn together<'a>(files: impl Iterator<Item = (&'a String, &'a String)>) -> Result<PolicySet, Failure> {
    let mut all = PolicySet::new();
    for policy in named(files)? {
        let twice = |error| Failure::usage(format!("the Cedar policies do not fit together: {error}"));
        all.add(policy).map_err(twice)?;
    }
    Ok(all)
}

fn named<'a>(files: impl Iterator<Item = (&'a String, &'a String)>) -> Result<Vec<Policy>, Failure> {
    let mut policies = Vec::new();
    for (path, text) in files {
        let set = PolicySet::from_str(text).map_err(|error| Failure::usage(format!("`{path}`: {error}")))?;
        if set.num_of_templates() > 0 {
            return Err(Failure::usage(format!("`{path}`: templates are not read; write the policy out")));
        }
        let name = |policy: &Policy| match policy.annotation("id") {
            Some(id) => id.to_owned(),
            None => format!("{path}, {}", policy.id()),
        };
        policies.extend(set.policies().map(|policy| policy.new_id(PolicyId::new(name(policy)))));
    }
    Ok(policies)
}

fn invariants(texts: &BTreeMap<String, String>, policies: &PolicySet) -> Result<Vec<Invariant>, Failure> {
    let unread = |error: &dyn std::fmt::Display| Failure::usage(format!("an invariant cannot be read: {error}"));
    let written = named(texts.iter())?;
    let assumed = assumed(policies.policies().chain(&written)).map_err(|error| unread(&error))?;
    let assumed = assumed.to_json().map_err(|error| unread(&error))?;
    let conditions = |json: &Value| json.get("conditions").and_then(Value::as_array).cloned().unwrap_or_default();
    let mut invariants = Vec::new();
    for policy in written {
        let mut json = policy.to_json().map_err(|error| unread(&error))?;
        let all: Vec<Value> = conditions(&json).into_iter().chain(conditions(&assumed)).collect();
        if let Value::Object(fields) = &mut json {
            fields.insert("effect".to_owned(), "permit".into());
            fields.insert("conditions".to_owned(), all.into());
        }
        let region = Policy::from_json(Some(policy.id().clone()), json).map_err(|error| unread(&error))?;
        let region = PolicySet::from_policies([region]).map_err(|error| unread(&error))?;
        invariants.push(Invariant { name: policy.id().to_string(), effect: policy.effect(), region });
    }
    Ok(invariants)
}
