//! People and administrators do as they like, and Identity Center has moods: different for each seed.

use curfew_domain::id::RequestId;
use curfew_domain::request::Answer;
use curfew_identity_center::FaultKind;
use fastrand::Rng;
use tokio::task::JoinHandle;

use super::cast::Person::{Ana, Ben, Cyn, Dan};
use super::cast::{Access, Person};
use super::people::{Wish, millis, mins, wish};
use super::{Play, Scenario, scenario};

pub(super) fn scenario() -> Scenario {
    scenario!("chaos", chaos, "people and administrators do as they like; different for each seed")
}

/// Requests in one run, at most.
const REQUESTS: usize = 7;

async fn chaos(play: Play) {
    // Drawn once: nothing that AWS or the SDK draws changes what people do.
    let mut random = Rng::with_seed(fastrand::u64(..));
    let end = play.world.now() + mins(6);
    play.book.borrow_mut().patience = mins(4);
    let mut people = Vec::new();
    while play.world.now() < end {
        play.world.pass(millis(random.i64(1..30_000))).await;
        people.extend(somebody_does_something(&play, &mut random));
    }
    // Whoever still clicks is heard, or gives up.
    for person in people {
        person.await.expect("nobody panics");
    }
    play.all_over(mins(60)).await;
}

fn somebody_does_something(play: &Play, random: &mut Rng) -> Option<JoinHandle<()>> {
    let requests = play.world.requests();
    let ids: Vec<RequestId> = requests.iter().map(|request| request.ask.id.clone()).collect();
    let (what, length) = (random.u8(0..12), mins(random.i64(1..5)));
    let who = [Ana, Ana, Cyn][random.usize(0..3)];
    let access = [Access::Automatic, Access::Automatic, Access::Elsewhere][random.usize(0..3)];
    let id = if ids.is_empty() { None } else { Some(ids[random.usize(0..ids.len())].clone()) };
    let start = play.world.now() + millis(random.i64(0..120_000));
    let may_ask = play.book.borrow().wishes < REQUESTS;
    if what == 10 {
        misbehave(play, random);
        return None;
    }
    let play = play.clone();
    Some(tokio::task::spawn_local(async move {
        match (what, id) {
            (0..=2, _) if may_ask => drop(play.ask(who, wish(access, length)).await),
            (3, _) if may_ask => {
                if let Some(id) = play.ask(who, wish(Access::Approved, length)).await {
                    play.answer(Ben, &id, Answer::Approve).await;
                }
            }
            (4, _) if may_ask => drop(play.ask(who, Wish { start: Some(start), ..wish(access, length) }).await),
            (5, Some(id)) => drop(play.answer_now(Ben, &id, Answer::Approve).await),
            (6, Some(id)) => drop(play.answer_now(Dan, &id, Answer::Deny).await),
            (7, Some(id)) => drop(play.end(requester(&play, &id), &id, "return").await),
            (8, Some(id)) => drop(play.end(Dan, &id, "revoke").await),
            (9, Some(id)) => drop(play.end(requester(&play, &id), &id, "cancel").await),
            (11, _) => play.world.deploy(),
            _ => {}
        }
    }))
}

fn misbehave(play: &Play, random: &mut Rng) {
    let kinds = [
        FaultKind::Slow { ms: 90_000 },
        FaultKind::Fail { reason: "bad luck".to_owned() },
        FaultKind::Conflict,
        FaultKind::Throttle,
    ];
    let operation = ["CreateAccountAssignment", "DeleteAccountAssignment"][random.usize(0..2)];
    play.inject(operation, 1, kinds[random.usize(0..kinds.len())].clone());
}

fn requester(play: &Play, id: &RequestId) -> Person {
    let user = play.world.request(id).map(|request| request.ask.requester.clone());
    [Ana, Ben, Cyn, Dan].into_iter().find(|who| Some(play.world.user(who.name())) == user).unwrap_or(Ana)
}
