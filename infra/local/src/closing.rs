//! What is printed once everything was told: where things are, who may ask for what, and lines to paste.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::api::Api;
use crate::organization::Organization;
use crate::ready::Ready;
use crate::story::text;
use crate::terminal::{Style, Terminal};

/// Prints addresses, people and `curl` lines.
pub(crate) fn print(terminal: Terminal, ready: &Ready, organization: &Organization, api: &Api) {
    let title = |text: &str| terminal.line(&format!("\n{}", terminal.paint(Style::Title, text)));
    title("Your turn");
    terminal.line(&format!("  console          {}  (sign in as anybody below)", ready.api));
    terminal.line(&format!("  API              {}/v1", ready.api));
    terminal.line(&format!("  sign-in          {}", ready.issuer));
    let center = ready.endpoints.get("sso-admin").map_or("", String::as_str);
    terminal.line(&format!("  Identity Center  {center}  (what it holds: curl -s {center}/_control/state)"));
    terminal.line(&format!("  all of AWS else  {}", ready.endpoints.get("dynamodb").map_or("", String::as_str)));
    terminal.line(&format!("  ids and tokens   {}/ready.json", ready.state_dir));
    terminal.line(&format!("  mails            {}/mail (each as .eml and .html)", ready.state_dir));
    title("People, and what each may ask for now (the token command works for any name)");
    for user in &organization.users {
        let line = format!("  {:<6} {:<26} {:<12}{}", user.name, user.title, user.department, roles(api, &user.name));
        terminal.line(line.trim_end());
        for line in offers(api, &user.name) {
            terminal.line(&terminal.paint(Style::Faint, &format!("         {line}")));
        }
    }
    title("Lines to paste");
    for line in lines(ready) {
        terminal.line(&format!("  {line}"));
    }
    terminal.line(&format!("\n{}", terminal.paint(Style::Title, "Ctrl-C stops everything.")));
}

/// What somebody is besides a requester, as the API says it.
fn roles(api: &Api, user: &str) -> String {
    let me = api.get(user, "/v1/me").map(|reply| reply.json()).unwrap_or_default();
    let roles = me.get("roles").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
    roles.filter(|role| *role != "requester").collect::<Vec<_>>().join(", ")
}

/// What somebody may ask for, as the API says it.
fn offers(api: &Api, user: &str) -> Vec<String> {
    let page = api.get(user, "/v1/entitlements?limit=1000").map(|reply| reply.json()).unwrap_or_default();
    told(page.get("items").and_then(Value::as_array).map_or(&[], Vec::as_slice))
}

/// A line for what would be approved at once, one for what waits for people, one for what would be denied.
fn told(items: &[Value]) -> Vec<String> {
    let mut found: BTreeMap<(usize, String), BTreeMap<&str, BTreeSet<&str>>> = BTreeMap::new();
    for item in items {
        let steps = item.pointer("/prospect/steps").and_then(Value::as_u64);
        let outcome = match (text(item, "/prospect/outcome"), steps) {
            ("automatic", _) => (0, "at once".to_owned()),
            ("approval", Some(steps @ 2..)) => (1, format!("if {steps} steps approve")),
            ("approval", _) => (1, "if approved".to_owned()),
            _ => (2, "not now".to_owned()),
        };
        let sets = found.entry(outcome).or_default();
        sets.entry(text(item, "/permission_set_name")).or_default().insert(text(item, "/account_name"));
    }
    let accounts = |accounts: &BTreeSet<&str>| match accounts.len() {
        0..=3 => accounts.iter().copied().collect::<Vec<_>>().join(", "),
        many => format!("{many} accounts"),
    };
    let line = |((_, outcome), sets): (&(usize, String), &BTreeMap<&str, BTreeSet<&str>>)| {
        let sets: Vec<String> = sets.iter().map(|(set, all)| format!("{set} in {}", accounts(all))).collect();
        format!("{outcome}: {}", sets.join("; "))
    };
    found.iter().map(line).collect()
}

/// `curl` lines in the order in which a person would try them.
fn lines(ready: &Ready) -> Vec<String> {
    let (api, issuer) = (&ready.api, &ready.issuer);
    let account = |name: &str| ready.accounts.get(name).cloned().unwrap_or_default();
    let set = |name: &str| ready.permission_sets.get(name).cloned().unwrap_or_default();
    let json = r#"-H "Content-Type: application/json""#;
    let ask = |account: &str, set: &str, duration: &str, why: &str| {
        format!(
            r#"curl -s -H "Authorization: Bearer $FEMI" -H "Idempotency-Key: $(date +%s%N)" {json} -d '{{"account":"{account}","permission_set":"{set}","duration":"{duration}","justification":"{why}"}}' {api}/v1/requests"#
        )
    };
    vec![
        format!("FEMI=$(curl -s -X POST '{issuer}/mint?user=femi')"),
        format!("ELIF=$(curl -s -X POST '{issuer}/mint?user=elif')"),
        "# What may I ask for, and what would come of it?".into(),
        format!(r#"curl -s -H "Authorization: Bearer $FEMI" {api}/v1/entitlements"#),
        "# Approved automatically, gone after two minutes:".into(),
        ask(&account("sandbox"), &set("ReadOnly"), "PT2M", "Try Curfew"),
        "# Waits for elif, who owns the account:".into(),
        format!(
            "ID=$({} | cut -d'\"' -f4); echo $ID; sleep 2",
            ask(&account("payments-production"), &set("Administrator"), "PT30M", "Repair the settlement job")
        ),
        "# What waits for elif? She approves it; then it becomes active, and femi gives it back:".into(),
        format!(r#"curl -s -H "Authorization: Bearer $ELIF" {api}/v1/approvals"#),
        format!(
            r#"curl -s -H "Authorization: Bearer $ELIF" {json} -d '{{"decision":"approve","comment":"go ahead"}}' {api}/v1/requests/$ID/decisions"#
        ),
        format!(r#"curl -s -H "Authorization: Bearer $FEMI" {api}/v1/requests/$ID"#),
        format!(r#"curl -s -X POST -H "Authorization: Bearer $FEMI" {api}/v1/requests/$ID/return"#),
        "# Refused: no catalog of femi's offers it (its sessions of 12 hours would outlive any grant, invariant I17):"
            .into(),
        ask(&account("payments-production"), &set("Billing"), "PT30M", "Look at an invoice"),
        "# My requests:".into(),
        format!(r#"curl -s -H "Authorization: Bearer $FEMI" '{api}/v1/requests?requester=me'"#),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_may_be_asked_for_is_told_by_what_would_come_of_it() {
        let item = |account: &str, set: &str, prospect: Value| json!({ "account_name": account, "permission_set_name": set, "prospect": prospect });
        let automatic = || json!({ "outcome": "automatic", "flow": "automatic", "demands": [] });
        let steps = |steps: u64| json!({ "outcome": "approval", "flow": "owner", "steps": steps, "demands": [] });
        let items = [
            item("b", "ReadOnly", automatic()),
            item("a", "ReadOnly", automatic()),
            item("a", "Administrator", steps(2)),
            item("b", "Administrator", steps(1)),
            item("c", "Administrator", json!({ "outcome": "denied", "reasons": ["one at a time"] })),
        ];
        let expected = [
            "at once: ReadOnly in a, b",
            "if 2 steps approve: Administrator in a",
            "if approved: Administrator in b",
            "not now: Administrator in c",
        ];
        assert_eq!(told(&items), expected);
        let many: Vec<Value> = ["a", "b", "c", "d"].iter().map(|name| item(name, "ReadOnly", automatic())).collect();
        assert_eq!(told(&many), ["at once: ReadOnly in 4 accounts"]);
        assert!(told(&[]).is_empty());
    }
}
