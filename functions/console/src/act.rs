//! Forms, carried out by the verbs that the HTTP API uses. A form becomes the body that the API would get, so that both
//! are read, bounded and refused by the same code.

use curfew_api::Problem;
use curfew_domain::id::{LinkId, RequestId};
use curfew_domain::request::Request;
use curfew_engine::decide::{decide, decide_by_link};
use curfew_engine::end::{Ending, end};
use curfew_engine::error::Error;
use curfew_engine::escalate::escalate;
use curfew_engine::extend::extend;
use curfew_engine::hands::{Task, handled};
use curfew_engine::known::Reviewing;
use curfew_engine::review::answer;
use curfew_engine::submit::submit;
use curfew_lambda::http::log;
use curfew_web::forms::{self, Action};
use curfew_web::routes;
use curfew_web::views::{Errors, FieldError, Sent, Trouble};
use serde_json::{Map, Value, json};

use crate::Console;
use crate::frame::Said;
use crate::pages::{Entered, Shown, approval_link, entitlement, read_duration};
use crate::reply::Reply;
use crate::sign_in::Call;
use crate::trouble::sentence;
use crate::visit::Form;

/// Why a form was not carried out: at its fields, or for a reason of its own.
#[derive(Debug)]
pub(crate) enum Refused {
    /// A field does not say what it should.
    Field(FieldError),
    /// The engine said no.
    Problem(Problem),
}

impl From<FieldError> for Refused {
    fn from(error: FieldError) -> Self {
        Self::Field(error)
    }
}

impl From<Problem> for Refused {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

impl Refused {
    fn errors(self, form: &Form) -> Errors {
        match self {
            Self::Field(error) => Errors { fields: vec![error], whole: None },
            Self::Problem(problem) => match problem.field.as_deref() {
                // Said in words of their own: the mistake is there.
                Some(forms::DURATION) if form.get(forms::DURATION) == forms::CUSTOM => {
                    Errors::at(forms::CUSTOM_DURATION, sentence(&problem))
                }
                Some(field) => Errors::at(field, sentence(&problem)),
                None => Errors::whole(sentence(&problem)),
            },
        }
    }

    fn status(&self) -> u16 {
        match self {
            Self::Field(_) => 422,
            Self::Problem(problem) if problem.status == 400 => 422,
            Self::Problem(problem) => problem.status,
        }
    }
}

impl Console {
    /// Asks for access.
    pub(crate) async fn submit(&self, call: &Call<'_>) -> Shown {
        match self.submitted(call).await {
            Ok(request) => Ok(self.done(&request, Said::Submitted)),
            Err(refused) => {
                let (status, which) = (refused.status(), entitlement(|name| call.form.get(name))?);
                let entered = Entered::of(&call.form, refused.errors(&call.form));
                self.request_form(call, &which, entered, status).await
            }
        }
    }

    async fn submitted(&self, call: &Call<'_>) -> Result<Request, Refused> {
        let form = &call.form;
        let mut body = Map::new();
        body.insert("account".to_owned(), json!(form.get(forms::ACCOUNT)));
        body.insert("permission_set".to_owned(), json!(form.get(forms::PERMISSION_SET)));
        body.insert("duration".to_owned(), json!(read_duration(form)?.to_string()));
        body.insert("justification".to_owned(), json!(form.text(forms::JUSTIFICATION).unwrap_or_default()));
        put(&mut body, "ticket", form.text(forms::TICKET));
        put(&mut body, "start", start(form)?);
        body.insert("emergency".to_owned(), json!(!form.get(forms::EMERGENCY).is_empty()));
        let wish = curfew_api::wish(&bytes(body), call.origin())?;
        let (known, person, key) = (call.known()?, &call.caller.person, key(form)?);
        self.gate.enabled(&person.id).await?;
        submit(&self.core, self.ids.as_ref(), known, person, wish, Some(key)).await.map_err(|error| log(error).into())
    }

    /// Withdraws a request, gives access back, or takes it away. Asks neither policy nor directory (I20).
    pub(crate) async fn end(&self, call: &Call<'_>, action: Action) -> Shown {
        let (ending, said) = match action {
            Action::Cancel => (Ending::Cancel, Said::Cancelled),
            Action::Return => (Ending::Return, Said::Returned),
            _ => (Ending::Revoke, Said::Revoked),
        };
        let ended = async {
            let mut body = Map::new();
            put(&mut body, "comment", call.form.text(forms::COMMENT));
            let comment = curfew_api::comment(&bytes(body))?;
            let id = call.request_id()?;
            Ok(end(&self.core, &call.caller.person, &id, ending, comment).await.map_err(log)?)
        };
        self.settle(call, action, said, ended.await).await
    }

    /// Asks for more time.
    pub(crate) async fn extend(&self, call: &Call<'_>) -> Shown {
        let extended = async {
            let form = &call.form;
            let mut body = Map::new();
            body.insert("duration".to_owned(), json!(read_duration(form)?.to_string()));
            body.insert("justification".to_owned(), json!(form.text(forms::JUSTIFICATION).unwrap_or_default()));
            put(&mut body, "ticket", form.text(forms::TICKET));
            let wish = curfew_api::extension(&bytes(body), call.origin())?;
            let (id, known, person, key) = (call.request_id()?, call.known()?, &call.caller.person, key(form)?);
            self.gate.enabled(&person.id).await?;
            let ids = self.ids.as_ref();
            Ok(extend(&self.core, ids, known, person, &id, wish, Some(key)).await.map_err(log)?)
        };
        self.settle(call, Action::Extend, Said::Extended, extended.await).await
    }

    /// Makes an emergency of an open request.
    pub(crate) async fn escalate(&self, call: &Call<'_>) -> Shown {
        let escalated = async {
            let mut body = Map::new();
            put(&mut body, "justification", call.form.text(forms::JUSTIFICATION));
            let urgency = curfew_api::urgency(&bytes(body), call.origin())?;
            let (id, known, person) = (call.request_id()?, call.known()?, &call.caller.person);
            self.gate.enabled(&person.id).await?;
            Ok(escalate(&self.core, self.ids.as_ref(), known, person, &id, &urgency).await.map_err(log)?)
        };
        self.settle(call, Action::Escalate, Said::Escalated, escalated.await).await
    }

    /// Judges emergency access that has ended.
    pub(crate) async fn review(&self, call: &Call<'_>) -> Shown {
        let reviewed = async {
            let form = &call.form;
            let mut body = Map::new();
            body.insert("finding".to_owned(), json!(form.get(forms::FINDING)));
            body.insert("comment".to_owned(), json!(form.text(forms::COMMENT).unwrap_or_default()));
            let judgement = curfew_api::judgement(&bytes(body))?;
            let (id, person) = (call.request_id()?, &call.caller.person);
            self.gate.enabled(&person.id).await?;
            let reviewing = Reviewing::new(call.caller.known.as_ref().ok(), self.core.clock.now());
            answer(&self.core, person, reviewing, &id, &judgement).await.map_err(log)?;
            Ok(self.core.load(&id).await.map_err(log)?)
        };
        self.settle(call, Action::Review, Said::Reviewed, reviewed.await).await
    }

    /// Records what somebody has done by hand.
    pub(crate) async fn handled(&self, call: &Call<'_>, action: Action) -> Shown {
        let task = if action == Action::Provisioned { Task::Give } else { Task::Take };
        let done = async {
            let mut body = Map::new();
            put(&mut body, "comment", call.form.text(forms::COMMENT));
            let comment = curfew_api::comment(&bytes(body))?;
            let (id, person) = (call.request_id()?, &call.caller.person);
            self.gate.enabled(&person.id).await?;
            Ok(handled(&self.core, person, &id, task, comment).await.map_err(log)?)
        };
        self.settle(call, action, Said::Handled, done.await).await
    }

    /// Decides the present step on what was shown.
    pub(crate) async fn decide(&self, call: &Call<'_>) -> Shown {
        let decided = async {
            let decided = decision(&call.form)?;
            let (id, person) = (call.request_id()?, &call.caller.person);
            self.gate.enabled(&person.id).await?;
            Ok(decide(&self.core, person, &id, &decided.reply, Some(&decided.digest)).await.map_err(log)?)
        };
        self.settle(call, Action::Decisions, said(&call.form), decided.await).await
    }

    /// The same through a callback link: only the step that it was made for, and only by whom it was made for.
    pub(crate) async fn decide_by_link(&self, call: &Call<'_>) -> Shown {
        let decided = async {
            let id: LinkId = approval_link(call).ok_or_else(|| Problem::not_found("link"))?;
            let decided = decision(&call.form)?;
            let person = &call.caller.person;
            self.gate.enabled(&person.id).await?;
            let request = decide_by_link(&self.core, person, &id, &decided.reply, &decided.digest).await;
            Ok(request.map_err(|error| match error {
                Error::NotFound => Problem::not_found("link"),
                other => log(other),
            })?)
        };
        match decided.await {
            Ok(request) => Ok(self.done(&request, said(&call.form))),
            Err(Refused::Problem(problem)) if problem.status >= 500 => Err(problem),
            // The link's own page says why it decides nothing, or shows the form with what is wrong with it.
            Err(refused) => self.show_link(call, Some(came_back(Action::Decisions, call, refused))).await,
        }
    }

    /// What became of a form on a request's page.
    async fn settle(&self, call: &Call<'_>, action: Action, said: Said, result: Result<Request, Refused>) -> Shown {
        match result {
            Ok(request) => Ok(self.done(&request, said)),
            Err(refused @ Refused::Field(_)) => self.request(call, Some(came_back(action, call, refused))).await,
            Err(Refused::Problem(problem)) => match problem.status {
                400 | 422 => {
                    let sent = came_back(action, call, Refused::Problem(problem));
                    self.request(call, Some(sent)).await
                }
                // It moved on meanwhile: the form may not be there any more.
                403 | 409 => {
                    let back =
                        call.request_id().map_or_else(|_| routes::HOME.to_owned(), |id| routes::request(id.as_str()));
                    tracing::info!(code = problem.code, action = action.name(), "refused");
                    let trouble = match problem.status {
                        403 => Trouble::Forbidden { why: sentence(&problem) },
                        _ => Trouble::Refused { why: sentence(&problem), back },
                    };
                    Ok(self.trouble(call, &trouble))
                }
                _ => Err(problem),
            },
        }
    }

    /// To the request's page, which says what was done.
    fn done(&self, request: &Request, said: Said) -> Reply {
        let id: &RequestId = &request.ask.id;
        Reply::see(&routes::request(id.as_str())).with_cookie(said.cookie(self))
    }
}

fn came_back(action: Action, call: &Call<'_>, refused: Refused) -> Sent {
    let values = call.form.0.iter().filter(|(name, _)| name != forms::CSRF).cloned().collect();
    Sent { action, values, errors: refused.errors(&call.form) }
}

/// A decision: on a denial, what would have narrowed an approval does not count.
fn decision(form: &Form) -> Result<curfew_api::Decided<curfew_domain::ask::AskDigest>, Refused> {
    let mut body = Map::new();
    body.insert("decision".to_owned(), json!(form.get(forms::DECISION)));
    body.insert("digest".to_owned(), json!(form.get(forms::DIGEST)));
    put(&mut body, "comment", form.text(forms::COMMENT));
    if form.get(forms::DECISION) == forms::APPROVE {
        let narrowed = forms::narrowed_duration(form.get(forms::DURATION), form.get(forms::CUSTOM_DURATION))?;
        put(&mut body, "duration", narrowed.map(|duration| duration.to_string()));
        put(&mut body, "start", start(form)?);
    }
    Ok(curfew_api::link_decision(&bytes(body))?)
}

fn said(form: &Form) -> Said {
    if form.get(forms::DECISION) == forms::DENY { Said::Denied } else { Said::Approved }
}

/// A later start, told in the zone in which the form was shown.
fn start(form: &Form) -> Result<Option<String>, FieldError> {
    let zone = curfew_web::zone(Some(form.get(forms::ZONE)));
    Ok(forms::start(form.get(forms::START), &zone)?.map(|start| start.to_string()))
}

/// The form's own key: sent twice, it asks once.
fn key(form: &Form) -> Result<String, Problem> {
    let key = LinkId::parse(form.get(forms::IDEMPOTENCY));
    let unknown =
        || Problem::new(400, "invalid_field", "The form is incomplete", "The form is incomplete: load it again.");
    key.map(|key| key.to_string()).map_err(|_| unknown())
}

fn put(body: &mut Map<String, Value>, name: &str, text: Option<String>) {
    if let Some(text) = text {
        body.insert(name.to_owned(), Value::String(text));
    }
}

fn bytes(body: Map<String, Value>) -> Vec<u8> {
    Value::Object(body).to_string().into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(fields: &[(&str, &str)]) -> Form {
        Form(fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
    }

    #[test]
    fn a_denial_narrows_nothing_and_an_approval_what_it_says() {
        let digest = "0".repeat(64);
        let base =
            [("digest", digest.as_str()), ("duration", "custom"), ("custom_duration", "30m"), ("comment", " ok \r\n ")];
        let with = |word| decision(&form(&[base.as_slice(), &[("decision", word)]].concat()));
        let approved = with("approve").unwrap();
        assert_eq!(approved.reply.narrowed.duration.unwrap().seconds(), 1_800);
        assert_eq!(approved.reply.comment.unwrap().as_str(), "ok");
        assert_eq!(with("deny").unwrap().reply.narrowed.duration, None);
        assert!(matches!(with("yes"), Err(Refused::Problem(problem)) if problem.field.as_deref() == Some("decision")));
        let bad =
            form(&[("decision", "approve"), ("digest", &digest), ("duration", "custom"), ("custom_duration", "soon")]);
        assert!(matches!(decision(&bad), Err(Refused::Field(error)) if error.field == "custom_duration"));
        let without = form(&[("decision", "approve"), ("digest", "")]);
        assert!(
            matches!(decision(&without), Err(Refused::Problem(problem)) if problem.field.as_deref() == Some("digest"))
        );
    }

    #[test]
    fn a_mistake_is_shown_where_it_was_made() {
        let custom = form(&[("duration", "custom")]);
        let preset = form(&[("duration", "PT8H")]);
        let refused =
            || Refused::from(Problem::new(400, "duration_too_long", "Too long", "at most 1h.").in_field("duration"));
        assert_eq!(refused().errors(&custom).fields[0].field, "custom_duration");
        assert_eq!(refused().errors(&preset).fields[0].field, "duration");
        let whole = Refused::from(Problem::not_found("entitlement")).errors(&preset);
        assert!(whole.fields.is_empty() && whole.whole.is_some());
    }

    #[test]
    fn a_form_has_a_key_of_its_own() {
        assert!(key(&form(&[("idempotency_key", "0123456789abcdef0123456789abcdef")])).is_ok());
        for bad in ["", "x", "0123456789ABCDEF0123456789ABCDEF"] {
            assert_eq!(key(&form(&[("idempotency_key", bad)])).unwrap_err().status, 400, "{bad}");
        }
    }
}
