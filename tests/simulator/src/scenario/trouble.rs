//! Identity Center is slow, refuses, fails, or gets stuck; services are down; triggers get lost. For longer than one call.

use curfew_domain::request::Stage;
use curfew_identity_center::FaultKind;

use super::cast::Access;
use super::cast::Person::{Ana, Ben, Cyn};
use super::people::{millis, mins, secs, wish};
use super::{Play, Scenario, scenario};

pub(super) fn scenarios() -> Vec<Scenario> {
    vec![
        scenario!("create-fails", create_fails, "Identity Center cannot create the assignment"),
        scenario!("create-conflicts", create_conflicts, "Identity Center refuses the create for a while"),
        scenario!("create-too-slow", create_too_slow, "the grant expires before its create is done"),
        scenario!("create-stuck", create_stuck, "the create hangs for twelve minutes"),
        scenario!("delete-stuck", delete_stuck, "the delete hangs for twelve minutes"),
        scenario!("delete-fails", delete_fails, "the delete fails eight times"),
        scenario!("create-late", create_late, "a create that seemed lost reaches Identity Center 25 seconds later"),
        scenario!("create-late-returned", create_late_returned, "the same, given back in between"),
        scenario!("no-sweep", no_sweep, "without the sweep, nothing that does not fail is late",
            adjust: |options| options.sweep = false),
        scenario!("slow-listing", slow_listing, "listings lag by eight seconds",
            adjust: |options| options.identity.listing_lag_ms = 8_000),
        scenario!("strict-accounts", strict_accounts, "one role update per account at a time, others are refused",
            adjust: |options| options.identity.role_updates = curfew_identity_center::RoleUpdates::Refused),
    ]
}

async fn create_fails(play: Play) {
    play.inject("CreateAccountAssignment", 1, FaultKind::Fail { reason: "role quota".to_owned() });
    let Some(id) = play.ask(Ana, wish(Access::Automatic, mins(2))).await else { return };
    play.expect(&id, "failed");
    play.all_over(mins(40)).await;
}

async fn create_conflicts(play: Play) {
    play.inject("CreateAccountAssignment", 6, FaultKind::Conflict);
    let Some(id) = play.ask(Ana, wish(Access::Automatic, mins(2))).await else { return };
    play.expect(&id, "ended/expired/absent");
    play.all_over(mins(40)).await;
}

async fn create_too_slow(play: Play) {
    play.slow("CreateAccountAssignment", secs(150));
    let Some(id) = play.ask(Ana, wish(Access::Automatic, mins(1))).await else { return };
    let ending = play.reaches(&id, Stage::Ending, mins(2)).await;
    play.hope(ending, "it ends, whatever becomes of the create");
    play.all_over(mins(40)).await;
}

async fn create_stuck(play: Play) {
    stuck(play, "CreateAccountAssignment").await;
}

async fn delete_stuck(play: Play) {
    stuck(play, "DeleteAccountAssignment").await;
}

/// An operation that Identity Center begins and does not end.
async fn stuck(play: Play, operation: &str) {
    play.book.borrow_mut().patience = mins(14);
    play.inject(operation, 1, FaultKind::Stuck);
    let Some(id) = play.ask(Ana, wish(Access::Automatic, mins(1))).await else { return };
    play.world.pass(mins(12)).await;
    play.hope(play.stage(&id) == Some(Stage::Ending), "it is not closed before it is gone");
    play.world.identity(curfew_identity_center::Model::heal);
    play.all_over(mins(40)).await;
}

async fn delete_fails(play: Play) {
    play.book.borrow_mut().patience = mins(20);
    let reason = "AWS SSO is unable to complete your request at this time".to_owned();
    play.inject("DeleteAccountAssignment", 8, FaultKind::Fail { reason });
    let Some(id) = play.ask(Ana, wish(Access::Automatic, mins(1))).await else { return };
    play.expect(&id, "ended/expired/absent");
    play.all_over(mins(60)).await;
}

async fn create_late(play: Play) {
    late(play, false).await;
}

async fn create_late_returned(play: Play) {
    late(play, true).await;
}

/// A create of which Curfew hears nothing, and which was under way all the time.
async fn late(play: Play, given_back: bool) {
    play.book.borrow_mut().patience = mins(2);
    play.inject("CreateAccountAssignment", 1, FaultKind::LostRequest);
    let Some(id) = play.ask(Ana, wish(Access::Automatic, mins(3))).await else { return };
    let sent = || play.world.log().calls().any(|(_, call)| call.operation == "CreateAccountAssignment");
    for _ in 0..2_000 {
        if sent() {
            break;
        }
        play.world.pass(millis(10)).await;
    }
    if sent() {
        let (scene, key) = (play.clone(), play.key(Ana, Access::Automatic));
        tokio::task::spawn_local(async move {
            scene.world.pass(secs(25)).await;
            scene.create_late(&key);
        });
    }
    play.world.pass(secs(1)).await;
    if given_back {
        play.give_up(Ana, &id).await;
    }
    play.all_over(mins(40)).await;
}

async fn no_sweep(play: Play) {
    let Some(id) = play.ask(Ana, wish(Access::Automatic, mins(1))).await else { return };
    play.expect(&id, "ended/expired/absent");
    play.all_over(mins(4)).await;
    // With faults, the sweep is needed after all.
    play.world.set_sweep(true);
    play.all_over(mins(40)).await;
}

async fn slow_listing(play: Play) {
    let Some(id) = play.ask(Ana, wish(Access::Automatic, mins(1))).await else { return };
    play.expect(&id, "ended/expired/absent");
    play.all_over(mins(40)).await;
}

async fn strict_accounts(play: Play) {
    for who in [Ana, Ben, Cyn] {
        if let Some(id) = play.ask(who, wish(Access::Automatic, mins(1))).await {
            play.expect(&id, "ended/expired/absent");
        }
    }
    play.all_over(mins(40)).await;
}
