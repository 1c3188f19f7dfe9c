//! Why access ended, as stored.

use curfew_domain::request::{Cause, EndReason};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum ReasonDoc {
    Expired,
    Returned,
    Revoked,
    AssignmentRemoved,
    UserGone,
    UserDisabled,
    AccountNotActive,
    AccountGone,
    PermissionSetGone,
    ExtendedGrantEnded,
    Failed(String),
    Stray,
}

pub(super) fn reason_doc(reason: &EndReason) -> ReasonDoc {
    match reason {
        EndReason::Expired => ReasonDoc::Expired,
        EndReason::Returned => ReasonDoc::Returned,
        EndReason::Revoked => ReasonDoc::Revoked,
        EndReason::Lost(cause) => match cause {
            Cause::AssignmentRemoved => ReasonDoc::AssignmentRemoved,
            Cause::UserGone => ReasonDoc::UserGone,
            Cause::UserDisabled => ReasonDoc::UserDisabled,
            Cause::AccountNotActive => ReasonDoc::AccountNotActive,
            Cause::AccountGone => ReasonDoc::AccountGone,
            Cause::PermissionSetGone => ReasonDoc::PermissionSetGone,
            Cause::ExtendedGrantEnded => ReasonDoc::ExtendedGrantEnded,
        },
        EndReason::Failed(why) => ReasonDoc::Failed(why.clone()),
        EndReason::Stray => ReasonDoc::Stray,
    }
}

pub(super) fn reason(doc: ReasonDoc) -> EndReason {
    match doc {
        ReasonDoc::Expired => EndReason::Expired,
        ReasonDoc::Returned => EndReason::Returned,
        ReasonDoc::Revoked => EndReason::Revoked,
        ReasonDoc::AssignmentRemoved => EndReason::Lost(Cause::AssignmentRemoved),
        ReasonDoc::UserGone => EndReason::Lost(Cause::UserGone),
        ReasonDoc::UserDisabled => EndReason::Lost(Cause::UserDisabled),
        ReasonDoc::AccountNotActive => EndReason::Lost(Cause::AccountNotActive),
        ReasonDoc::AccountGone => EndReason::Lost(Cause::AccountGone),
        ReasonDoc::PermissionSetGone => EndReason::Lost(Cause::PermissionSetGone),
        ReasonDoc::ExtendedGrantEnded => EndReason::Lost(Cause::ExtendedGrantEnded),
        ReasonDoc::Failed(why) => EndReason::Failed(why),
        ReasonDoc::Stray => EndReason::Stray,
    }
}

#[cfg(test)]
#[test]
fn every_cause_of_a_loss_is_read_as_it_was_written() {
    for cause in Cause::ALL {
        let lost = EndReason::Lost(cause);
        let text = serde_json::to_string(&reason_doc(&lost)).unwrap();
        assert_eq!(text, format!("\"{}\"", cause.name()));
        assert_eq!(reason(serde_json::from_str(&text).unwrap()), lost);
    }
}
