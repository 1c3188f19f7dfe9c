//! Several grants on one key: access lasts until the last of them ends, and not longer (I9).

use curfew_domain::id::{Key, RequestId};
use curfew_domain::request::{Answer, Stage};
use curfew_domain::time::SignedDuration;
use curfew_identity_center::{Fault, FaultKind, SSO_ADMIN, ServiceError};
use serde_json::{Value, json};

use super::cast::Access;
use super::cast::Person::{Ana, Ben, Cyn, Dan};
use super::people::{Wish, mins, secs, wish};
use super::{Play, Scenario, scenario};
use crate::parts;

pub(super) fn scenarios() -> Vec<Scenario> {
    vec![
        scenario!("overlapping", overlapping, "two grants on one key, the later one ends last", core: true),
        scenario!("overlapping-inside", overlapping_inside, "two grants on one key, the later one ends first"),
        scenario!("longer-returned", longer_returned, "of two grants on one key the longer is given back"),
        scenario!("back-to-back", back_to_back, "a grant begins when another on the same key ends"),
        scenario!("same-second", same_second, "three grants on one key end in the same second"),
        scenario!("create-in-flight", create_in_flight, "a grant expires while its create is in flight; another waits"),
        scenario!("neighbour-fails", neighbour_fails, "a second grant on the key fails"),
        scenario!("two-accounts", two_accounts, "one person, two accounts, one of them approved by a person"),
        scenario!("crowd", crowd, "four people ask for the same permission set in one account at once"),
        scenario!("one-after-another", one_after_another, "the same access twice, with a pause"),
    ]
}

impl Play {
    async fn automatic(&self, duration: SignedDuration) -> Option<RequestId> {
        self.ask(Ana, wish(Access::Automatic, duration)).await
    }

    async fn until_end_of(&self, id: &RequestId) {
        if let Some(end) = self.end_of(id) {
            self.world.until(end).await;
        }
    }

    fn hope_assigned(&self, what: &str) {
        self.hope(self.world.key_is_assigned(&self.key(Ana, Access::Automatic)), what);
    }
}

async fn overlapping(play: Play) {
    let Some(first) = play.automatic(mins(1)).await else { return };
    play.expect(&first, "ended/expired/kept");
    play.reaches(&first, Stage::Active, mins(10)).await;
    play.world.pass(secs(10)).await;
    let Some(second) = play.automatic(mins(2)).await else { return };
    play.expect(&second, "ended/expired/absent");
    play.reaches(&second, Stage::Active, mins(10)).await;
    play.until_end_of(&first).await;
    play.world.pass(secs(10)).await;
    play.hope_assigned("the second keeps it");
    play.until_end_of(&second).await;
    play.hope_assigned("not a second too early");
    play.all_over(mins(40)).await;
}

async fn overlapping_inside(play: Play) {
    let Some(first) = play.automatic(mins(3)).await else { return };
    play.expect(&first, "ended/expired/absent");
    let Some(second) = play.automatic(mins(1)).await else { return };
    play.expect(&second, "ended/expired/kept");
    play.reaches(&second, Stage::Active, mins(10)).await;
    play.until_end_of(&first).await;
    play.hope_assigned("not a second too early");
    play.all_over(mins(40)).await;
}

async fn longer_returned(play: Play) {
    let Some(short) = play.automatic(mins(2)).await else { return };
    let Some(long) = play.automatic(mins(60)).await else { return };
    play.expect(&short, "ended/expired/absent");
    play.expect(&long, "ended/returned/kept");
    play.reaches(&long, Stage::Active, mins(10)).await;
    play.give_up(Ana, &long).await;
    play.all_over(mins(80)).await;
}

async fn back_to_back(play: Play) {
    let Some(first) = play.automatic(mins(1)).await else { return };
    play.reaches(&first, Stage::Active, mins(10)).await;
    let Some(end) = play.end_of(&first) else { return };
    let Some(second) = play.ask(Ana, Wish { start: Some(end), ..wish(Access::Automatic, mins(1)) }).await else {
        return;
    };
    play.expect(&second, "ended/expired/absent");
    play.world.until(end).await;
    let active = play.reaches(&second, Stage::Active, secs(30)).await;
    play.hope(active, "the second begins");
    play.all_over(mins(40)).await;
}

async fn same_second(play: Play) {
    let start = Some(play.world.now() + mins(1));
    for _ in 0..3 {
        play.ask(Ana, Wish { start, ..wish(Access::Automatic, mins(1)) }).await;
    }
    play.all_over(mins(40)).await;
    let ended = play.world.requests().iter().all(|request| request.state.stage() == Stage::Ended);
    play.hope(ended, "all three had their access");
}

async fn create_in_flight(play: Play) {
    play.slow("CreateAccountAssignment", secs(80));
    let Some(first) = play.automatic(mins(1)).await else { return };
    play.world.pass(secs(30)).await;
    let Some(second) = play.automatic(mins(4)).await else { return };
    play.expect(&second, "ended/expired/absent");
    let active = play.reaches(&second, Stage::Active, mins(3)).await;
    play.hope(active, "the second gets it");
    play.hope(play.stage(&first) != Some(Stage::Active), "the first is over");
    play.all_over(mins(40)).await;
}

async fn neighbour_fails(play: Play) {
    let Some(first) = play.automatic(mins(4)).await else { return };
    play.expect(&first, "ended/expired/absent");
    play.reaches(&first, Stage::Active, mins(10)).await;
    let start = Some(play.world.now() + mins(1));
    let Some(second) = play.ask(Ana, Wish { start, ..wish(Access::Automatic, mins(2)) }).await else { return };
    play.expect(&second, "failed");
    play.reaches(&second, Stage::Scheduled, mins(1)).await;
    play.world.publish(&super::cast::configuration("PT1H", "PT1M")).await;
    play.until_end_of(&first).await;
    play.hope_assigned("the first keeps it");
    play.all_over(mins(40)).await;
}

async fn two_accounts(play: Play) {
    let here = play.ask(Ana, wish(Access::Elsewhere, mins(1))).await;
    let there = play.ask(Ana, wish(Access::Approved, mins(1))).await;
    for id in here.iter().chain(&there) {
        play.expect(id, "ended/expired/absent");
    }
    if let Some(id) = &there {
        play.answer(Cyn, id, Answer::Approve).await;
    }
    play.all_over(mins(40)).await;
}

async fn crowd(play: Play) {
    for who in [Ana, Ben, Cyn, Dan] {
        if let Some(id) = play.ask(who, wish(Access::Automatic, mins(1))).await {
            play.expect(&id, "ended/expired/absent");
        }
    }
    play.all_over(mins(40)).await;
}

async fn one_after_another(play: Play) {
    for _ in 0..2 {
        let Some(id) = play.automatic(mins(1)).await else { return };
        play.expect(&id, "ended/expired/absent");
        play.all_over(mins(40)).await;
        play.world.pass(secs(15)).await;
    }
}

impl Play {
    /// The next operation of this kind takes this long.
    pub fn slow(&self, operation: &str, duration: SignedDuration) {
        let ms = u64::try_from(duration.as_millis()).unwrap_or_default();
        self.inject(operation, 1, FaultKind::Slow { ms });
        self.book.borrow_mut().patience = duration;
    }

    /// Has Identity Center misbehave.
    pub fn inject(&self, operation: &str, times: u32, kind: FaultKind) {
        let fault = Fault { operation: operation.to_owned(), times, kind };
        self.world.identity(|model, _| model.inject(fault));
    }

    /// A create that Curfew asked for reaches Identity Center only now.
    pub fn create_late(&self, key: &Key) {
        let body = json!({
            "TargetId": parts(key).account.as_str(), "TargetType": "AWS_ACCOUNT", "PrincipalType": "USER",
            "PermissionSetArn": parts(key).permission_set.as_str(), "PrincipalId": parts(key).user.as_str(),
        });
        let accepted = self.create(body);
        let id = accepted.ok().and_then(|answer| {
            answer.pointer("/AccountAssignmentCreationStatus/RequestId").and_then(Value::as_str).map(str::to_owned)
        });
        self.world.note("a create that was under way arrives");
        if let Some(id) = id {
            let mut book = self.book.borrow_mut();
            book.begun.insert(id);
            book.made.insert(key.clone());
        }
    }

    fn create(&self, mut body: Value) -> Result<Value, ServiceError> {
        self.world.identity(|model, now| {
            body["InstanceArn"] = json!(model.settings().instance_arn);
            model.call(SSO_ADMIN, "CreateAccountAssignment", &body, now)
        })
    }
}
