//! Who may do what to a request: one place for every channel.

use crate::person::Person;

use super::command::Withdrawal;
use super::refusal::Refusal;
use super::state::{Grant, Request};

/// Whether this person may see the request: its requester, its approvers, who gives and takes its access by hand,
/// administrators and auditors.
pub fn may_see(request: &Request, person: &Person) -> bool {
    let concerned = is_requester(request, person) || is_approver(request, person) || is_hand(request, person);
    person.administrator || person.auditor || concerned
}

/// Whether this person may say what was done by hand about the access of this request.
pub fn may_handle(request: &Request, person: &Person) -> bool {
    in_hand(request, person, "handle").is_ok()
}

/// Whether this person may end the access of this request so. Asks nothing about where it stands.
pub fn may_withdraw(request: &Request, person: &Person, how: Withdrawal) -> bool {
    match how {
        Withdrawal::Return => as_requester(request, person, "return").is_ok(),
        Withdrawal::Revoke => in_charge(request, person, "revoke").is_ok(),
    }
}

/// Only the requester.
pub(super) fn as_requester(request: &Request, by: &Person, verb: &'static str) -> Result<(), Refusal> {
    if is_requester(request, by) { Ok(()) } else { Err(Refusal::NotRequester(verb)) }
}

/// An approver of any step, or an administrator. The requester is neither on a request of their own,
/// except as an administrator, who may always take access away.
pub(super) fn in_charge(request: &Request, by: &Person, verb: &'static str) -> Result<(), Refusal> {
    if by.administrator || is_approver(request, by) { Ok(()) } else { Err(Refusal::NotInCharge(verb)) }
}

/// Who gives and takes the access by hand, or an administrator; never the requester.
pub(super) fn in_hand(request: &Request, by: &Person, verb: &'static str) -> Result<(), Refusal> {
    if request.state.grant().is_none_or(|grant| grant.hands().is_none()) {
        Err(Refusal::NotByHand)
    } else if is_requester(request, by) {
        Err(Refusal::OwnHand)
    } else if by.administrator || is_hand(request, by) {
        Ok(())
    } else {
        Err(Refusal::NotInHand(verb))
    }
}

fn is_hand(request: &Request, person: &Person) -> bool {
    request.state.grant().and_then(Grant::hands).is_some_and(|hands| hands.contains(&person.id))
}

fn is_requester(request: &Request, person: &Person) -> bool {
    request.ask.requester == person.id
}

fn is_approver(request: &Request, person: &Person) -> bool {
    !is_requester(request, person) && request.verdict.as_ref().is_some_and(|v| v.names_approver(&person.id))
}
