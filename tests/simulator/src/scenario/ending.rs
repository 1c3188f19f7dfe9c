//! People end a request, at each of its stages.

use curfew_domain::request::{Answer, Stage};

use super::cast::Access;
use super::cast::Person::{Ana, Ben, Cyn, Dan};
use super::people::{Wish, millis, mins, secs, wish};
use super::{Play, Scenario, scenario};

pub(super) fn scenarios() -> Vec<Scenario> {
    vec![
        scenario!("cancelled-submitted", cancelled_submitted, "withdrawn before policy has judged"),
        scenario!("cancelled-awaiting", cancelled_awaiting, "withdrawn while an approver is waited for"),
        scenario!("cancelled-scheduled", cancelled_scheduled, "withdrawn before its start"),
        scenario!("cancelled-approved", cancelled_approved, "withdrawn at the moment of the approval"),
        scenario!("returned", returned, "given back early", core: true),
        scenario!("returned-provisioning", returned_provisioning, "given back while it is being created"),
        scenario!("revoked", revoked, "taken away by an administrator"),
        scenario!("revoked-by-approver", revoked_by_approver, "taken away by an approver"),
        scenario!("all-at-once", all_at_once, "returned and revoked by everybody at the same moment"),
        scenario!("ended-at-expiry", ended_at_expiry, "given back at the moment of its expiry"),
    ]
}

async fn cancelled_submitted(play: Play) {
    let Some(id) = play.ask(Ana, wish(Access::Approved, mins(1))).await else { return };
    play.end(Ana, &id, "cancel").await;
    play.all_over(mins(30)).await;
}

async fn cancelled_awaiting(play: Play) {
    let Some(id) = play.ask(Ana, wish(Access::Approved, mins(1))).await else { return };
    play.expect(&id, "cancelled");
    play.reaches(&id, Stage::AwaitingApproval, mins(10)).await;
    play.world.pass(secs(2)).await;
    play.end(Ana, &id, "cancel").await;
    play.answer_now(Ben, &id, Answer::Approve).await;
    play.all_over(mins(30)).await;
}

async fn cancelled_scheduled(play: Play) {
    let start = play.world.now() + mins(2);
    let Some(id) = play.ask(Ana, Wish { start: Some(start), ..wish(Access::Automatic, mins(1)) }).await else { return };
    play.expect(&id, "cancelled");
    play.reaches(&id, Stage::Scheduled, mins(1)).await;
    play.end(Ana, &id, "cancel").await;
    play.all_over(mins(30)).await;
    // Its execution wakes at the start, and finds nothing to do.
    play.world.until(start + mins(1)).await;
}

async fn cancelled_approved(play: Play) {
    let Some(id) = play.ask(Ana, wish(Access::Automatic, mins(1))).await else { return };
    for _ in 0..200 {
        if play.stage(&id).is_some_and(|stage| stage >= Stage::Approved) {
            break;
        }
        play.world.pass(millis(5)).await;
    }
    play.end(Ana, &id, "cancel").await;
    play.all_over(mins(30)).await;
}

async fn returned(play: Play) {
    let Some(id) = play.ask(Ana, wish(Access::Automatic, mins(60))).await else { return };
    play.expect(&id, "ended/returned/absent");
    play.reaches(&id, Stage::Active, mins(15)).await;
    play.world.pass(secs(20)).await;
    play.give_up(Ana, &id).await;
    let ended = play.reaches(&id, Stage::Ended, secs(6)).await;
    play.hope(ended, "gone within seconds");
    play.all_over(mins(80)).await;
}

async fn returned_provisioning(play: Play) {
    let Some(id) = play.ask(Ana, wish(Access::Automatic, mins(60))).await else { return };
    for _ in 0..600 {
        if play.stage(&id).is_some_and(|stage| stage >= Stage::Provisioning) {
            break;
        }
        play.world.pass(millis(50)).await;
    }
    play.world.pass(millis(200)).await;
    play.give_up(Ana, &id).await;
    let over = play.all_over(mins(1)).await;
    play.hope(over, "gone within a minute");
    play.all_over(mins(80)).await;
}

async fn revoked(play: Play) {
    let Some(id) = play.ask(Ana, wish(Access::Automatic, mins(60))).await else { return };
    play.expect(&id, "ended/revoked/absent");
    play.reaches(&id, Stage::Active, mins(15)).await;
    play.world.pass(secs(2)).await;
    play.end(Dan, &id, "revoke").await;
    play.all_over(mins(80)).await;
}

async fn revoked_by_approver(play: Play) {
    let Some(id) = play.ask(Ana, wish(Access::Approved, mins(60))).await else { return };
    play.expect(&id, "ended/revoked/absent");
    play.answer(Cyn, &id, Answer::Approve).await;
    play.reaches(&id, Stage::Active, mins(15)).await;
    play.world.pass(secs(2)).await;
    play.end(Ben, &id, "revoke").await;
    play.all_over(mins(80)).await;
}

async fn all_at_once(play: Play) {
    let Some(id) = play.ask(Ana, wish(Access::Approved, mins(2))).await else { return };
    play.answer(Ben, &id, Answer::Approve).await;
    play.world.pass(millis(900)).await;
    let tasks: Vec<_> = [(Ben, "revoke"), (Dan, "revoke"), (Ana, "return"), (Ana, "cancel")]
        .into_iter()
        .map(|(who, how)| {
            let (play, id) = (play.clone(), id.clone());
            tokio::task::spawn_local(async move { play.end(who, &id, how).await })
        })
        .collect();
    for task in tasks {
        task.await.expect("a click ends");
    }
    play.all_over(mins(40)).await;
}

async fn ended_at_expiry(play: Play) {
    let Some(id) = play.ask(Ana, wish(Access::Automatic, mins(1))).await else { return };
    play.reaches(&id, Stage::Active, mins(15)).await;
    let Some(end) = play.end_of(&id) else { return };
    play.world.until(end - millis(15)).await;
    play.end(Ana, &id, "return").await;
    play.all_over(mins(40)).await;
}
