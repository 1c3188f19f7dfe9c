//! Access that is not given by assignment: membership of a group of Curfew's, and what people give and take by hand. And
//! permission sets that are exclusively Curfew's, on which assignments of others are removed.

use curfew_domain::id::{Key, RequestId};
use curfew_domain::request::{EndReason, Stage, State};
use curfew_domain::time::SignedDuration;
use curfew_engine::hands::Task;
use serde_json::Value;

use super::cast::Person::{Ana, Ben, Cyn};
use super::cast::{Access, GROUP, Person, with_strategies};
use super::people::{mins, secs, wish};
use super::{Play, Scenario, scenario};
use crate::parts;

pub(super) fn scenarios() -> Vec<Scenario> {
    vec![
        scenario!("group", group, "access by membership of a group", core: true,
            adjust: |options| with_strategies(&mut options.organisation)),
        scenario!("group-overlapping", group_overlapping, "two grants on one membership, the later one ends last",
            adjust: |options| with_strategies(&mut options.organisation)),
        scenario!("group-standing", group_standing, "the user is a member already, by somebody else's hand",
            adjust: |options| with_strategies(&mut options.organisation)),
        scenario!("group-removed-outside", group_removed, "somebody removes the member behind Curfew's back",
            adjust: |options| with_strategies(&mut options.organisation)),
        scenario!("group-stray", group_stray, "an administrator adds a member to a group that is Curfew's alone",
            adjust: |options| with_strategies(&mut options.organisation)),
        scenario!("manual", manual, "people give access by hand, and take it by hand", core: true,
            adjust: |options| with_strategies(&mut options.organisation)),
        scenario!("manual-forgotten", manual_forgotten, "nobody gives it, and nobody says for long that it is not there",
            adjust: |options| with_strategies(&mut options.organisation)),
        scenario!("manual-refused", manual_refused, "nobody will give it",
            adjust: |options| with_strategies(&mut options.organisation)),
        scenario!("exclusive", exclusive, "an assignment on a set that is exclusively Curfew's is removed",
            adjust: |options| options.organisation.configuration += EXCLUSIVE),
        scenario!("exclusive-granted", exclusive_granted, "the same, while a grant on the same key begins and ends",
            adjust: |options| options.organisation.configuration += EXCLUSIVE),
    ]
}

/// The permission set of `Access::Automatic` is exclusively Curfew's.
const EXCLUSIVE: &str = "\n[ownership]\npermission_sets = [\"ReadOnly\"]\nmode = \"exclusive\"\n";
/// So old is what an administrator did that a look shows it, also a stale one.
const OLD: SignedDuration = SignedDuration::from_secs(10);

impl Play {
    fn membership(&self, who: Person) -> Key {
        Key::Membership { user: self.world.user(who.name()), group: self.world.group(GROUP) }
    }

    /// Has this person do by hand what there is to do, so long after it was asked for, for ever.
    fn diligent(&self, who: Person, after: SignedDuration) {
        let play = self.clone();
        tokio::task::spawn_local(async move {
            loop {
                play.world.pass(secs(2)).await;
                let now = play.world.now();
                let due = |since| now.duration_since(since) >= after;
                let waiting = play.world.requests().into_iter().find(|r| Task::of(r).is_some() && due(r.since));
                if let Some(request) = waiting {
                    play.handle(who, &request.ask.id).await;
                }
            }
        });
    }

    /// Does by hand what the list of tasks says about a request. Access is there before anybody says so, and gone before
    /// anybody says so.
    async fn handle(&self, who: Person, id: &RequestId) -> Option<u16> {
        let (_, tasks) = self.get(who, "/v1/tasks").await?;
        let of_request = |task: &&Value| task.pointer("/request/id").and_then(Value::as_str) == Some(id.as_str());
        let task = tasks.get("items")?.as_array()?.iter().find(of_request)?.get("task")?.as_str()?.to_owned();
        let key = self.world.request(id)?.ask.key();
        if task == "give" {
            self.book.borrow_mut().by_hand.insert(key);
            return self.end(who, id, "provisioned").await;
        }
        self.book.borrow_mut().by_hand.remove(&key);
        self.end(who, id, "removed").await
    }
}

async fn group(play: Play) {
    let Some(id) = play.ask(Ana, wish(Access::Grouped, mins(1))).await else { return };
    play.expect(&id, "ended/expired/absent");
    let active = play.reaches(&id, Stage::Active, mins(10)).await;
    let there = play.world.key_is_assigned(&play.membership(Ana));
    play.hope(active && there, "a member while it is active");
    play.hope(!play.world.key_is_assigned(&play.key(Ana, Access::Grouped)), "and nothing is assigned directly");
    play.all_over(mins(40)).await;
}

async fn group_overlapping(play: Play) {
    let Some(first) = play.ask(Ana, wish(Access::Grouped, mins(1))).await else { return };
    play.expect(&first, "ended/expired/kept");
    play.reaches(&first, Stage::Active, mins(10)).await;
    play.world.pass(secs(10)).await;
    let Some(second) = play.ask(Ana, wish(Access::Grouped, mins(2))).await else { return };
    play.expect(&second, "ended/expired/absent");
    play.reaches(&second, Stage::Active, mins(10)).await;
    if let Some(end) = play.end_of(&first) {
        play.world.until(end + secs(10)).await;
    }
    play.hope(play.world.key_is_assigned(&play.membership(Ana)), "the second keeps it");
    play.all_over(mins(40)).await;
}

async fn group_standing(play: Play) {
    play.administer(&play.membership(Ana), true);
    play.world.pass(OLD).await;
    let Some(id) = play.ask(Ana, wish(Access::Grouped, mins(1))).await else { return };
    play.expect(&id, "ended/expired/standing");
    play.all_over(mins(40)).await;
}

async fn group_removed(play: Play) {
    let Some(id) = play.ask(Ana, wish(Access::Grouped, mins(60))).await else { return };
    play.expect(&id, "ended/assignment_removed/absent");
    play.reaches(&id, Stage::Active, mins(10)).await;
    play.world.pass(OLD).await;
    play.administer(&play.membership(Ana), false);
    let ended = play.reaches(&id, Stage::Ended, mins(5)).await;
    play.hope(ended, "noticed within five minutes");
    play.all_over(mins(80)).await;
}

async fn group_stray(play: Play) {
    play.book.borrow_mut().owned_groups.insert(play.world.group(GROUP));
    // Ana's membership is on record, and not reported; Cyn's is not.
    let granted = play.ask(Ana, wish(Access::Grouped, mins(10))).await;
    play.administer(&play.membership(Cyn), true);
    play.world.pass(mins(16)).await;
    let ana = play.world.user(Ana.name());
    let alarms = play.book.borrow().alarms.clone();
    play.hope(alarms.iter().all(|(_, text)| !text.contains(ana.as_str())), "what is on record is not reported");
    play.hope(granted.is_some() && play.world.key_is_assigned(&play.membership(Cyn)), "it is reported, and stays");
    play.all_over(mins(40)).await;
}

async fn manual(play: Play) {
    play.diligent(Ben, secs(20));
    let Some(id) = play.ask(Ana, wish(Access::ByHand, mins(3))).await else { return };
    play.expect(&id, "ended/expired/taken");
    play.reaches(&id, Stage::Provisioning, mins(5)).await;
    let second = play.ask(Ana, wish(Access::ByHand, mins(3))).await;
    if let Some(second) = &second {
        play.expect(second, "failed");
    }
    let active = play.reaches(&id, Stage::Active, mins(10)).await;
    play.hope(active, "it begins when somebody says so");
    play.all_over(mins(80)).await;
}

async fn manual_forgotten(play: Play) {
    let Some(id) = play.ask(Ana, wish(Access::ByHand, mins(2))).await else { return };
    play.expect(&id, "ended/expired/taken");
    play.reaches(&id, Stage::Provisioning, mins(10)).await;
    play.handle(Ben, &id).await;
    play.reaches(&id, Stage::Ending, mins(10)).await;
    // Whoever owes a confirmation is reminded by an alarm.
    play.world.pass(mins(9)).await;
    play.hope(play.stage(&id) == Some(Stage::Ending), "nobody has said that it is gone");
    let alarms = play.book.borrow().alarms.clone();
    play.hope(alarms.iter().any(|(_, text)| text.starts_with("removal_overdue")), "an alarm rings");
    play.diligent(Cyn, secs(0));
    play.all_over(mins(80)).await;
}

async fn manual_refused(play: Play) {
    let Some(id) = play.ask(Ana, wish(Access::ByHand, mins(60))).await else { return };
    play.expect(&id, "failed");
    play.reaches(&id, Stage::Provisioning, mins(10)).await;
    let own = play.end(Ana, &id, "removed").await;
    play.hope(own == Some(403), "nobody says so of their own access");
    play.end(Cyn, &id, "removed").await;
    // With faults it may have come to more.
    play.diligent(Ben, secs(30));
    play.all_over(mins(80)).await;
}

async fn exclusive(play: Play) {
    let (here, elsewhere) = (play.key(Ben, Access::Automatic), play.key(Cyn, Access::Approved));
    play.exclusively(&here);
    let granted = play.ask(Ana, wish(Access::Automatic, mins(30))).await;
    // Of a set that is not owned, nothing is touched.
    play.administer(&elsewhere, true);
    play.administer(&here, true);
    play.gone(&here).await;
    let removals: Vec<_> = play.removals();
    play.hope(removals.len() == 1, "by one removal on record");
    let kept = granted.as_ref().and_then(|id| play.stage(id)) == Some(Stage::Active);
    play.hope(kept && play.world.key_is_assigned(&play.key(Ana, Access::Automatic)), "a grant is left alone");
    play.all_over(mins(60)).await;
}

async fn exclusive_granted(play: Play) {
    let key = play.key(Ben, Access::Automatic);
    play.exclusively(&key);
    play.administer(&key, true);
    // Asked for around the moment at which the sweep finds it, and lasting longer than that.
    play.world.pass(mins(1)).await;
    for _ in 0..8 {
        play.ask(Ben, wish(Access::Automatic, mins(1))).await;
        play.world.pass(secs(55)).await;
    }
    play.gone(&key).await;
    play.all_over(mins(60)).await;
}

impl Play {
    fn exclusively(&self, key: &Key) {
        let mut book = self.book.borrow_mut();
        book.owned.insert(parts(key).permission_set.clone());
        book.exclusive = true;
    }

    /// Requests that nobody made.
    fn removals(&self) -> Vec<RequestId> {
        let is_stray = |state: &State| {
            matches!(
                state,
                State::Ending { reason: EndReason::Stray, .. } | State::Ended { reason: EndReason::Stray, .. }
            )
        };
        let requests = self.world.requests();
        requests.iter().filter(|request| is_stray(&request.state)).map(|request| request.ask.id.clone()).collect()
    }

    /// Waits until a stray is gone.
    async fn gone(&self, key: &Key) {
        let deadline = self.world.now() + mins(60);
        while self.world.key_is_assigned(key) && self.world.now() < deadline {
            self.world.pass(secs(2)).await;
        }
        self.hope(!self.world.key_is_assigned(key), "what nobody asked for is gone");
    }
}
