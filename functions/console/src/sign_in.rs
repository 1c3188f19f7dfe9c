//! Sign-in and sign-out, and who a visitor is.

use curfew_api::Problem;
use curfew_domain::id::UserId;
use curfew_lambda::http::{Caller, has_mfa, log};
use curfew_web::forms::Action;
use curfew_web::routes::{HOME, SIGN_IN, with_query};
use curfew_web::views::{SignInReason, SignInView, Trouble};
use serde_json::{Map, Value};
use subtle::ConstantTimeEq as _;

use crate::Console;
use crate::cookies::Jar;
use crate::place::local_path;
use crate::provider::{Attempt, NotSignedIn};
use crate::reply::Reply;
use crate::route::Route;
use crate::session::Session;
use crate::visit::{Form, Visit};

/// Query parameter: where to go after sign-in.
const TO: &str = "to";
/// Query parameter: why the page is shown, a word of a closed list.
const WHY: &str = "why";
/// The form field with the session's token.
const CSRF: &str = curfew_web::forms::CSRF;

/// Why somebody was sent to the sign-in page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Why {
    SignedOut,
    Ended,
    /// The attempt was made elsewhere, or took too long.
    Stale,
    /// The provider said no, or proved nothing.
    Refused,
    /// The provider knows them, and Identity Center does not.
    Unknown,
    /// The provider, or something that we need, does not answer.
    Unavailable,
}

impl Why {
    const ALL: [(Self, &str); 6] = [
        (Self::SignedOut, "signed-out"),
        (Self::Ended, "ended"),
        (Self::Stale, "stale"),
        (Self::Refused, "refused"),
        (Self::Unknown, "unknown"),
        (Self::Unavailable, "unavailable"),
    ];

    fn word(self) -> &'static str {
        Self::ALL.iter().find(|(why, _)| *why == self).map_or("", |(_, word)| *word)
    }

    fn reason(word: &str) -> SignInReason {
        let refused = |why: &str| SignInReason::Refused { why: why.to_owned() };
        match Self::ALL.iter().find(|(_, known)| *known == word).map(|(why, _)| why) {
            None => SignInReason::Needed,
            Some(Self::SignedOut) => SignInReason::SignedOut,
            Some(Self::Ended) => SignInReason::SessionEnded,
            Some(Self::Stale) => refused("This sign-in was begun in another browser or tab, or took too long."),
            Some(Self::Refused) => refused("Your identity provider did not sign you in."),
            Some(Self::Unknown) => refused("Your identity provider knows you, but IAM Identity Center does not."),
            Some(Self::Unavailable) => refused("Something that sign-in needs does not answer. Try again soon."),
        }
    }
}

/// A call by somebody who signed in.
pub(crate) struct Call<'v> {
    /// What was called.
    pub(crate) visit: &'v Visit,
    /// Their session.
    pub(crate) session: Session,
    /// Who they are now, and the rules in force.
    pub(crate) caller: Caller,
    /// The form that they sent; empty for calls that only show.
    pub(crate) form: Form,
}

impl Console {
    /// Sign-in itself.
    pub(crate) async fn without_session(&self, visit: &Visit, route: Route) -> Reply {
        match route {
            Route::WellKnown => Reply::json(self.provider.known()),
            Route::Start => self.go_out(visit).await,
            Route::Callback => self.come_back(visit).await,
            _ => self.sign_in(visit).await,
        }
    }

    /// The page with the one button; whoever has a session goes on.
    async fn sign_in(&self, visit: &Visit) -> Reply {
        let to = local_path(visit.parameter(TO)).unwrap_or(HOME);
        if let Ok(Some(_)) = self.session(visit).await {
            return Reply::see(to);
        }
        let start = with_query("/sign-in/start", &[(TO, to)]);
        let reason = Why::reason(visit.parameter(WHY));
        let view = SignInView { reason, provider: String::new(), start };
        Reply::page(200, curfew_web::sign_in(&self.bare_frame(visit), &view))
    }

    /// Sends the browser to the provider.
    async fn go_out(&self, visit: &Visit) -> Reply {
        let (now, to) = (self.core.clock.now(), local_path(visit.parameter(TO)).unwrap_or(HOME));
        let attempt = match Attempt::begin(self.ids.as_ref(), to, now) {
            Ok(attempt) => attempt,
            Err(fault) => return failed_sign_in(&fault.to_string(), Why::Unavailable),
        };
        let (ring, way) = match (self.seals.ring(None, now).await, self.provider.way_out(&attempt, now).await) {
            (Ok(ring), Ok(way)) => (ring, way),
            (Err(fault), _) => return failed_sign_in(&fault.to_string(), Why::Unavailable),
            (_, Err(error)) => return failed_sign_in(&error.to_string(), Why::Unavailable),
        };
        let sealed = ring.seal(&Jar::Attempt.name(&self.place), &attempt.text());
        Reply::see(&way).with_cookie(Jar::Attempt.set(&self.place, sealed))
    }

    /// Takes the provider's answer, and begins a session with a name of its own.
    async fn come_back(&self, visit: &Visit) -> Reply {
        let forget = Jar::Attempt.forget(&self.place);
        match self.signed_in(visit).await {
            Ok((cookie, to)) => Reply::see(&to).with_cookie(forget).with_cookie(Jar::Session.set(&self.place, cookie)),
            Err((cause, why)) => failed_sign_in(&cause, why).with_cookie(forget),
        }
    }

    /// The sealed cookie of a new session, and where to go.
    async fn signed_in(&self, visit: &Visit) -> Result<(String, String), (String, Why)> {
        let now = self.core.clock.now();
        let unavailable = |error: &dyn std::fmt::Display| (error.to_string(), Why::Unavailable);
        let name = Jar::Attempt.name(&self.place);
        let sent = Jar::Attempt.sent(&self.place, visit);
        let ring = self.seals.ring(sent.first().copied(), now).await.map_err(|fault| unavailable(&fault))?;
        let opened = sent.iter().filter_map(|value| ring.open(&name, value));
        let stale = || ("no attempt of this browser has this state".to_owned(), Why::Stale);
        // Only this browser has the cookie, and only our own way out gave its state to the provider.
        let same = |attempt: &Attempt| same(&attempt.state, visit.parameter("state"));
        let attempt = opened.filter_map(|text| Attempt::open(&text, now)).find(same).ok_or_else(stale)?;
        let code = visit.parameter("code");
        if code.is_empty() {
            // `error` is the provider's word, such as `access_denied`; it is only logged, and bounded.
            let word: String = visit.parameter("error").chars().filter(char::is_ascii_graphic).take(40).collect();
            return Err((format!("the provider answered `{word}`"), Why::Refused));
        }
        let claims = self.provider.way_back(&attempt, code.to_owned(), now).await.map_err(|error| match &error {
            NotSignedIn::Provider(_) => unavailable(&error),
            NotSignedIn::Token(_) => (error.to_string(), Why::Refused),
        })?;
        let user = self.gate.signing_in(&claims).await.map_err(|problem| {
            (problem.detail.clone(), if problem.status >= 500 { Why::Unavailable } else { Why::Unknown })
        })?;
        let cookie = self.new_session(&user, second_factor(&claims), &ring).map_err(|fault| unavailable(&fault))?;
        tracing::info!(user = %user, "signed in");
        Ok((cookie, attempt.to))
    }

    fn new_session(
        &self,
        user: &UserId,
        mfa: Option<bool>,
        ring: &crate::seal::Ring,
    ) -> Result<String, curfew_engine::error::Fault> {
        let session = Session::begin(&self.ids.link()?, &self.ids.link()?, user, mfa, self.core.clock.now());
        Ok(ring.seal(&Jar::Session.name(&self.place), &session.text()))
    }

    /// The session of a visitor, if it counts; a new cookie for it, where it is time.
    async fn session(&self, visit: &Visit) -> Result<Option<(Session, Option<String>)>, Problem> {
        let sent = Jar::Session.sent(&self.place, visit);
        let Some(first) = sent.first() else { return Ok(None) };
        let (now, name) = (self.core.clock.now(), Jar::Session.name(&self.place));
        let ring = self.seals.ring(Some(first), now).await.map_err(log)?;
        let mut opened = sent.iter().filter_map(|value| ring.open(&name, value));
        let Some(session) = opened.find_map(|text| Session::open(&text, self.limits, now)) else {
            return Ok(None);
        };
        let Some(id) = session.id() else { return Ok(None) };
        if self.sessions.is_ended(&id).await.map_err(log)? {
            return Ok(None);
        }
        let renewed = session.moved_on(now).map(|moved| Jar::Session.set(&self.place, ring.seal(&name, &moved.text())));
        Ok(Some((session, renewed)))
    }

    /// Everything else: for those who signed in, and forms only from our own pages.
    pub(crate) async fn with_session(&self, visit: &Visit, route: Route) -> Reply {
        let (session, renewed) = match self.session(visit).await {
            Ok(Some(session)) => session,
            Ok(None) => return self.turn_away(visit),
            Err(problem) => return self.problem_page(&self.bare_frame(visit), &problem, visit),
        };
        let Some(user) = session.user() else { return self.turn_away(visit) };
        let caller = match self.gate.returning(user, &self.core).await {
            Ok(caller) => caller,
            Err(problem) => return self.problem_page(&self.bare_frame(visit), &problem, visit),
        };
        let mut call = Call { visit, session, caller, form: Form::default() };
        let ends = matches!(route, Route::SignOut | Route::Act(Action::Cancel | Action::Return | Action::Revoke));
        // Ending access asks nobody's leave (I20).
        let reply = if call.is_locked_out() && !ends {
            let why = "Identity Center does not know you any more, or has disabled you.".to_owned();
            self.trouble(&call, &Trouble::Forbidden { why })
        } else {
            match self.accept_form(&mut call) {
                Ok(()) => Box::pin(self.dispatch(&call, route)).await,
                Err(refused) => refused,
            }
        };
        match renewed {
            Some(cookie) if route != Route::SignOut => reply.with_cookie(cookie),
            _ => reply,
        }
    }

    /// Whoever has no session goes and signs in, and comes back if they only wanted to look.
    fn turn_away(&self, visit: &Visit) -> Reply {
        let forget = Jar::Session.forget(&self.place);
        let had = !Jar::Session.sent(&self.place, visit).is_empty();
        let why = if had { Why::Ended.word() } else { "" };
        if visit.route.starts_with("POST ") {
            let start = with_query("/sign-in/start", &[(TO, HOME)]);
            let view = SignInView { reason: Why::reason(Why::Ended.word()), provider: String::new(), start };
            return Reply::page(401, curfew_web::sign_in(&self.bare_frame(visit), &view)).with_cookie(forget);
        }
        let to = local_path(&visit.target).filter(|to| *to != HOME).unwrap_or("");
        let reply = Reply::see(&with_query(SIGN_IN, &[(TO, to), (WHY, why)]));
        if had { reply.with_cookie(forget) } else { reply }
    }

    /// A form counts if it comes from one of our own pages, and from one of this session.
    fn accept_form(&self, call: &mut Call<'_>) -> Result<(), Reply> {
        let visit = call.visit;
        if !visit.route.starts_with("POST ") {
            return Ok(());
        }
        let refused = |why: &str| {
            tracing::warn!(
                why,
                route = visit.route,
                user = call.session.user().map(|user| user.to_string()),
                "a form was refused"
            );
            Err(self.trouble(call, &Trouble::StaleForm))
        };
        if !self.place.is_own(visit.origin.as_deref(), visit.fetch_site.as_deref()) {
            return refused("it comes from another site");
        }
        let form = match visit.form() {
            Ok(form) => form,
            Err(unread) => return refused(&format!("it cannot be read: {unread:?}")),
        };
        if !same(&call.session.csrf, form.get(CSRF)) {
            return refused("it has no token of this session");
        }
        call.form = form;
        Ok(())
    }

    /// Ends the session for whoever holds its cookie.
    pub(crate) async fn sign_out(&self, call: &Call<'_>) -> Reply {
        let forget = Jar::Session.forget(&self.place);
        if let Some(id) = call.session.id()
            && let Err(fault) = self.sessions.end(&id, call.session.ends(self.limits)).await
        {
            // The cookie goes in any case; a copy of it would live on, so that the reader must know.
            return self.problem_page(&self.frame(call), &log(fault), call.visit).with_cookie(forget);
        }
        Reply::see(&with_query(SIGN_IN, &[(WHY, Why::SignedOut.word())])).with_cookie(forget)
    }
}

impl Call<'_> {
    /// Somebody whom the directory does not know, or has disabled, since they signed in.
    fn is_locked_out(&self) -> bool {
        let Ok(known) = &self.caller.known else { return false };
        let user = known.directory.users.get(&self.caller.person.id);
        // Somebody new, who is in Identity Center and not yet in the snapshot, was looked up at sign-in.
        user.is_some_and(|user| !user.enabled)
    }
}

fn failed_sign_in(cause: &str, why: Why) -> Reply {
    tracing::warn!(cause, why = why.word(), "nobody was signed in");
    Reply::see(&with_query(SIGN_IN, &[(WHY, why.word())]))
}

fn same(a: &str, b: &str) -> bool {
    a.as_bytes().ct_eq(b.as_bytes()).into()
}

/// Whether the provider tells of a second factor (RFC 8176); `None` where it does not say how people signed in.
fn second_factor(claims: &Map<String, Value>) -> Option<bool> {
    let methods = claims.get("amr")?;
    Some(methods.as_array().into_iter().flatten().filter_map(Value::as_str).any(has_mfa))
}
