//! Which calls this function answers.

/// A call, by what it is for.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Route {
    Decide,
    ShowLink,
    DecideByLink,
}

/// Route keys, as the template writes them.
const ALL: [(&str, Route); 3] = [
    ("POST /v1/requests/{id}/decisions", Route::Decide),
    ("GET /v1/links/{id}", Route::ShowLink),
    ("POST /v1/links/{id}", Route::DecideByLink),
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
