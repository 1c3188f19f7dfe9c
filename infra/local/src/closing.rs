//! What is printed once everything was told: where things are, who can sign in, and lines to paste.

use crate::organization::Organization;
use crate::ready::Ready;
use crate::terminal::{Style, Terminal};

/// Prints addresses, people and `curl` lines.
pub(crate) fn print(terminal: Terminal, ready: &Ready, organization: &Organization) {
    let title = |text: &str| terminal.line(&format!("\n{}", terminal.paint(Style::Title, text)));
    title("Your turn");
    terminal.line(&format!("  API              {}", ready.api));
    terminal.line(&format!("  sign-in          {}", ready.issuer));
    let center = ready.endpoints.get("sso-admin").map_or("", String::as_str);
    terminal.line(&format!("  Identity Center  {center}  (what it holds: curl -s {center}/_control/state)"));
    terminal.line(&format!("  all of AWS else  {}", ready.endpoints.get("dynamodb").map_or("", String::as_str)));
    terminal.line(&format!("  ids and tokens   {}/ready.json", ready.state_dir));
    title("People (every one may ask; the token command works for any name)");
    for user in &organization.users {
        let role = role(organization, &user.name);
        let line = format!("  {:<6} {:<26} {:<12}{role}", user.name, user.title, user.department);
        terminal.line(line.trim_end());
    }
    title("Lines to paste");
    for line in lines(ready) {
        terminal.line(&format!("  {line}"));
    }
    terminal.line(&format!("\n{}", terminal.paint(Style::Title, "Ctrl-C stops everything.")));
}

fn role(organization: &Organization, user: &str) -> String {
    let configuration = &organization.configuration;
    let is = |names: &[String]| names.iter().any(|name| name == user);
    let mut roles = Vec::new();
    if is(&configuration.administrators) {
        roles.push("administrator".to_owned());
    }
    if is(&configuration.auditors) {
        roles.push("auditor".to_owned());
    }
    for entitlement in configuration.entitlements.iter().filter(|one| is(&one.approvers)) {
        roles.push(format!("approves {}/{}", entitlement.account, entitlement.permission_set));
    }
    roles.join(", ")
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
        format!("FEMI=$(curl -s -X POST '{issuer}/token?user=femi')"),
        format!("ELIF=$(curl -s -X POST '{issuer}/token?user=elif')"),
        "# What may I ask for?".into(),
        format!(r#"curl -s -H "Authorization: Bearer $FEMI" {api}/v1/entitlements"#),
        "# Approved automatically, gone after two minutes:".into(),
        ask(&account("sandbox"), &set("ReadOnly"), "PT2M", "Try Curfew"),
        "# Waits for elif or ben:".into(),
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
        "# Refused: its sessions of 12 hours would outlive the grant (invariant I17):".into(),
        ask(&account("payments-production"), &set("Billing"), "PT30M", "Look at an invoice"),
        "# My requests:".into(),
        format!(r#"curl -s -H "Authorization: Bearer $FEMI" '{api}/v1/requests?requester=me'"#),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_are_said_in_words() {
        let sample = Organization::sample().unwrap();
        assert_eq!(role(&sample, "liam"), "");
        assert!(role(&sample, "ben").starts_with("administrator, approves payments-production/Administrator"));
    }
}
