//! Keys as the story and Identity Center know them.

use curfew_domain::id::{AccountId, Key, PermissionSetArn, UserId};
use curfew_domain::request::Request;
use curfew_identity_center::{Assignment, PrincipalType};

/// The parts of an assignment's key.
#[derive(Debug, Clone, Copy)]
pub struct Parts<'a> {
    /// Who.
    pub user: &'a UserId,
    /// Where.
    pub account: &'a AccountId,
    /// Which access.
    pub permission_set: &'a PermissionSetArn,
}

/// The parts of an assignment's key. Panics for a membership: the story knows which it has.
pub fn parts(key: &Key) -> Parts<'_> {
    match key {
        Key::Assignment { user, account, permission_set } => Parts { user, account, permission_set },
        Key::Membership { .. } => panic!("{key:?} is no assignment"),
    }
}

/// An assignment as Identity Center knows it; `None` for a membership.
pub(crate) fn assignment(key: &Key) -> Option<Assignment> {
    let Key::Assignment { user, account, permission_set } = key else { return None };
    Some(Assignment {
        account: account.to_string(),
        permission_set: permission_set.to_string(),
        principal_type: PrincipalType::User,
        principal_id: user.to_string(),
    })
}

/// The key of a request: before there is a grant, the one that was asked for; `None` where people give the access by hand.
pub(crate) fn key_of(request: &Request) -> Option<Key> {
    match request.state.grant() {
        Some(_) => request.key(),
        None => Some(request.ask.key()),
    }
}
