//! Errors of the engine as problem documents. The match is total: a new refusal does not compile without its code.

use curfew_domain::request::{Refusal, Stage};
use curfew_domain::review;
use curfew_engine::error::{Error, Fault};
use curfew_engine::submit::Refused;

use crate::problem::Problem;

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        match error {
            Error::Refused(refusal) => refusal.into(),
            Error::Review(refusal) => refusal.into(),
            Error::NotFound => Self::not_found("request"),
            Error::ForeignLink => Self::new(
                403,
                "link_not_yours",
                "This link is for somebody else",
                "This link was made for another approver. It decides nothing for you.",
            )
            .with_hint("If you are an approver too, use your own link, or `GET /v1/approvals`."),
            Error::Busy(_) => Self::new(409, "busy", "Others are changing this request", "Nothing was changed.")
                .with_hint("Try again in a moment."),
            Error::NotConfigured => Self::new(
                503,
                "not_configured",
                "Curfew is not set up yet",
                "No configuration has been published, so nothing can be requested.",
            )
            .with_hint("An administrator publishes one with `PUT /v1/configuration`."),
            Error::NoDirectory => Self::new(
                503,
                "not_configured",
                "Curfew is not set up yet",
                "Accounts, people and permission sets have not been read yet, so nothing can be requested.",
            )
            .with_hint("`sync` reads them soon; an administrator can start it with `POST /v1/directory/sync`."),
            Error::Fault(fault) => fault.into(),
        }
    }
}

impl From<Fault> for Problem {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Transient { .. } => Self::unavailable(),
            Fault::Permanent { .. } => Self::internal(),
        }
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let detail = sentence(&refusal.to_string());
        let forbidden = |code| Self::new(403, code, "You may not do this", detail.clone());
        let conflict = |code| Self::new(409, code, "The request does not allow this now", detail.clone());
        match refusal {
            Refusal::Illegal { stage, command } => illegal(stage, command),
            Refusal::NotRequester(_) => forbidden("not_requester"),
            Refusal::NotInCharge(_) => forbidden("not_in_charge"),
            Refusal::NotRequesterOrManager => forbidden("not_requester_or_manager"),
            Refusal::AlreadyEmergency => conflict("already_emergency"),
            Refusal::NoEmergency => conflict("no_emergency"),
            Refusal::ReviewOwed => conflict("review_owed"),
            Refusal::OwnRequest | Refusal::OwnHand => forbidden("own_request"),
            Refusal::NotInHand(_) => forbidden("not_in_hand"),
            Refusal::NotByHand => conflict("not_by_hand"),
            Refusal::ByHand => conflict("by_hand"),
            Refusal::NotApprover(_) => Self::new(
                403,
                "not_approver",
                "You may not do this",
                "You are not an approver of the present step of this request.",
            ),
            Refusal::AlreadyDecided => conflict("already_decided"),
            Refusal::NotDistinct => forbidden("not_distinct"),
            Refusal::StepOver => conflict("step_over"),
            Refusal::Escalated => conflict("escalated"),
            Refusal::CommentRequired => Self::new(422, "comment_required", "The decision lacks a comment", detail)
                .in_field("comment")
                .with_hint("Say why you deny the request."),
            Refusal::DenialNarrows => Self::new(400, "denial_narrows", "A denial changes nothing", detail)
                .with_hint("Leave `duration` and `start` out, or approve."),
            Refusal::LongerThanAsked(longest) => {
                Self::new(422, "duration_too_long", "The duration is too long", detail)
                    .in_field("duration")
                    .with_hint(format!("Approve at most `{longest}`, or leave `duration` out."))
            }
            Refusal::EarlierThanAsked(_) | Refusal::StartTooFar => {
                Self::new(422, "start_not_possible", "Access cannot start then", detail)
                    .in_field("start")
                    .with_hint("Choose a later start within 90 days, or leave `start` out.")
            }
            Refusal::TimedOut(_) => conflict("timed_out"),
            Refusal::Changed => {
                conflict("digest_mismatch").with_hint("Open the link again, read what it shows, and decide on that.")
            }
            Refusal::NotYetLapsed(_) | Refusal::NotDue(_) | Refusal::Overdue(_) | Refusal::NotStarted(_) => {
                conflict("not_now")
            }
            Refusal::NothingToExtend(_) => conflict("nothing_to_extend"),
            Refusal::NotApproved | Refusal::NoApprover(_) | Refusal::NotForward(_) => conflict("not_approved"),
        }
    }
}

/// What a person tried on a request that stands elsewhere.
fn illegal(stage: Stage, command: &str) -> Problem {
    let (code, why) = match stage {
        Stage::Submitted => ("not_yet_evaluated", "policy has not judged it yet"),
        Stage::AwaitingApproval => ("awaiting_approval", "it waits for approval"),
        Stage::Approved | Stage::Scheduled | Stage::Provisioning | Stage::Active if command == "decide" => {
            ("already_decided", "it has been approved already")
        }
        Stage::Provisioning if command == "cancel" => {
            ("provisioning", "its access is being created; give it back with `return`")
        }
        Stage::Approved | Stage::Scheduled | Stage::Provisioning => ("not_active", "its access has not begun"),
        Stage::Active => ("active", "its access is active; give it back with `return`"),
        Stage::Ending => ("ending", "its access is being removed already"),
        Stage::Ended => ("ended", "its access has ended"),
        Stage::Denied => ("denied", "it has been denied"),
        Stage::Cancelled => ("cancelled", "it has been cancelled"),
        Stage::Lapsed => ("timed_out", "nobody decided in time and it has lapsed"),
        Stage::Failed => ("failed", "it has failed"),
    };
    let detail = format!("You cannot {command} this request: {why}. Nothing was changed.");
    Problem::new(409, code, "The request does not allow this now", detail)
}

impl From<review::Refusal> for Problem {
    fn from(refusal: review::Refusal) -> Self {
        let detail = sentence(&refusal.to_string());
        let forbidden = |code| Self::new(403, code, "You may not do this", detail.clone());
        let conflict = |code| Self::new(409, code, "The review does not allow this now", detail.clone());
        match refusal {
            review::Refusal::OwnAccess => forbidden("own_request"),
            review::Refusal::NotReviewer => forbidden("not_reviewer"),
            review::Refusal::Answered => conflict("already_reviewed"),
            review::Refusal::NotOverdue(_) | review::Refusal::Announced => conflict("not_now"),
        }
    }
}

impl From<Refused> for Problem {
    fn from(refused: Refused) -> Self {
        let detail = sentence(&refused.to_string());
        match refused {
            Refused::UnknownEntitlement => Self::new(422, "unknown_entitlement", "This cannot be requested", detail)
                .in_field("permission_set")
                .with_hint("`GET /v1/entitlements` lists what you may request."),
            Refused::TooLong(max) => Self::new(422, "duration_too_long", "The duration is too long", detail)
                .in_field("duration")
                .with_hint(format!("Ask for at most `{max}`.")),
            Refused::NotOffered => Self::new(422, "unknown_entitlement", "This cannot be requested", detail)
                .with_hint("`GET /v1/entitlements` lists what you may request."),
            Refused::ExtensionTooLong { longest, .. } => {
                let hint = match longest {
                    Some(longest) => format!("The longest extension that is possible now is `{longest}`."),
                    None => "No extension is possible yet: the shortest is one minute. Try again later.".to_owned(),
                };
                Self::new(400, "extension_too_long", "The extension is too long", detail)
                    .in_field("duration")
                    .with_hint(hint)
            }
            Refused::AlreadyExtended { active, .. } => {
                let hint = if active { "Extend that one instead." } else { "Wait until it is decided, or cancel it." };
                Self::new(409, "already_extended", "The request does not allow this now", detail).with_hint(hint)
            }
            Refused::StartInPast | Refused::StartTooFar => Self::invalid("start", refused),
            Refused::KeyReused => {
                Self::new(422, "idempotency_key_reused", "This Idempotency-Key belongs to another request", detail)
                    .in_field("Idempotency-Key")
                    .with_hint("Use a new key for a new request.")
            }
            Refused::Error(error) => error.into(),
        }
    }
}

/// A message as a sentence.
fn sentence(message: &str) -> String {
    let mut chars = message.chars();
    let first: String = chars.next().into_iter().flat_map(char::to_uppercase).collect();
    format!("{first}{}.", chars.as_str())
}
