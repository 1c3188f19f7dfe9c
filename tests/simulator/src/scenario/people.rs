//! What people do, through the HTTP API, as people do it: what fails they click again, and what they find they act on.

use curfew_domain::id::{Key, RequestId};
use curfew_domain::request::{Answer, Stage};
use curfew_domain::time::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::Play;
use super::cast::{Access, Person};

/// How long a person waits before the same click again.
const AGAIN: SignedDuration = SignedDuration::from_secs(5);
/// How long a person waits before that once it has failed often.
const LATER: SignedDuration = SignedDuration::from_secs(60);
/// Clicks until a person takes longer breaks.
const QUICK: u32 = 12;
/// Clicks until a person gives up.
const MOST: u32 = 45;
/// How often a person who waits for something looks.
const LOOK: SignedDuration = SignedDuration::from_millis(200);

/// What somebody asks for.
#[derive(Debug, Clone, Copy)]
pub struct Wish {
    /// Which access.
    pub access: Access,
    /// For how long.
    pub duration: SignedDuration,
    /// Not before.
    pub start: Option<Timestamp>,
    /// As an emergency.
    pub emergency: bool,
}

/// Some minutes.
pub fn mins(n: i64) -> SignedDuration {
    SignedDuration::from_mins(n)
}

/// Some seconds.
pub fn secs(n: i64) -> SignedDuration {
    SignedDuration::from_secs(n)
}

/// Some milliseconds.
pub fn millis(n: i64) -> SignedDuration {
    SignedDuration::from_millis(n)
}

/// A plain wish.
pub fn wish(access: Access, duration: SignedDuration) -> Wish {
    Wish { access, duration, start: None, emergency: false }
}

impl Play {
    /// One call, clicked again as long as the service is the reason that it failed. `None`: gave up.
    async fn click(
        &self,
        who: Person,
        method: &str,
        path: &str,
        key: Option<&str>,
        body: Option<Value>,
    ) -> Option<(u16, Value)> {
        for click in 1..=MOST {
            let (status, answer) = match key {
                Some(key) => self.world.api_once(who.name(), method, path, body.clone(), key).await,
                None => self.world.api(who.name(), method, path, body.clone()).await,
            };
            let busy = answer.get("code").and_then(Value::as_str) == Some("busy");
            if status < 500 && !busy {
                return Some((status, answer));
            }
            self.world.pass(if click < QUICK { AGAIN } else { LATER }).await;
        }
        None
    }

    /// One look.
    pub(super) async fn get(&self, who: Person, path: &str) -> Option<(u16, Value)> {
        self.click(who, "GET", path, None, None).await
    }

    /// Asks for access. `None`: refused, or given up.
    pub async fn ask(&self, who: Person, wish: Wish) -> Option<RequestId> {
        let mut body = json!({
            "account": wish.access.account(),
            "permission_set": self.world.permission_set(wish.access.set()).to_string(),
            "duration": format!("PT{}S", wish.duration.as_secs()),
            "justification": "there is work to do",
            "emergency": wish.emergency,
        });
        if let (Some(start), Some(fields)) = (wish.start, body.as_object_mut()) {
            fields.insert("start".to_owned(), json!(start.to_string()));
        }
        self.submit(who, "/v1/requests", body).await
    }

    /// Asks for a longer grant. `None`: refused, or given up.
    pub async fn extend(&self, who: Person, id: &RequestId, duration: SignedDuration) -> Option<RequestId> {
        let body = json!({ "duration": format!("PT{}S", duration.as_secs()), "justification": "not done yet" });
        self.submit(who, &format!("/v1/requests/{id}/extend"), body).await
    }

    async fn submit(&self, who: Person, path: &str, body: Value) -> Option<RequestId> {
        let key = {
            let mut book = self.book.borrow_mut();
            book.wishes += 1;
            format!("wish-{}", book.wishes)
        };
        let (status, answer) = self.click(who, "POST", path, Some(&key), Some(body)).await?;
        let id = RequestId::parse(answer.get("id")?.as_str()?).ok().filter(|_| status == 202)?;
        self.book.borrow_mut().accepted.insert(id.clone());
        self.expect_accepted(&id);
        Some(id)
    }

    /// What the API accepted is in the table.
    fn expect_accepted(&self, id: &RequestId) {
        if self.world.request(id).is_none() {
            self.world.violate(format!("I15: request {id} was accepted, and is nowhere"));
        }
    }

    /// Decides as soon as there is something to decide; through the link, where there is one.
    pub async fn answer(&self, who: Person, id: &RequestId, answer: Answer) {
        let waits = |stage: Stage| stage != Stage::Submitted;
        self.waits_for(id, mins(20), waits).await;
        self.answer_now(who, id, answer).await;
    }

    /// Decides at once, whatever there is to decide.
    pub async fn answer_now(&self, who: Person, id: &RequestId, answer: Answer) -> Option<u16> {
        self.decide(who, id, answer, None).await
    }

    /// Approves as soon as there is something to decide, for this long only and not before this start.
    pub async fn narrow(&self, who: Person, id: &RequestId, duration: SignedDuration, start: Timestamp) {
        self.waits_for(id, mins(20), |stage| stage != Stage::Submitted).await;
        self.decide(who, id, Answer::Approve, Some((duration, start))).await;
    }

    async fn decide(
        &self,
        who: Person,
        id: &RequestId,
        answer: Answer,
        narrowed: Option<(SignedDuration, Timestamp)>,
    ) -> Option<u16> {
        let user = self.world.user(who.name());
        self.book.borrow_mut().answers.push((user, id.clone(), answer));
        let word = match answer {
            Answer::Approve => "approve",
            Answer::Deny => "deny",
        };
        let (_, waiting) = self.click(who, "GET", "/v1/approvals", None, None).await?;
        let of_request = |item: &&Value| item.pointer("/request/id").and_then(Value::as_str) == Some(id.as_str());
        let item = waiting.get("items").and_then(Value::as_array).and_then(|items| items.iter().find(of_request));
        let link = item.and_then(|item| item.get("link")?.as_str()?.rsplit_once("/a/").map(|(_, link)| link));
        let digest = item.and_then(|item| item.pointer("/request/digest"));
        let (path, mut body) = match link {
            Some(link) => (format!("/v1/links/{link}"), json!({ "decision": word, "digest": digest })),
            None => (format!("/v1/requests/{id}/decisions"), json!({ "decision": word })),
        };
        if let (Some((duration, start)), Some(fields)) = (narrowed, body.as_object_mut()) {
            fields.insert("duration".to_owned(), json!(format!("PT{}S", duration.as_secs())));
            fields.insert("start".to_owned(), json!(start.to_string()));
        }
        let (status, _) = self.click(who, "POST", &path, None, Some(body)).await?;
        Some(status)
    }

    /// Makes an emergency of an open request; the request that took its place. `None`: refused, or given up.
    pub async fn escalate(&self, who: Person, id: &RequestId) -> Option<RequestId> {
        let path = format!("/v1/requests/{id}/escalate");
        let (status, answer) = self.click(who, "POST", &path, None, None).await?;
        let new = RequestId::parse(answer.get("id")?.as_str()?).ok().filter(|_| status == 202)?;
        self.book.borrow_mut().accepted.insert(new.clone());
        self.expect_accepted(&new);
        Some(new)
    }

    /// Finds an emergency justified. The status of the answer.
    pub async fn review(&self, who: Person, id: &RequestId) -> Option<u16> {
        let body = json!({ "finding": "justified", "comment": "there was smoke" });
        let reviewed = self.click(who, "POST", &format!("/v1/requests/{id}/review"), None, Some(body)).await;
        reviewed.map(|(status, _)| status)
    }

    /// Cancels, returns or revokes. The status of the answer.
    pub async fn end(&self, who: Person, id: &RequestId, how: &str) -> Option<u16> {
        let ended = self.click(who, "POST", &format!("/v1/requests/{id}/{how}"), None, None).await;
        ended.map(|(status, _)| status)
    }

    /// Whatever the request is by now, its requester wants it gone.
    pub async fn give_up(&self, who: Person, id: &RequestId) {
        for how in ["return", "cancel", "return"] {
            if self.end(who, id, how).await == Some(202) {
                return;
            }
        }
    }

    /// Where the request stands.
    pub fn stage(&self, id: &RequestId) -> Option<Stage> {
        self.world.request(id).map(|request| request.state.stage())
    }

    /// Waits until the request stands so, or can never any more. Whether it does.
    pub async fn reaches(&self, id: &RequestId, stage: Stage, within: SignedDuration) -> bool {
        self.waits_for(id, within, |at| at >= stage).await;
        self.stage(id) == Some(stage)
    }

    async fn waits_for(&self, id: &RequestId, within: SignedDuration, so: impl Fn(Stage) -> bool) {
        let deadline = self.world.now() + within;
        while self.world.now() < deadline && !self.stage(id).is_some_and(&so) {
            self.world.pass(LOOK).await;
        }
    }

    /// Waits until every request is over, at most this long. Whether they are.
    pub async fn all_over(&self, within: SignedDuration) -> bool {
        let deadline = self.world.now() + within;
        loop {
            let open = self.world.requests().iter().any(|request| !request.state.stage().is_terminal());
            if !open || self.world.now() >= deadline {
                return !open;
            }
            self.world.pass(secs(2)).await;
        }
    }

    /// When the access of a request ends.
    pub fn end_of(&self, id: &RequestId) -> Option<Timestamp> {
        self.world.request(id)?.state.grant().map(|grant| grant.expires_at)
    }

    /// The key of a person and an access.
    pub fn key(&self, who: Person, access: Access) -> Key {
        self.world.key(who.name(), access.account(), access.set())
    }

    /// An administrator makes or removes an assignment in the AWS console.
    pub fn administer(&self, key: &Key, present: bool) {
        self.book.borrow_mut().administered(key, present, self.world.now());
        self.world.set_assignment(key, present);
    }

    /// From now on nobody may get this access: a fact behind it has changed.
    pub fn unfit(&self, key: Key) {
        let now = self.world.now();
        self.book.borrow_mut().unfit.insert(key, now);
    }
}
