//! Who calls: one way from a verified identity to a person with roles, whatever channel they come through.

use std::sync::Arc;

use curfew_api::Problem;
use curfew_domain::id::UserId;
use curfew_domain::person::Person;
use curfew_domain::time::Timestamp;
use curfew_engine::core::Core;
use curfew_engine::error::{Error, Fault};
use curfew_engine::facts::UserFacts;
use curfew_engine::known::Known;
use curfew_engine::ports::People;
use curfew_policy::directory::Directory;
use serde_json::{Map, Value};

use super::{Call, log};
use crate::environment::{Environment, Unset};

/// Finds out who calls.
pub struct Gate {
    people: Arc<dyn People>,
    claim: String,
    bootstrap: Option<UserId>,
}

/// A caller, and the rules in force.
#[derive(Clone)]
pub struct Caller {
    /// Who.
    pub person: Person,
    /// Configuration and directory, or why there are none.
    pub known: Result<Known, Error>,
}

impl Caller {
    /// The directory, where there is one: for names.
    pub fn directory(&self) -> Option<&Directory> {
        self.known.as_ref().ok().map(|known| known.directory.as_ref())
    }
}

impl Gate {
    /// A gate with the template's settings.
    pub fn new(environment: &Environment, people: Arc<dyn People>) -> Result<Self, Unset> {
        let claim = environment.required("OIDC_USER_CLAIM")?;
        let bootstrap = environment.optional("BOOTSTRAP_ADMINISTRATOR").and_then(|id| UserId::parse(&id).ok());
        Ok(Self { people, claim, bootstrap })
    }

    /// The caller, from the verified token and nothing else.
    pub async fn caller(&self, call: &Call, core: &Core) -> Result<Caller, Problem> {
        let id = self.user_named(self.user_name(call, core.clock.now())?).await?;
        self.returning(id, core).await
    }

    /// The same, for calls that give access: a disabled user has none to give. Calls that remove access do not ask.
    pub async fn enabled_caller(&self, call: &Call, core: &Core) -> Result<Caller, Problem> {
        let name = self.user_name(call, core.clock.now())?;
        let known = Known::load(core).await;
        // Whom the directory knows by this name is asked for by id, which tells at once whether it still is so. The directory
        // may be minutes old, and the name somebody else's by now; then, and without a directory, the name is looked up.
        let listed = known.as_ref().ok().and_then(|known| known.user_named(name)).cloned();
        let mut found = None;
        if let Some(id) = listed {
            found = self.people.user_if_named(&id, name).await.map_err(log)?.map(|facts| (id, facts));
        }
        let (id, facts) = if let Some(found) = found {
            found
        } else {
            let id = self.user_named(name).await?;
            let facts = self.people.user(&id).await.map_err(log)?;
            (id, facts)
        };
        must_be_enabled(facts)?;
        self.known_caller(id, known)
    }

    /// Who signs in with an id token that was verified; they must be enabled now.
    ///
    /// # Errors
    /// The token names nobody, or somebody who is not in the directory, or is disabled; or the directory does not answer.
    pub async fn signing_in(&self, claims: &Map<String, Value>) -> Result<UserId, Problem> {
        let name = claims.get(&self.claim).and_then(Value::as_str).filter(|name| !name.is_empty());
        let id = self.user_named(name.ok_or_else(|| self.nameless())?).await?;
        self.enabled(&id).await?;
        Ok(id)
    }

    /// Who signed in before, with the roles that they have now.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn returning(&self, id: UserId, core: &Core) -> Result<Caller, Problem> {
        self.known_caller(id, Known::load(core).await)
    }

    fn known_caller(&self, id: UserId, known: Result<Known, Error>) -> Result<Caller, Problem> {
        let person = match &known {
            Ok(known) => known.person(id),
            Err(Error::Fault(fault @ Fault::Transient { .. })) => return Err(log(fault.clone())),
            Err(error) => {
                // What cannot be read must not keep people from ending access, nor from mending it; and before anything
                // is published, somebody must be able to publish.
                tracing::error!(%error, "there are no rules to go by");
                Person { administrator: self.bootstrap.as_ref() == Some(&id), auditor: false, id }
            }
        };
        Ok(Caller { person, known })
    }

    /// Asks the directory whether this person is there and not disabled: before anything that gives access.
    ///
    /// # Errors
    /// They are not, or the directory does not answer.
    pub async fn enabled(&self, id: &UserId) -> Result<(), Problem> {
        must_be_enabled(self.people.user(id).await.map_err(log)?)
    }

    async fn user_named(&self, name: &str) -> Result<UserId, Problem> {
        self.people.user_named(name).await.map_err(log)?.ok_or_else(unknown_user)
    }

    /// API Gateway has verified signature, issuer, audience and time. A token without an end is refused here, because
    /// it is not documented that the authorizer refuses it.
    fn user_name<'a>(&self, call: &'a Call, now: Timestamp) -> Result<&'a str, Problem> {
        // The authorizer passes numbers on as texts, and does not document in which form: with an exponent, too.
        let end = call.claims.get("exp").and_then(|exp| exp.parse::<f64>().ok()).filter(|end| end.is_finite());
        #[expect(clippy::cast_precision_loss, reason = "seconds since the epoch are far below 2^53")]
        let seconds = now.as_second() as f64;
        if end.is_none_or(|end| end <= seconds) {
            return Err(unauthenticated("The token is missing, or has expired, or does not say when it expires."));
        }
        let name = call.claims.get(&self.claim).filter(|name| !name.is_empty());
        name.map(String::as_str).ok_or_else(|| self.nameless())
    }

    fn nameless(&self) -> Problem {
        unauthenticated(&format!("The token has no `{}`, which names the user.", self.claim))
    }
}

fn must_be_enabled(facts: UserFacts) -> Result<(), Problem> {
    match facts {
        UserFacts::Enabled => Ok(()),
        UserFacts::Disabled | UserFacts::Unknown => Err(unknown_user()),
    }
}

fn unauthenticated(detail: &str) -> Problem {
    Problem::new(401, "unauthenticated", "Sign in first", detail)
}

fn unknown_user() -> Problem {
    let detail = "The user that the token names is not in the directory, or is disabled.";
    Problem::new(403, "unknown_user", "You are not known here", detail).with_hint("Ask whoever runs your directory.")
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use curfew_domain::origin::Origin;

    use super::*;

    struct Nobody;

    #[async_trait::async_trait]
    impl People for Nobody {
        async fn user(&self, _: &UserId) -> Result<UserFacts, Fault> {
            Ok(UserFacts::Unknown)
        }

        async fn user_if_named(&self, _: &UserId, _: &str) -> Result<Option<UserFacts>, Fault> {
            Ok(None)
        }

        async fn user_named(&self, _: &str) -> Result<Option<UserId>, Fault> {
            Ok(None)
        }
    }

    fn name(claims: &[(&str, &str)]) -> Result<String, &'static str> {
        let gate = Gate { people: Arc::new(Nobody), claim: "sub".to_owned(), bootstrap: None };
        let claims = claims.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let call = Call {
            route: String::new(),
            path: HashMap::new(),
            query: Vec::new(),
            body: Vec::new(),
            idempotency_key: None,
            origin: Origin::default(),
            claims,
            aws_identity: None,
        };
        let now = Timestamp::from_second(1_795_000_000).unwrap();
        gate.user_name(&call, now).map(str::to_owned).map_err(|problem| problem.code)
    }

    #[test]
    fn a_caller_has_a_name_and_a_token_that_ends_later() {
        for end in ["1795000001", "1.795000001E9", "1795000001.5"] {
            assert_eq!(name(&[("sub", "ana"), ("exp", end)]), Ok("ana".to_owned()), "{end}");
        }
        for end in ["1795000000", "1794999999", "-1", "", "never", "NaN", "inf"] {
            assert_eq!(name(&[("sub", "ana"), ("exp", end)]), Err("unauthenticated"), "{end}");
        }
        assert_eq!(name(&[("sub", "ana")]), Err("unauthenticated"), "a token without an end");
        assert_eq!(name(&[("exp", "1795000001")]), Err("unauthenticated"), "a token without a name");
        assert_eq!(name(&[("sub", ""), ("exp", "1795000001")]), Err("unauthenticated"));
        assert_eq!(name(&[("SUB", "ana"), ("exp", "1795000001")]), Err("unauthenticated"));
    }
}
