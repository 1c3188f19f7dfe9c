//! Bodies that people send. Unknown and duplicate fields are refused; every mistake names its field.

use curfew_domain::ask::AskDigest;
use curfew_domain::id::{AccountId, PermissionSetArn};
use curfew_domain::request::Answer;
use curfew_domain::text::{Comment, Justification, Ticket};
use curfew_domain::time::{AccessDuration, Timestamp, whole_seconds};
use curfew_engine::decide::Reply;
use curfew_engine::extend::Extension;
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
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LinkDecisionBody {
    decision: String,
    comment: Option<String>,
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

/// A decision made through a link: the reply, and the digest of what was shown.
#[derive(Debug)]
pub struct ConfirmedReply {
    /// Yes or no, and why.
    pub reply: Reply,
    /// What was shown.
    pub digest: AskDigest,
}

/// Body of `POST /v1/requests`.
pub fn wish(body: &[u8]) -> Result<Wish, Problem> {
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
    })
}

/// Body of `POST /v1/requests/{id}/extend`.
pub fn extension(body: &[u8]) -> Result<Extension, Problem> {
    let body: ExtensionBody = parse(body)?;
    Ok(Extension {
        duration: duration(&body.duration)?,
        justification: justification(&body.justification)?,
        ticket: ticket(body.ticket)?,
    })
}

/// Body of `POST /v1/requests/{id}/decisions`.
pub fn decision(body: &[u8]) -> Result<Reply, Problem> {
    let body: DecisionBody = parse(body)?;
    reply(&body.decision, body.comment)
}

/// Body of `POST /a/{link}`.
pub fn link_decision(body: &[u8]) -> Result<ConfirmedReply, Problem> {
    let body: LinkDecisionBody = parse(body)?;
    let digest = AskDigest::parse(&body.digest)
        .ok_or_else(|| Problem::invalid("digest", "expected the digest that `GET` of this link shows"))?;
    Ok(ConfirmedReply { reply: reply(&body.decision, body.comment)?, digest })
}

/// Body of cancel, return and revoke; may be left out.
pub fn comment(body: &[u8]) -> Result<Option<Comment>, Problem> {
    if body.iter().all(u8::is_ascii_whitespace) {
        return Ok(None);
    }
    let body: CommentBody = parse(body)?;
    optional_comment(body.comment)
}

fn reply(decision: &str, comment: Option<String>) -> Result<Reply, Problem> {
    let answer = match decision {
        "approve" => Answer::Approve,
        "deny" => Answer::Deny,
        _ => return Err(Problem::invalid("decision", "expected `approve` or `deny`")),
    };
    Ok(Reply { answer, comment: optional_comment(comment)? })
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
    if body.len() > LIMIT {
        let detail = format!("The body has {} bytes; at most {LIMIT} are read.", body.len());
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
        assert_eq!(decision(br#"{"decision":"approve"}"#).unwrap().answer, Answer::Approve);
        assert_eq!(decision(br#"{"decision":"Approve"}"#).unwrap_err().field.as_deref(), Some("decision"));
        assert_eq!(link_decision(br#"{"decision":"deny"}"#).unwrap_err().code, "missing_field");
        assert!(comment(b"  ").unwrap().is_none());
    }
}
