//! What somebody wants to be told by mail.

use std::collections::BTreeSet;

use curfew_lambda::http::log;
use curfew_web::forms::NOTICE;
use curfew_web::routes;
use curfew_web::views::{Errors, NoticePreference, PreferencesView};

use super::Shown;
use crate::Console;
use crate::frame::Said;
use crate::reply::Reply;
use crate::sign_in::Call;

/// A kind of notice: name, label, when it comes, and whether nobody can do without it.
const KINDS: [(&str, &str, &str, bool); 5] = [
    ("decision_needed", "My decision is needed", "A request waits for you; nobody can go on without an answer.", true),
    ("decided", "My request was decided", "Approved or denied, by people or by policy.", false),
    ("active", "My access begins", "The account can be opened now.", false),
    ("ends_soon", "My access ends soon", "In time to extend it.", false),
    ("ended", "My access has ended", "It is gone, and when sessions end.", false),
];

impl Console {
    /// The page.
    pub(super) async fn preferences(&self, call: &Call<'_>, errors: Option<Errors>) -> Shown {
        let who = &call.caller.person.id;
        let unwanted = self.core.store.unwanted(who).await.map_err(log)?;
        let user = call.caller.known.as_ref().ok().and_then(|known| known.directory.users.get(who));
        let notice = |(kind, label, hint, fixed): (&str, &str, &str, bool)| NoticePreference {
            on: fixed || !unwanted.contains(kind),
            kind: kind.to_owned(),
            label: label.to_owned(),
            hint: hint.to_owned(),
            fixed,
        };
        let view = PreferencesView {
            mail: user.and_then(|user| user.email.clone()),
            notices: KINDS.into_iter().map(notice).collect(),
            errors: errors.unwrap_or_default(),
        };
        Ok(self.page(call, 200, |frame| curfew_web::preferences(frame, &view)))
    }

    /// Keeps what is wanted: everything that is not named is not.
    pub(super) async fn put_preferences(&self, call: &Call<'_>) -> Shown {
        let wanted: BTreeSet<&str> = call.form.all(NOTICE).collect();
        let unwanted: BTreeSet<String> = KINDS
            .into_iter()
            .filter(|(kind, .., fixed)| !fixed && !wanted.contains(kind))
            .map(|(kind, ..)| kind.to_owned())
            .collect();
        self.core.store.put_unwanted(&call.caller.person.id, &unwanted).await.map_err(log)?;
        Ok(Reply::see(routes::PREFERENCES).with_cookie(Said::Saved.cookie(self)))
    }
}
