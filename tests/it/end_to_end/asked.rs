use std::time::{Duration, Instant};

use jiff::Timestamp;
use serde_json::{Value, json};

use super::api::{Person, Reply, person};
use super::local_run::local_run;
use super::witness::Witness;

/// What takes seconds takes no longer than this, even on a busy machine.
pub(super) const SOON: Duration = Duration::from_secs(90);
/// The shortest grant, and the time that its removal may take (I12).
pub(super) const A_MINUTE_AND_REMOVAL: Duration = Duration::from_mins(3);

/// A request that was accepted, with its requester.
pub(super) struct Asked {
    pub(super) id: String,
    pub(super) by: Person,
    account: String,
    permission_set: String,
}

/// The body of a request, by names of the sample organisation.
pub(super) fn wish(account: &str, permission_set: &str, duration: &str) -> Value {
    json!({
        "account": account_id(account),
        "permission_set": permission_set_arn(permission_set),
        "duration": duration,
        "justification": "An end-to-end test",
    })
}

pub(super) fn account_id(name: &str) -> String {
    local_run().ready.accounts[name].clone()
}

pub(super) fn permission_set_arn(name: &str) -> String {
    local_run().ready.permission_sets[name].clone()
}

/// Somebody asks; Curfew accepts.
#[track_caller]
pub(super) fn ask(name: &str, account: &str, permission_set: &str, duration: &str) -> Asked {
    ask_for(name, &wish(account, permission_set, duration))
}

/// The same with a body of one's own.
#[track_caller]
pub(super) fn ask_for(name: &str, wish: &Value) -> Asked {
    let by = person(name);
    let accepted = by.post("/v1/requests", wish).json(202);
    assert_eq!(accepted["state"], "submitted", "{accepted}");
    let text = |field: &str| accepted[field].as_str().unwrap_or_else(|| panic!("no {field}: {accepted}")).to_owned();
    Asked { id: text("id"), account: text("account"), permission_set: text("permission_set"), by }
}

impl Asked {
    /// A request that somebody made otherwise than through the API.
    pub(super) fn of(name: &str, id: &str, account: &str, permission_set: &str) -> Self {
        let (account, permission_set) = (account_id(account), permission_set_arn(permission_set));
        Self { id: id.to_owned(), by: person(name), account, permission_set }
    }

    /// Address of the request, or of something below it.
    pub(super) fn path(&self, below: &str) -> String {
        format!("/v1/requests/{}{below}", self.id)
    }

    /// The whole request as its requester sees it.
    pub(super) fn view(&self) -> Value {
        self.by.get(&self.path("")).json(200)
    }

    /// The request once it stands at this state; fails as soon as it can get there no more.
    #[track_caller]
    pub(super) fn until(&self, state: &str) -> Value {
        self.until_within(state, SOON)
    }

    #[track_caller]
    pub(super) fn until_within(&self, state: &str, time: Duration) -> Value {
        self.until_seen(&self.by, state, time)
    }

    /// The same through the eyes of somebody else.
    #[track_caller]
    pub(super) fn until_seen_by(&self, who: &Person, state: &str) -> Value {
        self.until_seen(who, state, SOON)
    }

    #[track_caller]
    fn until_seen(&self, who: &Person, state: &str, time: Duration) -> Value {
        eventually(&format!("{} is {state}", self.id), time, || {
            let view = who.get(&self.path("")).json(200);
            let over = ["ended", "denied", "cancelled", "lapsed", "failed"].iter().any(|end| view["state"] == *end);
            assert!(view["state"] == state || !over, "waiting for `{state}`, but it is over: {view:#}");
            if view["state"] == state { Ok(view) } else { Err(format!("{view:#}")) }
        })
    }

    /// The states that its execution entered, once the execution is over.
    #[track_caller]
    pub(super) fn states(&self, witness: &Witness) -> Vec<String> {
        eventually(&format!("the execution of {} is over", self.id), SOON, || {
            let (states, outcome) = witness.states(&self.id);
            if outcome == "SUCCEEDED" { Ok(states) } else { Err(format!("{outcome} after {states:?}")) }
        })
    }

    /// Whether Identity Center has the assignment now.
    pub(super) fn is_assigned(&self, witness: &Witness) -> bool {
        witness.is_assigned(&self.by.id, &self.account, &self.permission_set)
    }

    pub(super) fn remove_behind_our_back(&self, witness: &Witness) {
        witness.remove_behind_our_back(&self.by.id, &self.account, &self.permission_set);
    }

    /// Times at which Identity Center began to create or delete exactly this assignment.
    pub(super) fn changes(&self, witness: &Witness, operation: &str) -> Vec<Timestamp> {
        let calls = witness.calls(|parameters| {
            parameters["PrincipalId"] == self.by.id.as_str()
                && parameters["TargetId"] == self.account.as_str()
                && parameters["PermissionSetArn"] == self.permission_set.as_str()
        });
        let at = |call: &Value| Timestamp::from_millisecond(call["at"].as_i64().unwrap()).unwrap();
        calls.iter().filter(|call| call["operation"] == operation).map(at).collect()
    }

    /// The path of an approver's link for clients of the API, once the approvers have been asked.
    #[track_caller]
    pub(super) fn link(&self, approver: &str) -> String {
        let link = eventually(&format!("{approver} has a link to {}", self.id), SOON, || {
            let waiting = person(approver).get("/v1/approvals").json(200);
            let items = waiting["items"].as_array().expect("a list");
            let mine = items.iter().find(|item| item["request"]["id"] == self.id.as_str());
            mine.and_then(|item| item["link"].as_str()).map(str::to_owned).ok_or(waiting.to_string())
        });
        let api = &local_run().ready.api;
        let id = link.strip_prefix(&format!("{api}/a/")).unwrap_or_else(|| panic!("{link} is not below {api}"));
        format!("/v1/links/{id}")
    }

    /// An approver decides through the API, and says why: some flows want that of a denial.
    pub(super) fn decide(&self, approver: &str, decision: &str) -> Reply {
        let decision = json!({ "decision": decision, "comment": "An end-to-end decision" });
        person(approver).post(&self.path("/decisions"), &decision)
    }

    /// The requester gives the access back, and it is confirmed gone.
    #[track_caller]
    pub(super) fn give_back(&self) -> Value {
        self.by.post(&self.path("/return"), &json!({})).json(202);
        self.until("ended")
    }
}

/// Looks again and again until there is something; `Err` is what was seen instead.
#[track_caller]
pub(super) fn eventually<T>(what: &str, within: Duration, mut look: impl FnMut() -> Result<T, String>) -> T {
    let end = Instant::now() + within;
    loop {
        match look() {
            Ok(found) => return found,
            Err(seen) => assert!(Instant::now() < end, "not within {} s: {what}; seen: {seen}", within.as_secs()),
        }
        std::thread::sleep(Duration::from_millis(200));
    }
}

/// An instant of an answer.
#[track_caller]
pub(super) fn instant(value: &Value) -> Timestamp {
    value.as_str().and_then(|text| text.parse().ok()).unwrap_or_else(|| panic!("no instant: {value}"))
}

/// Events of the history, in order.
pub(super) fn events(view: &Value) -> Vec<&str> {
    view["history"].as_array().expect("a history").iter().map(|one| one["event"].as_str().expect("an event")).collect()
}
