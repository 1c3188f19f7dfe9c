//! Versions of the configuration: what is in them, and publishing one again.

use curfew_api::Problem;
use curfew_domain::text::Comment;
use curfew_engine::publish::{NotPublished, Outcome, Proposal, Publication, roll_back, second};
use curfew_lambda::http::log;
use curfew_policy::Version;
use curfew_web::forms::{BASED_ON, COMMENT, FILE};
use curfew_web::routes;
use curfew_web::views::{VersionLine, VersionView};

use super::Shown;
use crate::Console;
use crate::frame::Said;
use crate::names::Names;
use crate::reply::Reply;
use crate::sign_in::Call;

/// Publications among which a version and the one before it are looked for.
const LOOKED_AT: u32 = 200;

impl Console {
    /// The files of a version, and what changed with it.
    pub(super) async fn version(&self, call: &Call<'_>) -> Shown {
        call.overseer()?;
        let (store, wanted) = (&self.core.store, path_version(call)?);
        let missing = || Problem::not_found("version");
        let bundle = store.bundle(&wanted).await.map_err(log)?.ok_or_else(missing)?;
        let present = store.in_force().await.map_err(log)?;
        let all = store.publications(None, LOOKED_AT).await.map_err(log)?;
        let act = all.iter().position(|publication| publication.version == wanted);
        let (line, before) = if let Some(at) = act {
            let line = all.get(at).map(|publication| published(publication, call.names())).ok_or_else(missing)?;
            (line, all.get(at + 1).map(|publication| publication.version.clone()))
        } else {
            let proposal = store.proposal(&wanted).await.map_err(log)?.ok_or_else(missing)?;
            (proposed(&proposal, call), proposal.based_on)
        };
        let before = match before {
            None => None,
            Some(version) => {
                let bundle = store.bundle(&version).await.map_err(log)?;
                bundle.map(|bundle| (version.to_string(), bundle.files().clone()))
            }
        };
        let current = present.is_some_and(|present| present.version == wanted);
        let view = VersionView {
            may_roll_back: call.caller.person.administrator && !current && act.is_some(),
            current,
            line,
            files: bundle.files().clone(),
            before,
            file: Some(call.visit.parameter(FILE).to_owned()).filter(|file| !file.is_empty()),
        };
        Ok(self.page(call, 200, |frame| curfew_web::version(frame, &view)))
    }

    /// Agrees to what another administrator proposed.
    pub(super) async fn second(&self, call: &Call<'_>) -> Shown {
        let by = call.administrator()?;
        self.gate.enabled(&call.caller.person.id).await?;
        let version = path_version(call)?;
        self.put(second(&self.core, &version, by).await)
    }

    /// Publishes a version again.
    pub(super) async fn roll_back(&self, call: &Call<'_>) -> Shown {
        let by = call.administrator()?;
        self.gate.enabled(&call.caller.person.id).await?;
        let (version, based_on) = (path_version(call)?, Version::parse(call.form.get(BASED_ON)));
        let comment = call.form.text(COMMENT).map(|text| Comment::parse(&text)).transpose();
        let comment = comment.map_err(|error| Problem::invalid(COMMENT, error))?;
        self.put(roll_back(&self.core, &version, based_on, comment, by).await)
    }

    fn put(&self, outcome: Result<Outcome, NotPublished>) -> Shown {
        let said = match outcome.map_err(log)? {
            Outcome::Published(_) => Said::Published,
            Outcome::AwaitingSecond(_) => Said::Proposed,
        };
        Ok(Reply::see(routes::SETUP).with_cookie(said.cookie(self)))
    }
}

fn path_version(call: &Call<'_>) -> Result<Version, Problem> {
    call.visit.part("version").and_then(Version::parse).ok_or_else(|| Problem::not_found("version"))
}

/// An act of publishing.
pub(super) fn published(publication: &Publication, names: Names<'_>) -> VersionLine {
    VersionLine {
        version: publication.version.to_string(),
        number: Some(publication.number),
        by: names.actor(&publication.by),
        seconded_by: publication.seconded_by.as_ref().map(|by| names.actor(by)),
        at: publication.at,
        comment: publication.comment.as_ref().map(ToString::to_string),
        may_second: false,
    }
}

/// What waits for a second administrator.
pub(super) fn proposed(proposal: &Proposal, call: &Call<'_>) -> VersionLine {
    let person = &call.caller.person;
    VersionLine {
        version: proposal.version.to_string(),
        number: None,
        by: call.names().actor(&proposal.by),
        seconded_by: None,
        at: proposal.at,
        comment: proposal.comment.as_ref().map(ToString::to_string),
        may_second: person.administrator && proposal.by != format!("user:{}", person.id),
    }
}
