//! One immutable, validated configuration, and the one evaluator behind every answer about it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use curfew_domain::ask::Ask;
use curfew_domain::id::{AccountId, GroupId, PermissionSetArn, UserId};
use curfew_domain::person::Person;
use curfew_domain::verdict::Step;

use crate::approvers::{Resolver, Roll};
use crate::bundle::{Bundle, Version};
use crate::catalog::{self, Which};
use crate::cedar::{self, Asking, OpenError, Rules};
use crate::directory::Directory;
use crate::folder::CedarFile;
use crate::judge::{Facts, Judgement, Search, Wish, objections};
use crate::model::{Entitlement, Model};
use crate::problem::Problem;
use crate::{checks, folder, lint};

/// A validated configuration. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Configuration {
    version: Version,
    model: Arc<Model>,
    cedar: Arc<Vec<CedarFile>>,
    rules: Arc<Rules>,
}

/// Why a published version cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Unusable {
    /// The folder is not valid for this release of Curfew.
    #[error("the published configuration is not valid for this release of Curfew: {0}")]
    Folder(Problems),
    /// The compiled rules do not fit.
    #[error(transparent)]
    Rules(#[from] OpenError),
}

/// Problems as one text, one after the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problems(pub Vec<Problem>);

impl std::fmt::Display for Problems {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let lines: Vec<String> = self.0.iter().map(ToString::to_string).collect();
        f.write_str(&lines.join("\n"))
    }
}

impl Configuration {
    /// Reads, validates and compiles a folder as a whole; gives warnings besides.
    ///
    /// # Errors
    /// Everything that is wrong with it, by file, line and column, with warnings.
    pub fn load(bundle: &Bundle) -> Result<(Self, Vec<Problem>), Vec<Problem>> {
        let loaded = folder::load(bundle)?;
        let mut warnings = loaded.warnings;
        match Rules::compile(&loaded.model, &loaded.cedar) {
            Ok(rules) => {
                warnings.extend_from_slice(rules.warnings());
                warnings.extend(checks::of_folder(&loaded.model, &loaded.cedar));
                sorted(&mut warnings);
                Ok((Self::new(bundle.version(), loaded.model, loaded.cedar, rules), warnings))
            }
            Err(mut problems) => {
                problems.extend(warnings);
                sorted(&mut problems);
                Err(problems)
            }
        }
    }

    /// Opens a version that was published: the folder with the index of its rules (`Rules::index`) and the digest that
    /// vouches for it (`Rules::digest`). Compiles nothing.
    ///
    /// # Errors
    /// The folder or the index does not fit this release, or the index is not the one that the digest vouches for.
    pub fn open(bundle: &Bundle, index: String, digest: &str) -> Result<Self, Unusable> {
        let loaded = folder::load(bundle).map_err(|problems| Unusable::Folder(Problems(problems)))?;
        let rules = Rules::open(index, digest)?;
        Ok(Self::new(bundle.version(), loaded.model, loaded.cedar, rules))
    }

    fn new(version: Version, model: Model, cedar: Vec<CedarFile>, rules: Rules) -> Self {
        Self { version, model: Arc::new(model), cedar: Arc::new(cedar), rules: Arc::new(rules) }
    }

    /// Which configuration.
    pub fn version(&self) -> &Version {
        &self.version
    }

    /// What its settings say.
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// Its `.cedar` files as they were written.
    pub fn cedar(&self) -> &[CedarFile] {
        &self.cedar
    }

    /// Its Cedar policies.
    pub fn rules(&self) -> &Rules {
        &self.rules
    }

    /// What is doubtful about this configuration in this organisation: names that the directory does not know, selections
    /// of nothing, flows that nobody could approve. Sorted by place.
    pub fn check(&self, directory: &Directory) -> Vec<Problem> {
        let mut problems = cedar::unknown_names(directory, &self.cedar);
        problems.extend(lint::lint(&self.model, directory));
        problems.extend(checks::of_organisation(&self.model, &self.cedar, directory));
        sorted(&mut problems);
        problems
    }

    /// A directory user with the roles that this configuration gives; somebody disabled or unknown has none.
    pub fn person(&self, directory: &Directory, id: UserId) -> Person {
        let roles = &self.model.roles;
        Person {
            administrator: catalog::subjects_contain(&roles.administrators, directory, &id),
            auditor: catalog::subjects_contain(&roles.auditors, directory, &id),
            id,
        }
    }

    /// Permission sets that nobody but Curfew assigns, each once, sorted; those that the directory does not know only if
    /// the configuration names them by ARN.
    pub fn owned(&self, directory: &Directory) -> Vec<PermissionSetArn> {
        let names = &self.model.ownership.permission_sets;
        let by_arn = names.iter().filter_map(|name| PermissionSetArn::parse(name).ok());
        let by_name = directory.permission_sets.iter().filter(|(_, set)| names.contains(&set.name));
        let owned: BTreeSet<PermissionSetArn> = by_arn.chain(by_name.map(|(arn, _)| arn.clone())).collect();
        owned.into_iter().collect()
    }

    /// Groups whose members nobody but Curfew adds and removes, each once, sorted; those that the directory does not know
    /// are left out.
    pub fn owned_groups(&self, directory: &Directory) -> Vec<GroupId> {
        let names = &self.model.ownership.groups;
        let owned = directory.groups.iter().filter(|(_, group)| names.contains(&group.name));
        owned.map(|(id, _)| id.clone()).collect()
    }

    /// A permission set in an account, if some catalog offers it and the directory knows both.
    pub fn entitlement(
        &self,
        directory: &Directory,
        account: &AccountId,
        permission_set: &PermissionSetArn,
    ) -> Option<Entitlement> {
        catalog::entitlement(&self.model, directory, account, permission_set)
    }

    /// Everything that some catalog offers.
    pub fn entitlements(&self, directory: &Directory) -> BTreeMap<Which, Entitlement> {
        catalog::entitlements(&self.model, directory)
    }

    /// Whether this person may decide this step now: named by the verdict, and still enabled in the directory.
    pub fn may_approve(&self, directory: &Directory, step: &Step, person: &UserId) -> bool {
        step.approvers.contains(person) && directory.users.get(person).is_some_and(|user| user.enabled)
    }

    /// Who reviews an emergency grant, sorted: never the requester; nobody where the entitlement is not offered any more.
    pub fn reviewers(&self, facts: &Facts<'_>, ask: &Ask) -> Vec<UserId> {
        let Some(entitlement) = self.entitlement(facts.directory, &ask.account, &ask.permission_set) else {
            return Vec::new();
        };
        let roll = Roll::new(facts.directory);
        let resolver = Resolver {
            model: &self.model,
            roll: &roll,
            requester: &ask.requester,
            terms: &entitlement.terms,
            now: facts.now,
        };
        let people = resolver.people(&self.model.settings.reviewers);
        people.into_iter().filter(|person| *person != ask.requester).collect()
    }

    /// Judges a wish for an entitlement of this directory; `None` is one that no catalog offers.
    pub(crate) fn judge<'a>(
        &'a self,
        facts: &Facts<'a>,
        wish: &Wish<'a>,
        entitlement: Option<&Entitlement>,
        roll: &'a Roll<'a>,
    ) -> Judgement {
        let objections = objections(&self.model, facts, wish, entitlement, roll);
        let Some(entitlement) = entitlement.filter(|_| objections.is_empty()) else {
            return Judgement { objections, ..Judgement::default() };
        };
        self.search(facts, wish, entitlement, roll).judge(&entitlement.terms)
    }

    /// Where flows are looked for, for somebody who may ask for this entitlement.
    pub(crate) fn search<'a>(
        &'a self,
        facts: &Facts<'a>,
        wish: &Wish<'a>,
        entitlement: &Entitlement,
        roll: &'a Roll<'a>,
    ) -> Search<'a> {
        let question = self.rules.question(&Asking {
            directory: facts.directory,
            model: &self.model,
            user: wish.requester,
            entitlement,
            circumstances: facts.circumstances,
            duration: wish.duration,
            now: facts.now,
            ticket: wish.ticket,
            emergency: wish.emergency,
        });
        let cedar = Box::new(move |flow: &str| question.flow(flow));
        Search { model: &self.model, roll, now: facts.now, wish: *wish, cedar }
    }
}

fn sorted(problems: &mut Vec<Problem>) {
    problems.sort();
    problems.dedup();
}
