//! Approvers, at once, too late, on their own request, on something that was changed underneath them.

use curfew_domain::request::{Answer, Stage};
use curfew_domain::time::whole_seconds;

use super::cast::Person::{Ana, Ben, Cyn, Dan};
use super::cast::{Access, configuration, configuration_of_other_approvers, with_emergencies, with_quorum};
use super::people::{millis, mins, secs, wish};
use super::{Play, Scenario, scenario};
use crate::parts;

pub(super) fn scenarios() -> Vec<Scenario> {
    vec![
        scenario!("two-approvers", two_approvers, "one approves and one denies, at the same moment"),
        scenario!("late-decision", late_decision, "an approver approves just after the deadline"),
        scenario!("last-moment", last_moment, "an approver approves in the last milliseconds"),
        scenario!("own-request", own_request, "the requester, who is among the approvers, approves"),
        scenario!("narrowed", narrowed, "the approver approves a shorter duration and a later start"),
        scenario!("escalated", escalated, "the requester makes an emergency of an open request",
            adjust: |options| with_emergencies(&mut options.organisation)),
        scenario!("quorum", quorum, "two of three must approve, and do, at the same moment",
            adjust: |options| with_quorum(&mut options.organisation)),
        scenario!("quorum-escalated", quorum_escalated, "one approves in time; two others are asked, and approve",
            adjust: |options| with_quorum(&mut options.organisation)),
        scenario!("policy-changes", policy_changes, "policy changes between approval and create: other approvers"),
        scenario!("shorter-maximum", shorter_maximum, "policy changes before the start: a shorter maximum"),
        scenario!("user-leaves-before", user_leaves_before, "the user is disabled between approval and create"),
        scenario!("account-closes-before", account_closes_before, "the account is suspended before the start"),
        scenario!("forged-duration", forged_duration, "somebody writes a longer duration into an approved request"),
        scenario!("forged-account", forged_account, "somebody writes another account into a scheduled request"),
    ]
}

async fn two_approvers(play: Play) {
    let Some(id) = play.ask(Ana, wish(Access::Approved, mins(1))).await else { return };
    play.reaches(&id, Stage::AwaitingApproval, mins(10)).await;
    play.world.pass(millis(500)).await;
    let (other, request) = (play.clone(), id.clone());
    let ben = tokio::task::spawn_local(async move { other.answer(Ben, &request, Answer::Approve).await });
    play.answer(Cyn, &id, Answer::Deny).await;
    ben.await.expect("Ben's task ends");
    if let Some(request) = play.world.request(&id) {
        play.hope(request.decisions.len() == 1, "one decision counts");
    }
    play.all_over(mins(40)).await;
}

async fn late_decision(play: Play) {
    let Some(id) = play.ask(Ana, wish(Access::Approved, mins(1))).await else { return };
    play.expect(&id, "lapsed");
    play.reaches(&id, Stage::AwaitingApproval, mins(10)).await;
    let Some(since) = play.world.request(&id).map(|request| request.since) else { return };
    play.world.until(since + mins(10) + millis(1)).await;
    play.answer_now(Ben, &id, Answer::Approve).await;
    play.all_over(mins(40)).await;
}

async fn last_moment(play: Play) {
    let Some(id) = play.ask(Ana, wish(Access::Approved, mins(1))).await else { return };
    play.reaches(&id, Stage::AwaitingApproval, mins(10)).await;
    let Some(since) = play.world.request(&id).map(|request| request.since) else { return };
    play.world.until(since + mins(10) - millis(60)).await;
    play.answer_now(Ben, &id, Answer::Approve).await;
    play.all_over(mins(40)).await;
}

async fn own_request(play: Play) {
    let Some(id) = play.ask(Ana, wish(Access::Approved, mins(1))).await else { return };
    play.expect(&id, "denied");
    play.reaches(&id, Stage::AwaitingApproval, mins(10)).await;
    play.world.pass(secs(2)).await;
    play.answer_now(Ana, &id, Answer::Approve).await;
    play.world.pass(secs(20)).await;
    play.answer(Cyn, &id, Answer::Deny).await;
    play.all_over(mins(40)).await;
}

async fn narrowed(play: Play) {
    let Some(id) = play.ask(Ana, wish(Access::Approved, mins(4))).await else { return };
    play.expect(&id, "ended/expired/absent");
    play.reaches(&id, Stage::AwaitingApproval, mins(10)).await;
    let start = whole_seconds(play.world.now() + mins(3));
    play.narrow(Ben, &id, mins(2), start).await;
    if play.reaches(&id, Stage::Active, mins(10)).await
        && let Some(request) = play.world.request(&id)
        && let Some(grant) = request.state.grant()
    {
        play.hope(grant.started_at >= start, "it begins no earlier than the approver said");
        play.hope(grant.expires_at <= grant.started_at + mins(2), "and lasts no longer");
    }
    play.all_over(mins(40)).await;
}

async fn escalated(play: Play) {
    let Some(id) = play.ask(Ana, wish(Access::Approved, mins(2))).await else { return };
    play.expect(&id, "cancelled");
    play.reaches(&id, Stage::AwaitingApproval, mins(10)).await;
    let (other, request) = (play.clone(), id.clone());
    let again = tokio::task::spawn_local(async move { other.escalate(Ana, &request).await });
    let new = play.escalate(Ana, &id).await;
    let again = again.await.expect("the other click ends");
    if let (Some(new), Some(again)) = (&new, again) {
        play.hope(*new == again, "two clicks are one request");
    }
    if let Some(new) = new {
        play.expect(&new, "ended/expired/absent");
        play.answer(Ben, &new, Answer::Approve).await;
    }
    play.all_over(mins(40)).await;
}

async fn quorum(play: Play) {
    let Some(id) = play.ask(Ana, wish(Access::Approved, mins(1))).await else { return };
    play.expect(&id, "ended/expired/absent");
    play.reaches(&id, Stage::AwaitingApproval, mins(10)).await;
    let (other, request) = (play.clone(), id.clone());
    let ben = tokio::task::spawn_local(async move { other.answer(Ben, &request, Answer::Approve).await });
    play.answer(Cyn, &id, Answer::Approve).await;
    ben.await.expect("Ben's task ends");
    play.all_over(mins(40)).await;
}

async fn quorum_escalated(play: Play) {
    let Some(id) = play.ask(Ana, wish(Access::Approved, mins(1))).await else { return };
    play.expect(&id, "ended/expired/absent");
    play.reaches(&id, Stage::AwaitingApproval, mins(10)).await;
    let Some(since) = play.world.request(&id).map(|request| request.since) else { return };
    play.answer_now(Ben, &id, Answer::Approve).await;
    play.world.until(since + mins(2)).await;
    play.hope(play.stage(&id) == Some(Stage::AwaitingApproval), "one of two is not enough");
    play.world.pass(secs(30)).await;
    let asked = play.world.request(&id).is_some_and(|request| request.waits_for(&play.world.user(Dan.name())));
    play.hope(asked, "others are asked after the time of the step");
    play.answer_now(Cyn, &id, Answer::Approve).await;
    play.answer_now(Dan, &id, Answer::Approve).await;
    play.all_over(mins(40)).await;
}

/// Approved by Ben; then, before anything else happens, something changes.
async fn changed_after_approval(play: &Play, change: impl AsyncFnOnce()) {
    let start = play.world.now() + mins(2);
    let asked = super::people::Wish { start: Some(start), ..wish(Access::Approved, mins(2)) };
    let Some(id) = play.ask(Ana, asked).await else { return };
    play.expect(&id, "failed");
    play.answer(Ben, &id, Answer::Approve).await;
    if play.reaches(&id, Stage::Scheduled, mins(1)).await {
        change().await;
        play.unfit(play.key(Ana, Access::Approved));
    }
    play.all_over(mins(40)).await;
}

async fn policy_changes(play: Play) {
    let text = configuration_of_other_approvers();
    changed_after_approval(&play, async || play.world.publish(&text).await).await;
}

async fn shorter_maximum(play: Play) {
    let text = configuration("PT1H", "PT1M");
    changed_after_approval(&play, async || play.world.publish(&text).await).await;
}

async fn user_leaves_before(play: Play) {
    changed_after_approval(&play, async || play.world.set_user_enabled("ana", false)).await;
}

async fn account_closes_before(play: Play) {
    let account = parts(&play.key(Ana, Access::Approved)).account.clone();
    let suspended = crate::AccountState::Suspended;
    changed_after_approval(&play, async || play.world.set_account_state(&account, suspended)).await;
}

async fn forged_duration(play: Play) {
    changed_after_approval(&play, async || play.forge(Ana, "seconds", &28_000.into())).await;
}

async fn forged_account(play: Play) {
    let account = Access::Elsewhere.account();
    changed_after_approval(&play, async || play.forge(Ana, "account", &account.into())).await;
}
