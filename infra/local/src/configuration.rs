//! Writes Curfew's configuration for the sample organisation: ids, with the names beside them.

use std::collections::BTreeMap;
use std::fmt::Write;

use crate::error::Error;
use crate::organization::{Entitlement, Ids, Organization, id};

/// The configuration as text, as an administrator would write it.
pub(crate) fn render(organization: &Organization, ids: &Ids) -> Result<String, Error> {
    let config = &organization.configuration;
    let mut text = String::from("# Who may ask for what in the sample organisation, written by curfew-local.\n");
    line(&mut text, "administrators", &people(&config.administrators, ids)?);
    line(&mut text, "auditors", &people(&config.auditors, ids)?);
    line(&mut text, "session_limit", &quote(&config.session_limit));
    for entitlement in &config.entitlements {
        section(&mut text, entitlement, ids)?;
    }
    Ok(text)
}

fn section(text: &mut String, entitlement: &Entitlement, ids: &Ids) -> Result<(), Error> {
    text.push_str("\n[[entitlement]]\n");
    line(text, "account", &quote(id(&ids.accounts, &entitlement.account)?));
    line(text, "account_name", &quote(&entitlement.account));
    line(text, "permission_set", &quote(id(&ids.permission_sets, &entitlement.permission_set)?));
    line(text, "permission_set_name", &quote(&entitlement.permission_set));
    line(text, "max_duration", &quote(&entitlement.max_duration));
    if entitlement.approvers.is_empty() {
        line(text, "approval", &quote("automatic"));
    } else {
        let timeout = entitlement.timeout.as_deref().unwrap_or("PT4H");
        let approvers = plain(&entitlement.approvers, &ids.users)?;
        let names = entitlement.approvers.join(", ");
        line(text, "approval", &format!("{{ approvers = {approvers}, timeout = {} }} # {names}", quote(timeout)));
    }
    Ok(())
}

fn line(text: &mut String, key: &str, value: &str) {
    // Writing to a string cannot fail.
    let _ = writeln!(text, "{key} = {value}");
}

/// A list of user ids with the names as a comment.
fn people(names: &[String], ids: &Ids) -> Result<String, Error> {
    Ok(format!("{} # {}", plain(names, &ids.users)?, names.join(", ")))
}

fn plain(names: &[String], ids: &BTreeMap<String, String>) -> Result<String, Error> {
    let quoted: Vec<String> = names.iter().map(|name| id(ids, name).map(quote)).collect::<Result<_, _>>()?;
    Ok(format!("[{}]", quoted.join(", ")))
}

/// A TOML basic string; JSON's escapes are a part of TOML's.
fn quote(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ids that are recognisable: the name with a prefix.
    fn ids(sample: &Organization) -> Ids {
        let of =
            |prefix: &str, names: Vec<String>| names.into_iter().map(|n| (n.clone(), format!("{prefix}{n}"))).collect();
        Ids {
            accounts: of("a-", sample.accounts.iter().map(|account| account.name.clone()).collect()),
            permission_sets: of("p-", sample.permission_sets.iter().map(|set| set.name.clone()).collect()),
            users: of("u-", sample.users.iter().map(|user| user.name.clone()).collect()),
        }
    }

    #[test]
    fn it_is_toml_in_ids_with_names_beside_them() {
        let sample = Organization::sample().unwrap();
        let text = render(&sample, &ids(&sample)).unwrap();
        let table: toml::Table = text.parse().unwrap();
        assert_eq!(table["administrators"].as_array().unwrap(), &["u-ben".into()]);
        assert_eq!(table["session_limit"].as_str(), Some("PT1H"));
        let entitlements = table["entitlement"].as_array().unwrap();
        assert_eq!(entitlements.len(), sample.configuration.entitlements.len());
        assert_eq!(entitlements[0]["account"].as_str(), Some("a-sandbox"));
        assert_eq!(entitlements[0]["approval"].as_str(), Some("automatic"));
        assert_eq!(entitlements[5]["approval"]["approvers"].as_array().unwrap().len(), 2);
        assert!(text.contains("# elif, ben\n"), "{text}");
    }

    #[test]
    fn a_name_without_an_id_is_an_error() {
        let sample = Organization::sample().unwrap();
        assert!(render(&sample, &Ids::default()).is_err());
    }

    #[test]
    fn quotes_cannot_break_out() {
        assert_eq!(quote("a\"b\\\n"), r#""a\"b\\\n""#);
    }
}
