//! Nothing unusual: every way through the life cycle.

use curfew_domain::request::{Answer, Stage};

use super::cast::Access;
use super::cast::Person::{Ana, Ben, Cyn};
use super::people::{Wish, mins, secs, wish};
use super::{Play, Scenario, scenario};

pub(super) fn scenarios() -> Vec<Scenario> {
    vec![
        scenario!("automatic", automatic, "policy approves; the grant expires", core: true),
        scenario!("approved", approved, "an approver approves; the grant expires", core: true),
        scenario!("denied-by-policy", denied_by_policy, "policy denies: sessions too long, an emergency"),
        scenario!("denied-by-approver", denied_by_approver, "an approver denies"),
        scenario!("lapsed", lapsed, "nobody answers in time"),
        scenario!("scheduled", scheduled, "access that begins later"),
        scenario!("emergency", emergency, "an emergency, where none is allowed, and then a plain request"),
    ]
}

async fn automatic(play: Play) {
    let Some(id) = play.ask(Ana, wish(Access::Automatic, mins(2))).await else { return };
    play.expect(&id, "ended/expired/absent");
    let active = play.reaches(&id, Stage::Active, secs(20)).await;
    play.hope(active, "active within 20 seconds");
    if let Some(end) = play.end_of(&id) {
        play.world.until(end).await;
        play.hope(play.world.key_is_assigned(&play.key(Ana, Access::Automatic)), "not a second too early");
    }
    play.all_over(mins(40)).await;
}

async fn approved(play: Play) {
    let Some(id) = play.ask(Ana, wish(Access::Approved, mins(2))).await else { return };
    play.expect(&id, "ended/expired/absent");
    play.reaches(&id, Stage::AwaitingApproval, mins(10)).await;
    play.world.pass(secs(7)).await;
    play.hope(!play.world.key_is_assigned(&play.key(Ana, Access::Approved)), "nothing before the approval");
    play.answer(Ben, &id, Answer::Approve).await;
    let active = play.reaches(&id, Stage::Active, secs(20)).await;
    play.hope(active, "active within 20 seconds");
    play.all_over(mins(40)).await;
}

async fn denied_by_policy(play: Play) {
    let Some(id) = play.ask(Ana, wish(Access::Denied, mins(2))).await else { return };
    play.expect(&id, "denied");
    play.all_over(mins(20)).await;
}

async fn denied_by_approver(play: Play) {
    let Some(id) = play.ask(Ana, wish(Access::Approved, mins(2))).await else { return };
    play.expect(&id, "denied");
    play.answer(Cyn, &id, Answer::Deny).await;
    play.all_over(mins(30)).await;
}

async fn lapsed(play: Play) {
    let Some(id) = play.ask(Ana, wish(Access::Approved, mins(2))).await else { return };
    play.expect(&id, "lapsed");
    play.all_over(mins(40)).await;
}

async fn scheduled(play: Play) {
    // Not a whole second: clocks need not agree on the rest.
    let start = play.world.now() + mins(3) + super::people::millis(345);
    let Some(id) = play.ask(Ana, Wish { start: Some(start), ..wish(Access::Automatic, mins(2)) }).await else { return };
    play.expect(&id, "ended/expired/absent");
    play.world.until(start).await;
    play.hope(!play.world.key_is_assigned(&play.key(Ana, Access::Automatic)), "nothing before its start");
    let active = play.reaches(&id, Stage::Active, secs(20)).await;
    play.hope(active, "active within 20 seconds of its start");
    play.all_over(mins(40)).await;
}

async fn emergency(play: Play) {
    let first = play.ask(Ana, Wish { emergency: true, ..wish(Access::Automatic, mins(1)) }).await;
    if let Some(id) = &first {
        play.expect(id, "denied");
    }
    let Some(second) = play.ask(Ana, wish(Access::Automatic, mins(1))).await else { return };
    play.expect(&second, "ended/expired/absent");
    play.all_over(mins(40)).await;
}
