//! Directories and folders for tests.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use curfew_domain::id::{AccountId, GroupId, PermissionSetArn, UnitId, UserId};
use curfew_domain::time::{SignedDuration, Timestamp};
use serde_json::Value;

use crate::bundle::Bundle;
use crate::directory::{Account, Directory, Group, OrgUnit, People, PermissionSet, User};

/// A path of this repository.
fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path)
}

/// The example folder, which the local run uses.
pub(crate) fn example() -> BTreeMap<String, String> {
    let entries = fs::read_dir(repository("infra/configuration")).unwrap().map(|entry| entry.unwrap().path());
    let name = |path: &Path| path.file_name().unwrap().to_str().unwrap().to_owned();
    entries.filter(|path| path.is_file()).map(|path| (name(&path), fs::read_to_string(&path).unwrap())).collect()
}

/// The model of the example folder with one more file.
pub(crate) fn example_with(more: &str) -> crate::model::Model {
    let mut files = example();
    files.insert("more.toml".to_owned(), more.to_owned());
    crate::folder::load(&Bundle::new(files).unwrap()).unwrap_or_else(|problems| panic!("{problems:#?}")).model
}

pub(crate) fn user(n: usize) -> UserId {
    UserId::parse(&format!("00000000-0000-4000-8000-{n:012}")).unwrap()
}

pub(crate) fn group(n: usize) -> GroupId {
    GroupId::parse(&format!("11111111-0000-4000-8000-{n:012}")).unwrap()
}

pub(crate) fn account(n: usize) -> AccountId {
    AccountId::parse(&format!("{n:012}")).unwrap()
}

pub(crate) fn permission_set(n: usize) -> PermissionSetArn {
    PermissionSetArn::parse(&format!("arn:aws:sso:::permissionSet/ssoins-1111222233334444/ps-{n:016}")).unwrap()
}

pub(crate) fn unit(n: usize) -> UnitId {
    UnitId::parse(&format!("ou-ab12-{n:08}")).unwrap()
}

/// The sample organisation of the local run. Ids count from 0 in the order of the file.
pub(crate) fn organization() -> Directory {
    let text = fs::read_to_string(repository("infra/local/organization.json")).unwrap();
    let file: Value = serde_json::from_str(&text).unwrap();
    let root = UnitId::parse("r-ab12").unwrap();
    let mut directory = Directory {
        taken_at: Timestamp::UNIX_EPOCH,
        units: BTreeMap::from([(root.clone(), OrgUnit { name: "Root".to_owned(), parent: None })]),
        accounts: BTreeMap::new(),
        permission_sets: BTreeMap::new(),
        users: People::new(),
        groups: BTreeMap::new(),
    };
    units(&file["units"], &root, &mut directory);
    let paths: BTreeMap<String, UnitId> =
        directory.units.keys().map(|id| (directory.path_of(id), id.clone())).collect();
    for (n, value) in list(&file["accounts"]).enumerate() {
        let tags = value["tags"].as_object().unwrap().iter().map(|(tag, text)| (tag.clone(), string(text))).collect();
        let unit = paths[&format!("/{}", string(&value["unit"]))].clone();
        let entry = Account { name: string(&value["name"]), unit, tags, active: true, management: false };
        directory.accounts.insert(account(n), entry);
    }
    for (n, value) in list(&file["permission_sets"]).enumerate() {
        let session: SignedDuration = string(&value["session_duration"]).parse().unwrap();
        let (name, description) = (string(&value["name"]), string(&value["description"]));
        let entry = PermissionSet { name, description, session, provisioned_in: BTreeSet::new() };
        directory.permission_sets.insert(permission_set(n), entry);
    }
    people(&file, &mut directory);
    directory
}

fn people(file: &Value, directory: &mut Directory) {
    let ids: BTreeMap<String, UserId> =
        list(&file["users"]).enumerate().map(|(n, value)| (string(&value["name"]), user(n))).collect();
    for value in list(&file["users"]) {
        let name = string(&value["name"]);
        let attributes = ["department", "title"].iter().map(|key| ((*key).to_owned(), string(&value[*key]))).collect();
        let entry = User {
            display_name: string(&value["given_name"]),
            email: None,
            enabled: true,
            manager: value["manager"].as_str().map(|manager| ids[manager].clone()),
            attributes,
            groups: BTreeSet::new(),
            name: name.clone(),
        };
        directory.users.insert(ids[&name].clone(), entry);
    }
    for (n, value) in list(&file["groups"]).enumerate() {
        directory.groups.insert(group(n), Group { name: string(&value["name"]) });
        for member in list(&value["members"]) {
            directory.users.get_mut(&ids[&string(member)]).unwrap().groups.insert(group(n));
        }
    }
}

fn units(list: &Value, parent: &UnitId, directory: &mut Directory) {
    for value in list.as_array().into_iter().flatten() {
        let id = unit(directory.units.len());
        directory.units.insert(id.clone(), OrgUnit { name: string(&value["name"]), parent: Some(parent.clone()) });
        units(&value["units"], &id, directory);
    }
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().unwrap().iter()
}

fn string(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}
