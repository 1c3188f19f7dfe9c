//! Bodies that people send. Unknown and duplicate fields are refused; every mistake names its field.

use curfew_domain::ask::AskDigest;
use curfew_domain::id::{AccountId, PermissionSetArn};
use curfew_domain::origin::Origin;
use curfew_domain::request::{Answer, Narrowing};
use curfew_domain::review::Finding;
use curfew_domain::text::{Comment, Justification, Ticket};
use curfew_domain::time::{AccessDuration, Timestamp, whole_seconds};
use curfew_engine::decide::Reply;
use curfew_engine::escalate::Urgency;
use curfew_engine::extend::Extension;
use curfew_engine::review::Judgement;
use curfew_engine::submit::Wish;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::problem::Problem;

/// Largest body, in bytes. Every text inside has a bound of its own, far below.
const LIMIT: usize = 256 * 1024;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WishBody {
    account: String,
    permission_set: String,
    duration: String,
    justification: String,
    ticket: Option<String>,
    start: Option<String>,
    #[serde(default)]
    emergency: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DecisionBody {
    decision: String,
    comment: Option<String>,
    duration: Option<String>,
    start: Option<String>,
    digest: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LinkDecisionBody {
    decision: String,
    comment: Option<String>,
    duration: Option<String>,
    start: Option<String>,
    digest: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CommentBody {
    comment: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ExtensionBody {
    duration: String,
    justification: String,
    ticket: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct UrgencyBody {
    justification: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct JudgementBody {
    finding: String,
    comment: String,
}

/// A decision: the reply, and the digest of what was shown.
#[derive(Debug)]
pub struct Decided<D> {
    /// Yes or no, and why.
    pub reply: Reply,
    /// What was shown.
    pub digest: D,
}

/// Body of `POST /v1/requests`, from there.
pub fn wish(body: &[u8], origin: Origin) -> Result<Wish, Problem> {
    let body: WishBody = parse(body)?;
    Ok(Wish {
        account: AccountId::parse(&body.account).map_err(|e| Problem::invalid("account", e))?,
        permission_set: PermissionSetArn::parse(&body.permission_set)
            .map_err(|e| Problem::invalid("permission_set", e))?,
        duration: duration(&body.duration)?,
        justification: justification(&body.justification)?,
        ticket: ticket(body.ticket)?,
        start: body.start.as_deref().map(start).transpose()?,
        emergency: body.emergency,
        origin,
    })
}

/// Body of `POST /v1/requests/{id}/escalate`, from there; may be left out.
pub fn urgency(body: &[u8], origin: Origin) -> Result<Urgency, Problem> {
    if is_blank(body) {
        return Ok(Urgency { justification: None, origin });
    }
    let body: UrgencyBody = parse(body)?;
    Ok(Urgency { justification: body.justification.as_deref().map(justification).transpose()?, origin })
}

/// Body of `POST /v1/requests/{id}/review`.
pub fn judgement(body: &[u8]) -> Result<Judgement, Problem> {
    let body: JudgementBody = parse(body)?;
    let finding = Finding::parse(&body.finding)
        .ok_or_else(|| Problem::invalid("finding", "expected `justified` or `not_justified`"))?;
    Ok(Judgement { finding, comment: Comment::parse(&body.comment).map_err(|e| Problem::invalid("comment", e))? })
}

/// Body of `POST /v1/requests/{id}/extend`, from there.
pub fn extension(body: &[u8], origin: Origin) -> Result<Extension, Problem> {
    let body: ExtensionBody = parse(body)?;
    Ok(Extension {
        duration: duration(&body.duration)?,
        justification: justification(&body.justification)?,
        ticket: ticket(body.ticket)?,
        origin,
    })
}

/// Body of `POST /v1/requests/{id}/decisions`. Who has looked at the request before sends its digest, too.
pub fn decision(body: &[u8]) -> Result<Decided<Option<AskDigest>>, Problem> {
    let body: DecisionBody = parse(body)?;
    let digest = body.digest.as_deref().map(|text| digest(text, "the digest of the request that was shown"));
    let narrowed = narrowing(body.duration.as_deref(), body.start.as_deref())?;
    Ok(Decided { reply: reply(&body.decision, body.comment, narrowed)?, digest: digest.transpose()? })
}

/// Body of `POST /v1/links/{link}`.
pub fn link_decision(body: &[u8]) -> Result<Decided<AskDigest>, Problem> {
    let body: LinkDecisionBody = parse(body)?;
    let digest = digest(&body.digest, "the digest that `GET` of this link shows")?;
    let narrowed = narrowing(body.duration.as_deref(), body.start.as_deref())?;
    Ok(Decided { reply: reply(&body.decision, body.comment, narrowed)?, digest })
}

fn digest(text: &str, expected: &str) -> Result<AskDigest, Problem> {
    AskDigest::parse(text).ok_or_else(|| Problem::invalid("digest", format!("expected {expected}")))
}

fn narrowing(shorter: Option<&str>, later: Option<&str>) -> Result<Narrowing, Problem> {
    Ok(Narrowing { duration: shorter.map(duration).transpose()?, start: later.map(start).transpose()? })
}

/// Body of cancel, return and revoke; may be left out.
pub fn comment(body: &[u8]) -> Result<Option<Comment>, Problem> {
    if is_blank(body) {
        return Ok(None);
    }
    let body: CommentBody = parse(body)?;
    optional_comment(body.comment)
}

fn is_blank(body: &[u8]) -> bool {
    body.iter().all(u8::is_ascii_whitespace)
}

fn reply(decision: &str, comment: Option<String>, narrowed: Narrowing) -> Result<Reply, Problem> {
    let answer = match decision {
        "approve" => Answer::Approve,
        "deny" => Answer::Deny,
        _ => return Err(Problem::invalid("decision", "expected `approve` or `deny`")),
    };
    Ok(Reply { answer, comment: optional_comment(comment)?, narrowed })
}

fn optional_comment(comment: Option<String>) -> Result<Option<Comment>, Problem> {
    comment.map(|c| Comment::parse(&c).map_err(|e| Problem::invalid("comment", e))).transpose()
}

fn duration(text: &str) -> Result<AccessDuration, Problem> {
    AccessDuration::parse(text).map_err(|e| Problem::invalid("duration", e))
}

fn justification(text: &str) -> Result<Justification, Problem> {
    Justification::parse(text).map_err(|e| Problem::invalid("justification", e))
}

fn ticket(text: Option<String>) -> Result<Option<Ticket>, Problem> {
    text.map(|t| Ticket::parse(&t).map_err(|e| Problem::invalid("ticket", e))).transpose()
}

fn start(text: &str) -> Result<Timestamp, Problem> {
    let at: Timestamp = text
        .parse()
        .map_err(|_| Problem::invalid("start", "expected an RFC 3339 instant such as `2026-11-23T09:00:00Z`"))?;
    Ok(whole_seconds(at))
}

pub(crate) fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    parse_within(body, LIMIT)
}

/// Reads an object of at most so many bytes.
pub(crate) fn parse_within<T: DeserializeOwned>(body: &[u8], limit: usize) -> Result<T, Problem> {
    if body.len() > limit {
        let detail = format!("The body has {} bytes; at most {limit} are read.", body.len());
        return Err(Problem::new(413, "body_too_large", "The body is too large", detail));
    }
    // serde would take the values of an array for the fields of the object.
    if body.trim_ascii_start().first() != Some(&b'{') {
        return Err(no_object(body));
    }
    let mut json = serde_json::Deserializer::from_slice(body);
    let value = serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let path = error.path().to_string();
        explain(&error.into_inner(), &path)
    })?;
    json.end().map_err(|error| explain(&error, "."))?;
    Ok(value)
}

fn no_object(body: &[u8]) -> Problem {
    match serde_json::from_slice::<serde::de::IgnoredAny>(body) {
        Ok(_) => Problem::new(400, "not_an_object", "The body is not a JSON object", "Send the fields in braces."),
        Err(error) => explain(&error, "."),
    }
}

fn explain(error: &serde_json::Error, path: &str) -> Problem {
    let detail = error.to_string();
    if !error.is_data() {
        return Problem::new(400, "malformed_json", "The body is not JSON", detail);
    }
    let (code, title) = match detail.split(" field `").next() {
        Some("unknown") => ("unknown_field", "The body has a field that is not known here"),
        Some("duplicate") => ("duplicate_field", "The body has a field twice"),
        Some("missing") => ("missing_field", "The body lacks a field"),
        _ => ("invalid_field", "A field has a value that it cannot take"),
    };
    let named = detail.split('`').nth(1).filter(|_| code != "invalid_field").map(str::to_owned);
    let field = named.or_else(|| (path != ".").then(|| path.to_owned()));
    let problem = Problem::new(400, code, title, detail);
    match field {
        Some(field) => problem.in_field(field),
        None => problem,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wish(body: &[u8]) -> Result<Wish, Problem> {
        super::wish(body, Origin::default())
    }

    fn extension(body: &[u8]) -> Result<Extension, Problem> {
        super::extension(body, Origin::default())
    }

    fn body(change: &str) -> String {
        let base = r#"{"account":"111122223333","permission_set":"arn:aws:sso:::permissionSet/ssoins-1111222233334444/ps-1111222233334444","duration":"PT1H","justification":"because"}"#;
        change.split_once("=>").map_or_else(
            || base.to_owned(),
            |(from, to)| {
                assert!(base.contains(from), "{from}");
                base.replacen(from, to, 1)
            },
        )
    }

    #[test]
    fn each_mistake_has_its_code_and_names_its_field() {
        assert!(wish(body("").as_bytes()).is_ok());
        let cases = [
            ("\"account\":=>\"acount\":", "unknown_field", Some("acount")),
            ("{=>{\"account\":\"1\",", "duplicate_field", Some("account")),
            ("\"duration\":\"PT1H\",=>", "missing_field", Some("duration")),
            ("\"PT1H\"=>3600", "invalid_field", Some("duration")),
            ("\"PT1H\"=>\"PT0S\"", "invalid_field", Some("duration")),
            ("111122223333=>prod", "invalid_field", Some("account")),
            ("because=>", "invalid_field", Some("justification")),
            ("because=>a\\u0000b", "invalid_field", Some("justification")),
            ("}=>,\"start\":\"tomorrow\"}", "invalid_field", Some("start")),
            ("}=>,\"emergency\":\"yes\"}", "invalid_field", Some("emergency")),
            ("}=>", "malformed_json", None),
            ("}=>} {}", "malformed_json", None),
            ("{=>[", "malformed_json", None),
        ];
        for (change, code, field) in cases {
            let problem = wish(body(change).as_bytes()).unwrap_err();
            assert_eq!((problem.code, problem.field.as_deref()), (code, field), "{change}: {problem:?}");
            assert_eq!(problem.status, 400);
        }
        let identity = wish(body("}=>,\"requester\":\"somebody\"}").as_bytes()).unwrap_err();
        assert_eq!(identity.code, "unknown_field", "nobody names the requester in a body");
        assert_eq!(wish(br#"["1","2","PT1H","because",null,null,false]"#).unwrap_err().code, "not_an_object");
        assert_eq!(wish(b" null").unwrap_err().code, "not_an_object");
        assert_eq!(wish(&vec![b' '; LIMIT + 1]).unwrap_err().code, "body_too_large");
        assert_eq!(wish(b"").unwrap_err().code, "malformed_json");
        assert_eq!(wish(b"\xff\xfe").unwrap_err().code, "malformed_json");
    }

    #[test]
    fn an_extension_says_how_long_and_why_and_nothing_else() {
        let good = r#"{"duration":"PT1H","justification":"because","ticket":"OPS-1"}"#;
        assert_eq!(extension(good.as_bytes()).unwrap().duration.seconds(), 3_600);
        let cases = [
            ("\"PT1H\"", "\"1h\"", "invalid_field", "duration"),
            ("because", "", "invalid_field", "justification"),
            ("\"OPS-1\"", "7", "invalid_field", "ticket"),
            ("\"duration\":\"PT1H\",", "", "missing_field", "duration"),
            ("ticket", "start", "unknown_field", "start"),
            ("ticket", "account", "unknown_field", "account"),
        ];
        for (from, to, code, field) in cases {
            let problem = extension(good.replacen(from, to, 1).as_bytes()).unwrap_err();
            assert_eq!((problem.code, problem.field.as_deref()), (code, Some(field)), "{from} => {to}");
        }
    }

    #[test]
    fn a_decision_is_one_of_two_words() {
        assert_eq!(decision(br#"{"decision":"approve"}"#).unwrap().reply.answer, Answer::Approve);
        assert_eq!(decision(br#"{"decision":"Approve"}"#).unwrap_err().field.as_deref(), Some("decision"));
        assert_eq!(link_decision(br#"{"decision":"deny"}"#).unwrap_err().code, "missing_field");
        assert!(comment(b"  ").unwrap().is_none());
    }

    #[test]
    fn an_emergency_may_say_why_and_a_review_must() {
        let urgency = |body: &str| super::urgency(body.as_bytes(), Origin::default());
        assert_eq!(urgency(" ").unwrap().justification, None);
        let why = urgency(r#"{"justification":"the shop is down"}"#).unwrap().justification;
        assert_eq!(why.unwrap().as_str(), "the shop is down");
        assert_eq!(urgency(r#"{"justification":""}"#).unwrap_err().field.as_deref(), Some("justification"));
        assert!(judgement(br#"{"finding":"not_justified","comment":"no incident"}"#).is_ok());
        for (body, field) in [
            (r#"{"finding":"justified"}"#, "comment"),
            (r#"{"finding":"justified","comment":" "}"#, "comment"),
            (r#"{"finding":"fine","comment":"because"}"#, "finding"),
        ] {
            assert_eq!(judgement(body.as_bytes()).unwrap_err().field.as_deref(), Some(field), "{body}");
        }
    }

    #[test]
    fn a_decision_may_narrow_what_was_asked_for() {
        let narrowed = decision(br#"{"decision":"approve","duration":"PT30M","start":"2026-11-23T09:00:00.9Z"}"#);
        let narrowed = narrowed.unwrap().reply.narrowed;
        assert_eq!(narrowed.duration.unwrap().seconds(), 1_800);
        assert_eq!(narrowed.start.unwrap().to_string(), "2026-11-23T09:00:00Z");
        for (field, value) in [("duration", "PT0S"), ("start", "later"), ("digest", "abc")] {
            let body = format!(r#"{{"decision":"approve","{field}":"{value}"}}"#);
            assert_eq!(decision(body.as_bytes()).unwrap_err().field.as_deref(), Some(field));
        }
    }
}
