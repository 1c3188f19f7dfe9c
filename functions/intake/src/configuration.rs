//! Calls about the configuration: who may publish, what is published, and what was.

use curfew_api::{
    ConfigurationView, PUBLICATIONS, Problem, PublicationsView, PublishedView, change, publications_query,
};
use curfew_engine::publish::{Outcome, publish, published, roll_back, second};
use curfew_lambda::http::{Call, HttpAnswer, json, log};
use curfew_policy::bundle::Version;

use crate::Intake;

impl Intake {
    pub(crate) async fn publish(&self, call: &Call) -> Result<HttpAnswer, Problem> {
        let by = self.administrator(call).await?;
        self.put(call, by).await
    }

    /// The same for a pipeline with AWS credentials: API Gateway has checked the signature and that the identity may
    /// call this route.
    pub(crate) async fn publish_from_ci(&self, call: &Call) -> Result<HttpAnswer, Problem> {
        let identity = call.aws_identity().ok_or_else(|| {
            Problem::new(401, "unauthenticated", "Sign in first", "The call is not signed by an AWS identity.")
        })?;
        self.put(call, identity.to_owned()).await
    }

    async fn put(&self, call: &Call, by: String) -> Result<HttpAnswer, Problem> {
        answer(&publish(&self.core, change(&call.body, by)?).await.map_err(log)?)
    }

    pub(crate) async fn second(&self, call: &Call) -> Result<HttpAnswer, Problem> {
        let by = self.administrator(call).await?;
        let version = path_version(call)?;
        answer(&second(&self.core, &version, by).await.map_err(log)?)
    }

    pub(crate) async fn roll_back(&self, call: &Call) -> Result<HttpAnswer, Problem> {
        let by = self.administrator(call).await?;
        let wish = curfew_api::rollback(&call.body)?;
        let outcome = roll_back(&self.core, &wish.to, wish.based_on, wish.comment, by).await.map_err(log)?;
        answer(&outcome)
    }

    pub(crate) async fn configuration(&self, call: &Call) -> Result<HttpAnswer, Problem> {
        self.reader(call).await?;
        let (publication, bundle) = published(&self.core).await.map_err(log)?;
        json(200, &ConfigurationView::new(Some(&publication), &bundle))
    }

    pub(crate) async fn publications(&self, call: &Call) -> Result<HttpAnswer, Problem> {
        self.reader(call).await?;
        let parameters = call.query.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let before = publications_query(parameters)?;
        let page = self.core.store.publications(before, PUBLICATIONS).await.map_err(log)?;
        json(200, &PublicationsView::new(&page))
    }

    pub(crate) async fn version(&self, call: &Call) -> Result<HttpAnswer, Problem> {
        self.reader(call).await?;
        let version = path_version(call)?;
        let bundle = self.core.store.bundle(&version).await.map_err(log)?;
        let bundle = bundle.ok_or_else(|| Problem::not_found("version"))?;
        let present = self.core.store.in_force().await.map_err(log)?;
        json(200, &ConfigurationView::new(present.as_ref().filter(|present| present.version == version), &bundle))
    }

    /// The caller, who must be an administrator.
    async fn administrator(&self, call: &Call) -> Result<String, Problem> {
        let caller = self.gate.enabled_caller(call, &self.core).await?;
        if caller.person.administrator { Ok(format!("user:{}", caller.person.id)) } else { Err(not_administrator()) }
    }

    async fn reader(&self, call: &Call) -> Result<(), Problem> {
        let caller = self.gate.caller(call, &self.core).await?;
        if caller.person.administrator || caller.person.auditor { Ok(()) } else { Err(not_administrator()) }
    }
}

fn answer(outcome: &Outcome) -> Result<HttpAnswer, Problem> {
    json(200, &PublishedView::from(outcome))
}

fn path_version(call: &Call) -> Result<Version, Problem> {
    call.part("version").and_then(Version::parse).ok_or_else(|| Problem::not_found("version"))
}

fn not_administrator() -> Problem {
    let detail = "Only administrators publish the configuration; auditors read it.";
    Problem::new(403, "not_administrator", "You may not do this", detail)
}
