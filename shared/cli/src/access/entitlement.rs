//! Which entitlement somebody means.

use serde_json::Value;

use super::show::text;
use crate::answer::Failure;
use crate::remote::Remote;

/// So many candidates are named where several fit.
const NAMED: usize = 10;

/// One entitlement of `GET /v1/entitlements`.
#[derive(Debug, Clone)]
pub(crate) struct Entitlement(pub(crate) Value);

impl Entitlement {
    pub(crate) fn account(&self) -> String {
        text(&self.0, "/account")
    }

    pub(crate) fn permission_set(&self) -> String {
        text(&self.0, "/permission_set")
    }

    /// `<account>/<permission set>`, as people write it.
    pub(crate) fn name(&self) -> String {
        format!("{}/{}", text(&self.0, "/account_name"), text(&self.0, "/permission_set_name"))
    }

    /// What would come of asking, in a few words.
    pub(crate) fn prospect(&self) -> String {
        match text(&self.0, "/prospect/outcome").as_str() {
            "automatic" => format!("approved at once ({})", text(&self.0, "/prospect/flow")),
            "approval" => {
                let steps = self.0.pointer("/prospect/steps").and_then(Value::as_u64).unwrap_or(1);
                let steps =
                    if steps == 1 { "one step of approval".to_owned() } else { format!("{steps} steps of approval") };
                format!("needs {steps} ({})", text(&self.0, "/prospect/flow"))
            }
            _ => {
                let reasons = self.0.pointer("/prospect/reasons").and_then(Value::as_array);
                let reasons: Vec<String> = reasons.into_iter().flatten().map(|reason| text(reason, "")).collect();
                format!("would be denied: {}", reasons.join("; "))
            }
        }
    }

    fn is(&self, account: &str, set: &str) -> bool {
        let same = |name: &str, wanted: &str| text(&self.0, name).eq_ignore_ascii_case(wanted);
        (same("/account", account) || same("/account_name", account))
            && (same("/permission_set", set) || same("/permission_set_name", set))
    }

    fn has(&self, account: &str, set: &str) -> bool {
        let within = |name: &str, part: &str| text(&self.0, name).to_lowercase().contains(&part.to_lowercase());
        (text(&self.0, "/account") == account || within("/account_name", account))
            && (text(&self.0, "/permission_set") == set || within("/permission_set_name", set))
    }
}

/// The entitlement that is meant: by names or ids, else the only one with these parts in its names.
pub(crate) fn find(remote: &Remote, wanted: &str) -> Result<Entitlement, Failure> {
    let Some((account, set)) = split(wanted) else {
        return Err(Failure::usage(format!(
            "`{wanted}` is no entitlement; write `<account>/<permission set>`, as `curfew ls` shows them"
        )));
    };
    let offered = search(remote, &[account, set])?;
    let exact: Vec<_> = offered.iter().filter(|entitlement| entitlement.is(account, set)).collect();
    let fitting = if exact.is_empty() {
        offered.iter().filter(|entitlement| entitlement.has(account, set)).collect()
    } else {
        exact
    };
    match fitting.as_slice() {
        [one] => Ok((*one).clone()),
        [] => Err(Failure::Refused {
            code: "no_such_entitlement".to_owned(),
            message: format!("there is no `{wanted}` that you may request; `curfew ls` shows what there is"),
        }),
        several => {
            let names: Vec<String> = several.iter().take(NAMED).map(|one| format!("  {}", one.name())).collect();
            let more = several.len().saturating_sub(NAMED);
            let more = if more > 0 { format!("\n  and {more} more") } else { String::new() };
            Err(Failure::usage(format!(
                "`{wanted}` may be any of {}:\n{}{more}\nwrite one of them in full",
                several.len(),
                names.join("\n")
            )))
        }
    }
}

/// A permission set's ARN has slashes of its own; account names may have some, too.
fn split(wanted: &str) -> Option<(&str, &str)> {
    let (account, set) = match wanted.find("/arn:") {
        Some(at) => (wanted.get(..at)?, wanted.get(at + 1..)?),
        None => wanted.rsplit_once('/')?,
    };
    (!account.is_empty() && !set.is_empty()).then_some((account, set))
}

/// Everything on offer with these words.
fn search(remote: &Remote, words: &[&str]) -> Result<Vec<Entitlement>, Failure> {
    // Ids are no words that the search knows.
    let is_id =
        |word: &&&str| word.starts_with("arn:") || (word.len() == 12 && word.bytes().all(|b| b.is_ascii_digit()));
    let words: Vec<&str> = words.iter().filter(|word| !is_id(word)).copied().collect();
    let (found, _) = page(remote, &words.join(" "), None)?;
    Ok(found)
}

/// Entitlements with these words in their names; whether there are more than these.
pub(crate) fn page(remote: &Remote, words: &str, limit: Option<u16>) -> Result<(Vec<Entitlement>, bool), Failure> {
    let (mut found, mut cursor) = (Vec::new(), None::<String>);
    loop {
        let mut query = vec![("limit", limit.unwrap_or(1_000).to_string())];
        if !words.is_empty() {
            query.push(("q", words.to_owned()));
        }
        if let Some(cursor) = cursor {
            query.push(("cursor", cursor));
        }
        let answer = remote.get(&super::list::path("/v1/entitlements", &query)?)?;
        let items = answer.get("items").and_then(Value::as_array).cloned().unwrap_or_default();
        found.extend(items.into_iter().map(Entitlement));
        cursor = answer.get("next_cursor").and_then(Value::as_str).map(str::to_owned);
        if cursor.is_none() || limit.is_some() {
            return Ok((found, cursor.is_some()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entitlement_is_written_as_account_and_permission_set() {
        assert_eq!(split("sandbox/ReadOnly"), Some(("sandbox", "ReadOnly")));
        assert_eq!(split("a/b/ReadOnly"), Some(("a/b", "ReadOnly")));
        let arn = "arn:aws:sso:::permissionSet/ssoins-1/ps-1";
        assert_eq!(split(&format!("111111111111/{arn}")), Some(("111111111111", arn)));
        for wrong in ["sandbox", "sandbox/", "/ReadOnly", ""] {
            assert_eq!(split(wrong), None, "{wrong}");
        }
    }
}
