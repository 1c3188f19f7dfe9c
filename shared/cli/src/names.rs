//! What people write for people and entitlements: names or ids, found in the directory.

use curfew_domain::id::{AccountId, PermissionSetArn, UserId};
use curfew_policy::directory::Directory;
use curfew_policy::problem::closest;

use crate::answer::Failure;

/// A permission set in an account.
pub(crate) type Which = (AccountId, PermissionSetArn);

/// The person of this user name or id.
pub(crate) fn user(directory: &Directory, written: &str) -> Result<UserId, Failure> {
    if let Some(id) = UserId::parse(written).ok().filter(|id| directory.users.contains_key(id)) {
        return Ok(id);
    }
    if let Some((id, _)) = directory.user_named(written) {
        return Ok(id.clone());
    }
    let mut alike = directory.users.iter().filter(|(_, user)| user.name.eq_ignore_ascii_case(written));
    if let (Some((id, _)), None) = (alike.next(), alike.next()) {
        return Ok(id.clone());
    }
    let hint = match closest(written, directory.users.values().map(|user| user.name.as_str())) {
        Some(name) => format!("did you mean `{name}`?"),
        None => format!("{} people are known, by user name or id", directory.users.len()),
    };
    Err(Failure::usage(format!("the directory has no user `{written}`; {hint}")))
}

/// The account and permission set of `<account>/<permission set>`, by names or ids.
pub(crate) fn entitlement(directory: &Directory, written: &str) -> Result<Which, Failure> {
    // An ARN has slashes of its own.
    let cut = written.find("/arn:").or_else(|| written.rfind('/'));
    let (account, set) = match cut.map(|at| (written.get(..at), written.get(at + 1..))) {
        Some((Some(account), Some(set))) if !account.is_empty() && !set.is_empty() => (account, set),
        _ => {
            let example = "write `<account>/<permission set>`, such as `payments-production/Administrator`";
            return Err(Failure::usage(format!("`{written}` is no entitlement; {example}")));
        }
    };
    Ok((self::account(directory, account)?, permission_set(directory, set)?))
}

fn account(directory: &Directory, written: &str) -> Result<AccountId, Failure> {
    if let Ok(id) = AccountId::parse(written) {
        if directory.accounts.contains_key(&id) {
            return Ok(id);
        }
        return Err(Failure::usage(format!("the directory has no account {id}")));
    }
    let named: Vec<_> = directory.accounts.iter().filter(|(_, account)| account.name == written).collect();
    match named.as_slice() {
        [(id, _)] => Ok((*id).clone()),
        [] => {
            let hint = match closest(written, directory.accounts.values().map(|account| account.name.as_str())) {
                Some(name) => format!("did you mean `{name}`?"),
                None => format!("{} accounts are known, by name or id", directory.accounts.len()),
            };
            Err(Failure::usage(format!("the directory has no account `{written}`; {hint}")))
        }
        several => {
            let one = |(id, account): &(&AccountId, &curfew_policy::directory::Account)| {
                format!("{id} in {}", directory.path_of(&account.unit))
            };
            let list: Vec<String> = several.iter().map(one).collect();
            Err(Failure::usage(format!(
                "{} accounts are named `{written}`; write the id instead: {}",
                several.len(),
                list.join(", ")
            )))
        }
    }
}

fn permission_set(directory: &Directory, written: &str) -> Result<PermissionSetArn, Failure> {
    if let Some(arn) = PermissionSetArn::parse(written).ok().filter(|arn| directory.permission_sets.contains_key(arn)) {
        return Ok(arn);
    }
    if let Some((arn, _)) = directory.permission_sets.iter().find(|(_, set)| set.name == written) {
        return Ok(arn.clone());
    }
    let mut names: Vec<&str> = directory.permission_sets.values().map(|set| set.name.as_str()).collect();
    let hint = if let Some(name) = closest(written, names.iter().copied()) {
        format!("did you mean `{name}`?")
    } else {
        names.sort_unstable();
        names.truncate(12);
        format!("known are {}", names.join(", "))
    };
    Err(Failure::usage(format!("the directory has no permission set `{written}`; {hint}")))
}

/// What people call a person.
pub(crate) fn of_user<'a>(directory: &'a Directory, id: &'a UserId) -> &'a str {
    directory.users.get(id).map_or(id.as_str(), |user| user.name.as_str())
}

/// What people call an entitlement, so that it can be written again: with the account's id where its name is not unique.
pub(crate) fn of_entitlement(directory: &Directory, (account, set): (&AccountId, &PermissionSetArn)) -> String {
    let unique = |name: &str| directory.accounts.values().filter(|account| account.name == name).count() == 1;
    let account = match directory.accounts.get(account) {
        Some(known) if unique(&known.name) => known.name.as_str(),
        _ => account.as_str(),
    };
    let set = directory.permission_sets.get(set).map_or(set.as_str(), |set| set.name.as_str());
    format!("{account}/{set}")
}
