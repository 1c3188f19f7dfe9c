//! The configuration on the wire: what is published, by whom, and what is wrong with it.

use std::collections::BTreeMap;

use curfew_domain::text::Comment;
use curfew_engine::publish::{Change, NotPublished, Outcome, Publication};
use curfew_policy::bundle::{Bundle, Version};
use serde::{Deserialize, Serialize};

use crate::body::parse_within;
use crate::problem::Problem;

/// Largest body of a publication, in bytes: API Gateway and Lambda take 6 MB (Lambda developer guide, "Quotas"), in which
/// the JSON form of the files must fit.
const LIMIT: usize = 6_000_000;
/// Publications on a page.
pub const PUBLICATIONS: u32 = 50;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ChangeBody {
    files: BTreeMap<String, String>,
    based_on: Option<String>,
    comment: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RollbackBody {
    version: String,
    based_on: Option<String>,
    comment: Option<String>,
}

/// A wish to publish an earlier version again.
#[derive(Debug)]
pub struct Rollback {
    /// Which one.
    pub to: Version,
    /// What the caller believes to be in force.
    pub based_on: Option<Version>,
    /// Why.
    pub comment: Option<Comment>,
}

/// One act of publishing, with what it published.
#[derive(Debug, Serialize)]
pub(crate) struct PublicationView {
    version: String,
    #[serde(flatten)]
    act: ActView,
}

/// One act of publishing.
#[derive(Debug, Serialize)]
struct ActView {
    number: u64,
    by: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    seconded_by: Option<String>,
    at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    comment: Option<String>,
}

/// A version with its files.
#[derive(Debug, Serialize)]
pub struct ConfigurationView {
    version: String,
    /// The publication; none for a version that was only proposed.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    publication: Option<ActView>,
    files: BTreeMap<String, String>,
}

/// Publications, the newest first.
#[derive(Debug, Serialize)]
pub struct PublicationsView {
    items: Vec<PublicationView>,
    /// Where the next page begins: its `before`; none at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<u64>,
}

/// The answer to publishing.
#[derive(Debug, Serialize)]
pub struct PublishedView {
    version: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    number: Option<u64>,
    state: &'static str,
}

/// Body of `PUT /v1/configuration`.
pub fn change(body: &[u8], by: String) -> Result<Change, Problem> {
    let body: ChangeBody = parse_within(body, LIMIT)?;
    let bundle = Bundle::new(body.files).map_err(|error| Problem::invalid("files", error))?;
    Ok(Change { bundle, based_on: version("based_on", body.based_on)?, comment: comment(body.comment)?, by })
}

/// Body of `POST /v1/configuration/rollback`.
pub fn rollback(body: &[u8]) -> Result<Rollback, Problem> {
    let body: RollbackBody = parse_within(body, LIMIT)?;
    let to = Version::parse(&body.version).ok_or_else(|| no_version("version"))?;
    Ok(Rollback { to, based_on: version("based_on", body.based_on)?, comment: comment(body.comment)? })
}

/// Query string of `GET /v1/configuration/versions`.
pub fn publications_query<'a>(parameters: impl Iterator<Item = (&'a str, &'a str)>) -> Result<Option<u64>, Problem> {
    let mut before = None;
    for (name, value) in parameters {
        let number = value.parse().ok().filter(|_| name == "before");
        before = Some(number.ok_or_else(|| Problem::invalid(name, "there is `before` only, a number"))?);
    }
    Ok(before)
}

fn version(field: &str, text: Option<String>) -> Result<Option<Version>, Problem> {
    text.map(|text| Version::parse(&text).ok_or_else(|| no_version(field))).transpose()
}

fn no_version(field: &str) -> Problem {
    Problem::invalid(
        field,
        "expected a version of 16 hexadecimal digits, as `GET /v1/configuration/versions` lists them",
    )
}

fn comment(text: Option<String>) -> Result<Option<Comment>, Problem> {
    text.map(|text| Comment::parse(&text)).transpose().map_err(|error| Problem::invalid("comment", error))
}

impl From<&Publication> for PublicationView {
    fn from(publication: &Publication) -> Self {
        Self { version: publication.version.to_string(), act: publication.into() }
    }
}

impl From<&Publication> for ActView {
    fn from(publication: &Publication) -> Self {
        Self {
            number: publication.number,
            by: publication.by.clone(),
            seconded_by: publication.seconded_by.clone(),
            at: publication.at.to_string(),
            comment: publication.comment.as_ref().map(ToString::to_string),
        }
    }
}

impl ConfigurationView {
    /// A version with its files, and its publication if it is the one in force.
    pub fn new(publication: Option<&Publication>, bundle: &Bundle) -> Self {
        Self {
            version: bundle.version().to_string(),
            publication: publication.map(ActView::from),
            files: bundle.files().clone(),
        }
    }
}

impl PublicationsView {
    /// A page.
    pub fn new(publications: &[Publication]) -> Self {
        let full = publications.len() == PUBLICATIONS as usize;
        let next = publications.last().map(|last| last.number).filter(|number| full && *number > 1);
        Self { items: publications.iter().map(PublicationView::from).collect(), next }
    }
}

impl From<&Outcome> for PublishedView {
    fn from(outcome: &Outcome) -> Self {
        match outcome {
            Outcome::Published(publication) => {
                Self { version: publication.version.to_string(), number: Some(publication.number), state: "published" }
            }
            Outcome::AwaitingSecond(proposal) => {
                Self { version: proposal.version.to_string(), number: None, state: "awaiting_second" }
            }
        }
    }
}

impl From<NotPublished> for Problem {
    fn from(error: NotPublished) -> Self {
        let detail = error.to_string();
        match error {
            NotPublished::Invalid(mistakes) => {
                let list: Vec<String> = mistakes.iter().map(ToString::to_string).collect();
                Self::new(422, "invalid_configuration", "The configuration has mistakes", list.join("\n"))
                    .with_hint("Nothing was published; the present configuration stays.")
                    .with_problems(mistakes)
            }
            NotPublished::Moved(_) => {
                Self::new(409, "configuration_moved", "The configuration has changed meanwhile", format!("{detail}."))
                    .with_hint("Look at what was published, bring your change up to date, and publish again.")
            }
            NotPublished::UnknownVersion(_) => Self::new(404, "not_found", "Not found", format!("{detail}."))
                .with_hint("`GET /v1/configuration/versions` lists what was published."),
            NotPublished::OwnProposal => Self::new(403, "own_proposal", "You may not do this", format!("{detail}.")),
            NotPublished::Fault(fault) => fault.into(),
        }
    }
}
