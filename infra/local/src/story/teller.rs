//! Tells, asks, waits and compares.

use std::collections::BTreeMap;
use std::time::Duration;

use curfew_identity_center::Assignment;
use serde_json::Value;

use crate::api::{Api, wish};
use crate::error::Error;
use crate::http::Reply;
use crate::identity_center::{IdentityCenter, assignment};
use crate::organization::{Ids, id};
use crate::terminal::{Style, Terminal};

/// States that a request never leaves.
const FINAL: [&str; 5] = ["ended", "denied", "cancelled", "lapsed", "failed"];

/// Who asks for what.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wish {
    pub(super) user: &'static str,
    pub(super) account: &'static str,
    pub(super) permission_set: &'static str,
    pub(super) duration: &'static str,
    pub(super) why: &'static str,
    pub(super) ticket: Option<&'static str>,
}

/// A request that was accepted.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    pub(super) wish: Wish,
    pub(super) id: String,
    pub(super) key: Assignment,
}

/// The voice of the story; counts what was not as it should be.
#[derive(Debug)]
pub(super) struct Teller<'s> {
    terminal: Terminal,
    pub(super) api: &'s Api,
    center: &'s IdentityCenter,
    ids: &'s Ids,
    standing: Vec<Assignment>,
    pub(super) unmet: usize,
}

impl<'s> Teller<'s> {
    pub(super) fn new(terminal: Terminal, api: &'s Api, center: &'s IdentityCenter, ids: &'s Ids) -> Self {
        let standing = center.assignments().into_iter().collect();
        Self { terminal, api, center, ids, standing, unmet: 0 }
    }

    pub(super) fn title(&self, text: &str) {
        self.terminal.line(&format!("\n{}", self.terminal.paint(Style::Title, text)));
    }

    pub(super) fn say(&self, text: &str) {
        self.terminal.line(&format!("  {text}"));
    }

    /// Compares; what differs is said and counted.
    pub(super) fn expect(&mut self, what: &str, expected: &str, seen: &str) -> bool {
        if expected == seen {
            self.say(&format!("{} {what}", self.terminal.paint(Style::Good, "✓")));
            return true;
        }
        self.unmet += 1;
        let mark = self.terminal.paint(Style::Bad, "✗");
        self.say(&format!("{mark} {what}: expected {expected}, but saw {seen}"));
        false
    }

    /// Submits a request.
    pub(super) fn ask(&mut self, wish: Wish) -> Result<Option<Asked>, Error> {
        let Wish { user, account, permission_set, duration, why, ticket } = wish;
        let reference = ticket.map(|ticket| format!(" ({ticket})")).unwrap_or_default();
        self.say(&format!("{user} asks for {permission_set} in {account} for {duration}: “{why}”{reference}"));
        let (where_, what) = (id(&self.ids.accounts, account)?, id(&self.ids.permission_sets, permission_set)?);
        let body = self::wish(where_, what, duration, why, ticket);
        let reply = self.api.post(user, "/v1/requests", &body)?;
        let request = reply.json().get("id").and_then(Value::as_str).unwrap_or_default().to_owned();
        let accepted = reply.status == 202 && !request.is_empty();
        if !self.expect(
            &format!("accepted as request {request}"),
            "202 with an id",
            &self::seen(accepted, "202 with an id", &reply),
        ) {
            return Ok(None);
        }
        Ok(Some(Asked { wish, id: request, key: assignment(self.ids, user, account, permission_set)? }))
    }

    /// Waits until the request is in `state`; a final state or the end of the time ends the wait.
    pub(super) fn wait(&mut self, asked: &Asked, state: &str, at_most: Duration) -> Value {
        let mut last = Value::Null;
        let label = format!("waiting until it is {state}");
        self.terminal.wait(
            &label,
            at_most,
            || None,
            || {
                last = self.view(asked);
                let now = state_of(&last);
                (now == state || FINAL.contains(&now)).then_some(())
            },
        );
        let seen = format!("{}{}", state_of(&last), reason(&last));
        let seen = if state_of(&last) == state { state.to_owned() } else { seen };
        self.expect(&format!("the request is {state}"), state, &seen);
        last
    }

    /// Polls the API until it has something.
    pub(super) fn poll<T>(&self, label: &str, at_most: Duration, mut look: impl FnMut(&Api) -> Option<T>) -> Option<T> {
        self.terminal.wait(label, at_most, || None, || look(self.api))
    }

    /// The request as its requester sees it; null when it cannot be seen.
    pub(super) fn view(&self, asked: &Asked) -> Value {
        let reply = self.api.get(asked.wish.user, &format!("/v1/requests/{}", asked.id));
        reply.ok().filter(|reply| reply.status == 200).map_or(Value::Null, |reply| reply.json())
    }

    /// Whether Identity Center holds the key now.
    pub(super) fn holds(&self, asked: &Asked) -> bool {
        self.center.assignments().contains(&asked.key)
    }

    /// Polls until Identity Center does not hold the key any more.
    pub(super) fn wait_gone(&self, asked: &Asked, at_most: Duration, note: impl Fn() -> Option<String> + Send) -> bool {
        let label = format!("waiting until {} has it no more", asked.wish.user);
        self.terminal.wait(&label, at_most, note, || (!self.holds(asked)).then_some(())).is_some()
    }

    /// Shows what Identity Center holds, and compares for one request.
    pub(super) fn show(&mut self, asked: &Asked, present: bool) {
        let held = self.center.assignments();
        let rows: Vec<String> = held.iter().map(|one| self.row(one)).collect();
        let title = self.terminal.paint(Style::Faint, "Identity Center holds");
        self.say(&format!("{title} {}", rows.join(&self.terminal.paint(Style::Faint, " · "))));
        let words = |present| if present { "assigned" } else { "not assigned" };
        let what = format!(
            "{} in {} is {} to {}",
            asked.wish.permission_set,
            asked.wish.account,
            words(present),
            asked.wish.user
        );
        self.expect(&what, words(present), words(held.contains(&asked.key)));
    }

    /// What was there before Curfew is there, and nothing else.
    pub(super) fn show_rest(&mut self) {
        let held: Vec<Assignment> = self.center.assignments().into_iter().collect();
        let list = |all: &[Assignment]| all.iter().map(|one| self.row(one)).collect::<Vec<_>>().join(" · ");
        let (expected, seen) = (list(&self.standing), list(&held));
        self.expect(&format!("Identity Center holds what it held before: {expected}"), &expected, &seen);
    }

    fn row(&self, one: &Assignment) -> String {
        let name = |ids: &BTreeMap<String, String>, id: &str| {
            ids.iter().find(|(_, value)| *value == id).map_or_else(|| id.to_owned(), |(name, _)| name.clone())
        };
        let standing = if self.standing.contains(one) { " (standing, not Curfew's)" } else { "" };
        let (user, account) = (name(&self.ids.users, &one.principal_id), name(&self.ids.accounts, &one.account));
        format!("{user} → {} in {account}{standing}", name(&self.ids.permission_sets, &one.permission_set))
    }
}

/// What was expected when it was so, otherwise the answer as it came.
pub(super) fn seen(as_expected: bool, expected: &str, reply: &Reply) -> String {
    if as_expected { expected.to_owned() } else { format!("{} {}", reply.status, reply.body) }
}

/// The state in a view.
pub(super) fn state_of(view: &Value) -> &str {
    view.get("state").and_then(Value::as_str).unwrap_or("unknown")
}

/// Why it stands where it stands, if it says so.
fn reason(view: &Value) -> String {
    match text(view, "/reason") {
        "" => String::new(),
        reason => format!(" ({reason})"),
    }
}

/// The events in a view's history, in one line.
pub(super) fn history(view: &Value) -> String {
    let events = view.get("history").and_then(Value::as_array).into_iter().flatten();
    let names = events.filter_map(|entry| entry.get("event").and_then(Value::as_str));
    names.collect::<Vec<_>>().join(" → ")
}

/// A text at a place in a view.
pub(crate) fn text<'v>(view: &'v Value, pointer: &str) -> &'v str {
    view.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_view_is_read_without_trust() {
        let view = json!({ "state": "ended", "history": [{ "event": "submitted" }, { "event": "ended" }, {}] });
        assert_eq!((state_of(&view), state_of(&Value::Null)), ("ended", "unknown"));
        assert_eq!(history(&view), "submitted → ended");
        assert_eq!(text(&view, "/grant/expires_at"), "");
    }
}
