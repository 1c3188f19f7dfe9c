//! Which calls this function answers.

use curfew_web::forms::Action;

/// A call, by what it is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Route {
    Asset,
    /// How to sign in, for programs.
    WellKnown,
    SignIn,
    Start,
    Callback,
    SignOut,
    Theme,
    Star,
    Home,
    Search,
    NewRequest,
    Submit,
    Preview,
    Request,
    Act(Action),
    Approvals,
    ShowLink,
    DecideByLink,
    Reviews,
    Everyone,
    Audit,
    AuditCsv,
    AuditJson,
    Setup,
    Sync,
    Version,
    Second,
    RollBack,
    Explain,
    Preferences,
    PutPreferences,
}

/// Route keys, as the template writes them.
const ALL: [(&str, Route); 40] = [
    ("GET /assets/{name}", Route::Asset),
    ("GET /.well-known/curfew", Route::WellKnown),
    ("GET /sign-in", Route::SignIn),
    ("GET /sign-in/start", Route::Start),
    ("GET /sign-in/callback", Route::Callback),
    ("POST /sign-out", Route::SignOut),
    ("POST /theme", Route::Theme),
    ("POST /favourites", Route::Star),
    ("GET /", Route::Home),
    ("GET /request", Route::Search),
    ("GET /request/new", Route::NewRequest),
    ("POST /request/new", Route::Submit),
    ("POST /request/preview", Route::Preview),
    ("GET /requests/{id}", Route::Request),
    ("POST /requests/{id}/cancel", Route::Act(Action::Cancel)),
    ("POST /requests/{id}/return", Route::Act(Action::Return)),
    ("POST /requests/{id}/revoke", Route::Act(Action::Revoke)),
    ("POST /requests/{id}/extend", Route::Act(Action::Extend)),
    ("POST /requests/{id}/escalate", Route::Act(Action::Escalate)),
    ("POST /requests/{id}/review", Route::Act(Action::Review)),
    ("POST /requests/{id}/decisions", Route::Act(Action::Decisions)),
    ("POST /requests/{id}/provisioned", Route::Act(Action::Provisioned)),
    ("POST /requests/{id}/removed", Route::Act(Action::Removed)),
    ("GET /approvals", Route::Approvals),
    ("GET /a/{id}", Route::ShowLink),
    ("HEAD /a/{id}", Route::ShowLink),
    ("POST /a/{id}", Route::DecideByLink),
    ("GET /reviews", Route::Reviews),
    ("GET /everyone", Route::Everyone),
    ("GET /audit", Route::Audit),
    ("GET /audit.csv", Route::AuditCsv),
    ("GET /audit.json", Route::AuditJson),
    ("GET /setup", Route::Setup),
    ("POST /setup/sync", Route::Sync),
    ("GET /setup/versions/{version}", Route::Version),
    ("POST /setup/versions/{version}/approve", Route::Second),
    ("POST /setup/versions/{version}/rollback", Route::RollBack),
    ("GET /setup/explain", Route::Explain),
    ("GET /preferences", Route::Preferences),
    ("POST /preferences", Route::PutPreferences),
];

impl Route {
    pub(crate) fn parse(key: &str) -> Option<Self> {
        ALL.iter().find(|(known, _)| *known == key).map(|(_, route)| *route)
    }

    /// Whether it is answered to whoever asks.
    pub(crate) fn is_public(self) -> bool {
        matches!(self, Self::Asset | Self::WellKnown | Self::SignIn | Self::Start | Self::Callback)
    }
}

/// Route keys that this function answers; a test holds the template to them.
pub fn routes() -> impl Iterator<Item = &'static str> {
    ALL.iter().map(|(key, _)| *key)
}
