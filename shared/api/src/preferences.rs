//! Which notices a person gets by mail.

use std::collections::BTreeMap;

use curfew_domain::notice::{NoticeKind, Preferences};
use serde::{Deserialize, Serialize};

use crate::body::parse;
use crate::problem::Problem;

/// Answer of `GET` and `PUT /v1/preferences`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PreferencesView {
    /// Every kind of notice, and whether it comes by mail.
    pub mail: BTreeMap<&'static str, bool>,
    /// Kinds that nobody can switch off.
    pub fixed: Vec<&'static str>,
}

impl From<&Preferences> for PreferencesView {
    fn from(preferences: &Preferences) -> Self {
        let fixed = NoticeKind::ALL.into_iter().filter(|kind| kind.is_fixed());
        Self {
            mail: NoticeKind::ALL.into_iter().map(|kind| (kind.name(), preferences.want(kind))).collect(),
            fixed: fixed.map(NoticeKind::name).collect(),
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PreferencesBody {
    mail: BTreeMap<String, bool>,
}

/// Body of `PUT /v1/preferences`: kinds that are left out are as they come for everybody.
///
/// # Errors
/// It names a kind that there is not, or switches off one that nobody can.
pub fn preferences(body: &[u8]) -> Result<Preferences, Problem> {
    let PreferencesBody { mail } = parse(body)?;
    let mut preferences = Preferences::default();
    for (name, wanted) in mail {
        let field = format!("mail.{}", name.chars().take(40).collect::<String>());
        let known: Vec<&str> = NoticeKind::ALL.into_iter().map(NoticeKind::name).collect();
        let kind = NoticeKind::parse(&name);
        let kind = kind.ok_or_else(|| {
            Problem::invalid(&field, "there is no such kind of notice")
                .with_hint(format!("Known: {}.", known.join(", ")))
        })?;
        preferences = preferences.choose(kind, wanted).map_err(|_| {
            let detail = "this kind cannot be switched off, because nothing else would tell you in time";
            Problem::invalid(&field, detail).with_hint("Leave it out, or set it to true.")
        })?;
    }
    Ok(preferences)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_choose_by_kind_and_mistakes_name_the_kind() {
        let chosen = preferences(br#"{"mail": {"received": true, "ended": false, "emergency": true}}"#).unwrap();
        let view = serde_json::to_value(PreferencesView::from(&chosen)).unwrap();
        assert_eq!((&view["mail"]["received"], &view["mail"]["ended"]), (&true.into(), &false.into()));
        assert_eq!(view["mail"].as_object().unwrap().len(), NoticeKind::ALL.len());
        assert_eq!(
            view["fixed"],
            serde_json::json!(["decision_needed", "not_removed", "review_overdue", "emergency", "by_hand"])
        );
        assert_eq!(preferences(br#"{"mail": {}}"#).unwrap(), Preferences::default());
        for (bad, field) in [
            (r#"{"mail": {"emergency": false}}"#, Some("mail.emergency")),
            (r#"{"mail": {"decision_needed": false}}"#, Some("mail.decision_needed")),
            (r#"{"mail": {"sms": true}}"#, Some("mail.sms")),
            (r#"{"mail": {"ended": "no"}}"#, Some("mail.ended")),
            (r#"{"mail": {}, "slack": {}}"#, Some("slack")),
        ] {
            let problem = preferences(bad.as_bytes()).unwrap_err();
            assert_eq!((problem.status, problem.field.as_deref()), (400, field), "{bad}: {}", problem.detail);
        }
    }
}
