//! Extend: what an extension finds of the grant that it refers to. Nothing here changes that grant (I10).

use crate::id::{Key, RequestId};
use crate::time::Timestamp;

use super::state::{Cause, EndReason, Request, State};

/// What has become of the grant that an extension is to prolong, when it was looked at. Only `of` makes one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Extended {
    pub(super) request: RequestId,
    pub(super) key: Key,
    pub(super) fate: Fate,
}

/// How a grant stands, as far as an extension of it is concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// It has this end; the extension follows on it.
    Lasts(Timestamp),
    /// Its time was over: the extension begins when it begins.
    Expired,
    /// It was ended otherwise, or never was: the extension must not bring access back.
    Over(&'static str),
}

impl Extended {
    /// What has become of this request's grant.
    pub fn of(request: &Request) -> Self {
        let fate = match &request.state {
            State::Provisioning(grant) | State::Active(grant) => Fate::Lasts(grant.expires_at),
            State::Ending { reason, .. } | State::Ended { reason, .. } => match reason {
                EndReason::Expired => Fate::Expired,
                EndReason::Returned => Fate::Over("was given back"),
                EndReason::Revoked => Fate::Over("was revoked"),
                EndReason::Lost(cause) => Fate::Over(lost(*cause)),
                EndReason::Failed(_) => Fate::Over("could not be created"),
                EndReason::Stray => Fate::Over("was made outside Curfew"),
            },
            State::Failed { .. } => Fate::Over("could not be created"),
            State::Submitted
            | State::AwaitingApproval { .. }
            | State::Approved
            | State::Scheduled { .. }
            | State::Denied
            | State::Cancelled { .. }
            | State::Lapsed => Fate::Over("never began"),
        };
        Self { request: request.ask.id.clone(), key: request.ask.key(), fate }
    }

    /// Why no extension of it may begin, for people.
    pub fn objection(&self) -> Option<String> {
        match self.fate {
            Fate::Over(how) => Some(super::Refusal::NothingToExtend(how).to_string()),
            Fate::Lasts(_) | Fate::Expired => None,
        }
    }
}

/// How a grant was lost, after "it".
fn lost(cause: Cause) -> &'static str {
    match cause {
        Cause::AssignmentRemoved => "was removed outside Curfew",
        Cause::UserGone => "ended because its user is gone",
        Cause::UserDisabled => "ended because its user was disabled",
        Cause::AccountNotActive => "ended because its account is not active",
        Cause::AccountGone => "ended because its account left the organisation",
        Cause::PermissionSetGone => "ended because its permission set was deleted",
        Cause::ExtendedGrantEnded => "ended with the grant that it extended",
    }
}
