//! Which calls this function answers.

/// A call, by what it is for.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Route {
    Submit,
    List,
    Show,
    Extend,
    Escalate,
    Review,
    Reviews,
    Cancel,
    Return,
    Revoke,
    Provisioned,
    Removed,
    Tasks,
    Entitlements,
    Explain,
    Approvals,
    Me,
    Configuration,
    Publish,
    PublishFromCi,
    Publications,
    Version,
    Second,
    RollBack,
    AccessHealth,
    Directory,
    Snapshot,
    Sync,
    Preferences,
    Prefer,
}

/// Route keys, as the template writes them.
const ALL: [(&str, Route); 30] = [
    ("POST /v1/requests", Route::Submit),
    ("GET /v1/requests", Route::List),
    ("GET /v1/requests/{id}", Route::Show),
    ("POST /v1/requests/{id}/extend", Route::Extend),
    ("POST /v1/requests/{id}/escalate", Route::Escalate),
    ("POST /v1/requests/{id}/review", Route::Review),
    ("POST /v1/requests/{id}/cancel", Route::Cancel),
    ("POST /v1/requests/{id}/return", Route::Return),
    ("POST /v1/requests/{id}/revoke", Route::Revoke),
    ("POST /v1/requests/{id}/provisioned", Route::Provisioned),
    ("POST /v1/requests/{id}/removed", Route::Removed),
    ("GET /v1/tasks", Route::Tasks),
    ("GET /v1/entitlements", Route::Entitlements),
    ("GET /v1/entitlements/explain", Route::Explain),
    ("GET /v1/approvals", Route::Approvals),
    ("GET /v1/reviews", Route::Reviews),
    ("GET /v1/me", Route::Me),
    ("GET /v1/configuration", Route::Configuration),
    ("PUT /v1/configuration", Route::Publish),
    ("PUT /v1/ci/configuration", Route::PublishFromCi),
    ("GET /v1/configuration/versions", Route::Publications),
    ("GET /v1/configuration/versions/{version}", Route::Version),
    ("POST /v1/configuration/versions/{version}/approve", Route::Second),
    ("POST /v1/configuration/rollback", Route::RollBack),
    ("GET /v1/health/access", Route::AccessHealth),
    ("GET /v1/directory", Route::Directory),
    ("GET /v1/directory/snapshot", Route::Snapshot),
    ("POST /v1/directory/sync", Route::Sync),
    ("GET /v1/preferences", Route::Preferences),
    ("PUT /v1/preferences", Route::Prefer),
];

impl Route {
    pub(crate) fn parse(key: &str) -> Option<Self> {
        ALL.iter().find(|(known, _)| *known == key).map(|(_, route)| *route)
    }
}

/// Route keys that this function answers; a test holds the template to them.
pub fn routes() -> impl Iterator<Item = &'static str> {
    ALL.iter().map(|(key, _)| *key)
}
