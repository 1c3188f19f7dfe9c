//! What somebody wants to be told by mail.

use std::collections::BTreeSet;

use curfew_api::Problem;
use curfew_domain::notice::{NoticeKind, Preferences};
use curfew_lambda::http::log;
use curfew_web::forms::NOTICE;
use curfew_web::routes;
use curfew_web::views::{Errors, NoticePreference, PreferencesView};

use super::Shown;
use crate::Console;
use crate::frame::Said;
use crate::reply::Reply;
use crate::sign_in::Call;

impl Console {
    /// The page.
    pub(super) async fn preferences(&self, call: &Call<'_>, errors: Option<Errors>) -> Shown {
        let who = &call.caller.person.id;
        let chosen = self.core.store.preferences(who).await.map_err(log)?;
        let user = call.caller.known.as_ref().ok().and_then(|known| known.directory.users.get(who));
        let notice = |kind: NoticeKind| {
            let (label, hint) = words(kind);
            let (kind, on, fixed) = (kind.name().to_owned(), chosen.want(kind), kind.is_fixed());
            NoticePreference { on, kind, label: label.to_owned(), hint: hint.to_owned(), fixed }
        };
        let view = PreferencesView {
            mail: user.and_then(|user| user.email.clone()),
            notices: NoticeKind::ALL.into_iter().map(notice).collect(),
            errors: errors.unwrap_or_default(),
        };
        Ok(self.page(call, 200, |frame| curfew_web::preferences(frame, &view)))
    }

    /// Keeps what is wanted: everything that is not named is not, but for what nobody can switch off.
    pub(super) async fn put_preferences(&self, call: &Call<'_>) -> Shown {
        let wanted: BTreeSet<&str> = call.form.all(NOTICE).collect();
        let mut choices = NoticeKind::ALL.into_iter().filter(|kind| !kind.is_fixed());
        let choose = |chosen: Preferences, kind: NoticeKind| chosen.choose(kind, wanted.contains(kind.name()));
        let chosen = choices.try_fold(Preferences::default(), choose).map_err(|_| Problem::internal())?;
        self.core.store.put_preferences(&call.caller.person.id, &chosen).await.map_err(log)?;
        Ok(Reply::see(routes::PREFERENCES).with_cookie(Said::Saved.cookie(self)))
    }
}

/// What a kind of notice is called, and when it comes.
fn words(kind: NoticeKind) -> (&'static str, &'static str) {
    match kind {
        NoticeKind::Received => ("My request was taken in", "At once, whatever becomes of it."),
        NoticeKind::DecisionNeeded => ("My decision is needed", "A request waits for you; nobody else may answer."),
        NoticeKind::Reminded => ("My decision is still needed", "Half of the time to decide is over."),
        NoticeKind::Settled => ("My decision is needed no more", "Others decided, or the request is over."),
        NoticeKind::Decided => ("My request was decided", "Approved or denied, by people or by policy."),
        NoticeKind::Active => ("My access begins", "The account can be opened now."),
        NoticeKind::EndsSoon => ("My access ends soon", "In time to extend it."),
        NoticeKind::Ended => ("My access has ended", "It is gone, and when sessions end."),
        NoticeKind::NotRemoved => ("Access could not be removed", "It is over, and still there."),
        NoticeKind::ReviewDue => ("A review of emergency access is due", "To reviewers, and to who had the access."),
        NoticeKind::ReviewOverdue => ("A review is overdue", "Nobody has answered in time."),
        NoticeKind::ByHand => ("Access to give or take by hand", "You are one of those who do it."),
        NoticeKind::Emergency => ("Emergency access", "Somebody takes it, and you are in charge."),
    }
}
