//! The facts of audit records, as JSON.

use serde_json::{Map, Value, json};

use crate::text::Comment;
use crate::verdict::{OnTimeout, Outcome, Verdict};

use super::means::Means;
use super::state::{Grant, Stage};
use super::terms::Narrowing;

/// Adds the move itself.
pub(super) fn with_stages(body: Value, from: Stage, to: Stage) -> Value {
    let mut map = match body {
        Value::Object(map) => map,
        _ => Map::new(),
    };
    map.insert("from".to_owned(), json!(from.name()));
    map.insert("to".to_owned(), json!(to.name()));
    Value::Object(map)
}

pub(super) fn comment(comment: Option<&Comment>) -> Value {
    comment.map_or(Value::Null, |c| json!(c.as_str()))
}

/// `null` where nothing was narrowed.
pub(super) fn narrowed(by: &Narrowing) -> Value {
    if *by == Narrowing::NONE {
        return Value::Null;
    }
    json!({ "duration": by.duration.map(|d| d.to_string()), "start": by.start.map(|s| s.to_string()) })
}

pub(super) fn grant(grant: &Grant) -> Value {
    let mut facts = json!({
        "started_at": grant.started_at.to_string(),
        "expires_at": grant.expires_at.to_string(),
        "sessions_until": grant.sessions_until().to_string(),
        "standing": grant.standing,
    });
    // Only where it is not the usual: direct assignment.
    let means = match &grant.means {
        Means::Assignment => return facts,
        Means::Membership(group) => json!({ "group": group.to_string() }),
        Means::Hands(people) => json!({ "manual": people.iter().map(ToString::to_string).collect::<Vec<_>>() }),
    };
    if let Some(facts) = facts.as_object_mut() {
        facts.insert("means".to_owned(), means);
    }
    facts
}

pub(super) fn verdict(verdict: &Verdict) -> Value {
    let outcome = match &verdict.outcome {
        Outcome::Denied => json!({ "outcome": "denied" }),
        Outcome::Allowed { flow, steps } => json!({
            "outcome": "allowed",
            "flow": flow,
            "steps": steps.iter().map(|step| json!({
                "name": step.name,
                "approvers": step.approvers.iter().map(ToString::to_string).collect::<Vec<_>>(),
                "quorum": step.quorum,
                "timeout_seconds": step.timeout.as_secs(),
                "then": step.then,
                "on_timeout": on_timeout(step.on_timeout),
                "self_approval": step.self_approval,
                "distinct": step.distinct,
                "comment_on_denial": step.comment_on_denial,
            })).collect::<Vec<_>>(),
        }),
    };
    json!({
        "verdict": outcome,
        "digest": verdict.digest.as_str(),
        "configuration": verdict.configuration,
        "explanation": verdict.explanation,
        "policy": verdict.grounds.policy,
        "permitted_by": verdict.grounds.permitted_by,
        "passed_over": verdict.grounds.passed_over,
        "escalations": verdict.grounds.escalations,
        "facts": verdict.grounds.facts,
    })
}

fn on_timeout(on_timeout: OnTimeout) -> Value {
    match on_timeout {
        OnTimeout::Lapse => json!("lapse"),
        OnTimeout::Deny => json!("deny"),
        OnTimeout::Escalate(next) => json!({ "escalate": next }),
    }
}
