//! A grant is extended by a request of its own, which policy judges anew.

use curfew_domain::id::RequestId;
use curfew_domain::request::{Answer, Stage};

use super::cast::Access;
use super::cast::Person::{Ana, Ben, Dan};
use super::people::{mins, secs, wish};
use super::{Play, Scenario, scenario};

/// None where this release has no extension.
pub(super) fn scenarios() -> Vec<Scenario> {
    if !curfew_intake::routes().any(|route| route.ends_with("/extend")) {
        return Vec::new();
    }
    vec![
        scenario!("extended", extended, "a grant is extended while it is active", core: true),
        scenario!("extended-approved", extended_approved, "an extension needs an approver, who approves"),
        scenario!("extended-late", extended_late, "an extension is approved after the grant has expired"),
        scenario!("extended-returned", extended_returned, "an extended grant is given back: both end", core: true),
        scenario!("extended-revoked", extended_revoked, "a grant is revoked while its extension waits for approval"),
    ]
}

async fn extended(play: Play) {
    let Some(first) = play.ask(Ana, wish(Access::Automatic, mins(1))).await else { return };
    play.reaches(&first, Stage::Active, mins(10)).await;
    let end = play.end_of(&first);
    let Some(second) = play.extend(Ana, &first, mins(1)).await else { return };
    play.expect(&first, "ended/expired/kept");
    play.expect(&second, "ended/expired/absent");
    play.reaches(&second, Stage::Active, mins(10)).await;
    if let Some(end) = end {
        play.hope(play.end_of(&second) == Some(end + mins(1)), "it ends as much later as was asked for");
        play.world.until(end + secs(30)).await;
        play.hope(play.world.key_is_assigned(&play.key(Ana, Access::Automatic)), "no gap");
    }
    play.all_over(mins(40)).await;
}

/// Approved access that is active, and an extension of it that waits.
async fn waiting(play: &Play) -> Option<(RequestId, RequestId)> {
    let first = play.ask(Ana, wish(Access::Approved, mins(2))).await?;
    play.answer(Ben, &first, Answer::Approve).await;
    play.reaches(&first, Stage::Active, mins(10)).await;
    let second = play.extend(Ana, &first, mins(1)).await?;
    play.reaches(&second, Stage::AwaitingApproval, mins(10)).await;
    Some((first, second))
}

async fn extended_approved(play: Play) {
    if let Some((first, second)) = waiting(&play).await {
        play.expect(&first, "ended/expired/kept");
        play.expect(&second, "ended/expired/absent");
        play.answer(Ben, &second, Answer::Approve).await;
    }
    play.all_over(mins(40)).await;
}

async fn extended_late(play: Play) {
    if let Some((first, second)) = waiting(&play).await {
        play.expect(&first, "ended/expired/absent");
        play.expect(&second, "ended/expired/absent");
        play.reaches(&first, Stage::Ended, mins(10)).await;
        play.world.pass(secs(5)).await;
        play.answer(Ben, &second, Answer::Approve).await;
    }
    play.all_over(mins(40)).await;
}

async fn extended_returned(play: Play) {
    let Some(first) = play.ask(Ana, wish(Access::Automatic, mins(10))).await else { return };
    play.reaches(&first, Stage::Active, mins(10)).await;
    if let Some(second) = play.extend(Ana, &first, mins(10)).await {
        play.reaches(&second, Stage::Active, mins(10)).await;
        play.give_up(Ana, &first).await;
        let over = play.all_over(mins(1)).await;
        play.hope(over, "both end");
    }
    play.all_over(mins(60)).await;
}

async fn extended_revoked(play: Play) {
    if let Some((first, second)) = waiting(&play).await {
        play.expect(&first, "ended/revoked/absent");
        play.expect(&second, "failed");
        play.end(Dan, &first, "revoke").await;
        play.answer(Ben, &second, Answer::Approve).await;
        play.world.pass(mins(1)).await;
        play.hope(!play.world.key_is_assigned(&play.key(Ana, Access::Approved)), "an extension brings nothing back");
    }
    play.all_over(mins(40)).await;
}
