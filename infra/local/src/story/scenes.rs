//! What happens in the story.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::teller::{Asked, Teller, Wish, history, seen, text};
use crate::api::Api;
use crate::error::Error;
use crate::identity_center::IdentityCenter;
use crate::organization::Ids;
use crate::terminal::Terminal;

/// Access should be there, or gone, within this time of what causes it.
const SOON: Duration = Duration::from_secs(45);
/// Invariant I12: absent by expiry + 2 minutes.
const LATE: Duration = Duration::from_mins(2);

const AUTOMATIC: Wish = Wish {
    user: "ines",
    account: "sandbox",
    permission_set: "ReadOnly",
    duration: "PT1M",
    why: "Look at yesterday's import",
    ticket: None,
};
const APPROVED: Wish = Wish {
    user: "femi",
    account: "payments-production",
    permission_set: "Administrator",
    duration: "PT30M",
    why: "Repair the settlement job",
    ticket: None,
};
const BY_TWO: Wish = Wish {
    user: "chloe",
    account: "shared-network",
    permission_set: "Administrator",
    duration: "PT30M",
    why: "Replace the expiring transit certificate",
    ticket: Some("CHG-2041"),
};
const DENIED: Wish = Wish {
    user: "ines",
    account: "data-production",
    permission_set: "DatabaseOperator",
    duration: "PT1H",
    why: "Copy the customer table to my laptop",
    ticket: None,
};

/// The four requests.
#[derive(Debug)]
pub(crate) struct Story<'s>(Teller<'s>);

impl<'s> Story<'s> {
    /// A story over a running instance.
    pub(crate) fn new(terminal: Terminal, api: &'s Api, center: &'s IdentityCenter, ids: &'s Ids) -> Self {
        Self(Teller::new(terminal, api, center, ids))
    }

    /// Tells it; returns how many expectations were not met.
    pub(crate) fn tell(mut self) -> Result<usize, Error> {
        self.0.title("1  A request that policy approves by itself");
        let first = self.0.ask(AUTOMATIC)?;
        let expiry = first.as_ref().and_then(|asked| self.begins(asked));

        self.0.title("2  A request that waits for a person, meanwhile");
        if let Some(asked) = self.0.ask(APPROVED)? {
            self.approved_by_link(&asked)?;
        }
        self.0.title("3  A request that takes two people: who owns the account, and then somebody of security");
        if let Some(asked) = self.0.ask(BY_TWO)? {
            self.approved_by_two(&asked)?;
        }
        self.0.title("4  A request that is denied");
        if let Some(asked) = self.0.ask(DENIED)? {
            self.denied(&asked)?;
        }
        self.0.title("1  The first request again: its minute passes");
        if let (Some(asked), Some(expiry)) = (first, expiry) {
            self.expires(&asked, expiry);
        }
        self.0.title("In the end");
        self.0.show_rest();
        Ok(self.0.unmet)
    }

    /// Waits until access is there; returns when it is to end.
    fn begins(&mut self, asked: &Asked) -> Option<Timestamp> {
        let view = self.0.wait(asked, "active", SOON);
        self.0.say(&format!("policy: {}", text(&view, "/verdict/explanation/0")));
        self.0.show(asked, true);
        let (expiry, sessions) = (text(&view, "/grant/expires_at"), text(&view, "/grant/sessions_until"));
        self.0.say(&format!("ends at {expiry}; sessions opened before then may last until {sessions} (invariant I17)"));
        let parsed = expiry.parse::<Timestamp>();
        let said = if parsed.is_ok() { "an instant" } else { expiry };
        self.0.expect("the grant says when it ends", "an instant", said);
        parsed.ok()
    }

    fn approved_by_link(&mut self, asked: &Asked) -> Result<(), Error> {
        let view = self.0.wait(asked, "awaiting_approval", SOON);
        self.0.say(&format!("policy: {}", text(&view, "/verdict/explanation/0")));
        self.0.show(asked, false);
        let Some(path) = self.link("elif", asked) else { return Ok(()) };
        let shown = self.0.api.get("elif", &path)?;
        let digest = shown.json().get("digest").cloned().unwrap_or(Value::Null);
        let readable = shown.status == 200 && digest.is_string();
        self.0.say("elif opens the link and reads what she is asked");
        self.0.expect("the link shows the request", "200 with a digest", &seen(readable, "200 with a digest", &shown));
        let decision = json!({ "decision": "approve", "comment": "Settlement first, thank you", "digest": digest });
        let decided = self.0.api.post("elif", &path, &decision)?;
        self.0.say("elif approves exactly what she was shown: “Settlement first, thank you”");
        self.0.expect("the decision counts", "200", &seen(decided.status == 200, "200", &decided));
        self.0.wait(asked, "active", SOON);
        self.0.show(asked, true);
        self.given_back(asked, "femi repairs the job and gives access back, long before its half hour is over")
    }

    fn approved_by_two(&mut self, asked: &Asked) -> Result<(), Error> {
        let view = self.0.wait(asked, "awaiting_approval", SOON);
        self.0.say(&format!("policy: {}", text(&view, "/verdict/explanation/0")));
        if self.link("ben", asked).is_none() || !self.approves("ben", asked, "Change window is tonight")? {
            return Ok(());
        }
        // Whoever is asked next is only told now.
        if self.link("jonas", asked).is_none() {
            return Ok(());
        }
        self.0.wait(asked, "awaiting_approval", SOON);
        self.0.show(asked, false);
        if !self.approves("jonas", asked, "Matches CHG-2041")? {
            return Ok(());
        }
        self.0.wait(asked, "active", SOON);
        self.0.show(asked, true);
        self.given_back(asked, "chloe is done and gives access back")
    }

    /// Approves through the API; whether that counted.
    fn approves(&mut self, approver: &str, asked: &Asked, comment: &str) -> Result<bool, Error> {
        let decision = json!({ "decision": "approve", "comment": comment });
        let decided = self.0.api.post(approver, &format!("/v1/requests/{}/decisions", asked.id), &decision)?;
        self.0.say(&format!("{approver} approves: “{comment}”"));
        Ok(self.0.expect("the decision counts", "200", &seen(decided.status == 200, "200", &decided)))
    }

    fn given_back(&mut self, asked: &Asked, said: &str) -> Result<(), Error> {
        self.0.say(said);
        let path = format!("/v1/requests/{}/return", asked.id);
        let returned = self.0.api.post(asked.wish.user, &path, &json!({}))?;
        self.0.expect("the return is accepted", "202", &seen(returned.status == 202, "202", &returned));
        let view = self.0.wait(asked, "ended", SOON);
        self.0.show(asked, false);
        self.0.say(&format!("its history: {}", history(&view)));
        Ok(())
    }

    /// The path of the link that an approver finds among the requests that wait for her.
    fn link(&mut self, approver: &str, asked: &Asked) -> Option<String> {
        let link = self.0.poll("waiting until the approvers are told", SOON, |api| {
            let answer = api.get(approver, "/v1/approvals").ok()?.json();
            let items = answer.get("items").and_then(Value::as_array)?;
            let item = items.iter().find(|item| text(item, "/request/id") == asked.id)?;
            item.get("link").and_then(Value::as_str).map(str::to_owned)
        });
        // The link is a page of the console; the API shows and takes the same under an address of its own.
        let path = link.as_deref().and_then(|link| self.0.api.path_of(link)?.strip_prefix("/a/"));
        let path = path.map(|id| format!("/v1/links/{id}"));
        let seen = if path.is_some() { "a link to this API" } else { link.as_deref().unwrap_or("none") };
        self.0.expect(&format!("{approver} has a link to it among what waits for them"), "a link to this API", seen);
        path
    }

    fn denied(&mut self, asked: &Asked) -> Result<(), Error> {
        self.0.wait(asked, "awaiting_approval", SOON);
        let decision = json!({ "decision": "deny", "comment": "Customer data stays where it is" });
        let decided = self.0.api.post("hugo", &format!("/v1/requests/{}/decisions", asked.id), &decision)?;
        self.0.say("hugo denies: “Customer data stays where it is”");
        self.0.expect("the decision counts", "200", &seen(decided.status == 200, "200", &decided));
        self.0.wait(asked, "denied", SOON);
        self.0.show(asked, false);
        Ok(())
    }

    fn expires(&mut self, asked: &Asked, expiry: Timestamp) {
        let left = |now: Timestamp| now.until(expiry).map_or(0, |span| span.get_seconds());
        let until = u64::try_from(Timestamp::now().duration_until(expiry).as_secs()).unwrap_or_default();
        let note = move || match left(Timestamp::now()) {
            left if left > 0 => Some(format!("expires in {left} s")),
            _ => Some("expired".into()),
        };
        let gone = self.0.wait_gone(asked, Duration::from_secs(until) + LATE, note);
        let lateness = expiry.duration_until(Timestamp::now()).as_secs_f64();
        let in_time = gone && lateness >= 0.0;
        let words = if !gone {
            "still assigned"
        } else if in_time {
            "after"
        } else {
            "before"
        };
        self.0.expect(&format!("access ended {lateness:.1} s after its expiry, and not earlier"), "after", words);
        let view = self.0.wait(asked, "ended", SOON);
        self.0.show(asked, false);
        self.0.say(&format!("its history: {}", history(&view)));
    }
}
