//! What happens outside Curfew: standing assignments, administrators' hands, people who leave, accounts that close.

use curfew_domain::request::Stage;
use curfew_domain::time::SignedDuration;
use serde_json::{Value, json};

use super::cast::Person::{Ana, Ben};
use super::cast::{Access, Person};
use super::people::{mins, secs, wish};
use super::{Play, Scenario, scenario};
use crate::{AccountState, parts};

pub(super) fn scenarios() -> Vec<Scenario> {
    vec![
        scenario!("standing", standing, "the user has the access already, from somebody else", core: true),
        scenario!("standing-returned", standing_returned, "a grant over a standing assignment is given back"),
        scenario!("standing-goes", standing_goes, "standing access is removed under a grant; another grant follows"),
        scenario!("standing-comes", standing_comes, "an administrator is just making the same assignment"),
        scenario!("removed-outside", removed_outside, "somebody removes the assignment behind Curfew's back"),
        scenario!(
            "remade-outside",
            remade_outside,
            "somebody removes the assignment, and makes it again after the end"
        ),
        scenario!("stray", stray, "an administrator gives somebody a permission set that is Curfew's alone",
            adjust: |options| options.organisation.configuration += OWNERSHIP),
        scenario!("user-disabled", user_disabled, "the user is disabled while the grant is active"),
        scenario!("user-deleted", user_deleted, "the user is deleted while the grant is active"),
        scenario!("account-suspended", account_suspended, "the account is suspended for a while under an active grant"),
        scenario!("permission-set-deleted", permission_set_deleted, "the permission set is deleted under a grant"),
        scenario!("deployed", deployed, "a new release is deployed while an approver is waited for"),
        scenario!("execution-stopped", execution_stopped, "somebody stops the execution of an approved request"),
    ]
}

/// So old is what an administrator did that a listing shows it, also one that lags. What a listing does not show, nobody
/// can tell apart: Identity Center tells neither who made an assignment, nor that it was there before.
const OLD: SignedDuration = SignedDuration::from_secs(10);

async fn standing(play: Play) {
    play.administer(&play.key(Ana, Access::Automatic), true);
    play.world.pass(OLD).await;
    let Some(id) = play.ask(Ana, wish(Access::Automatic, mins(1))).await else { return };
    play.expect(&id, "ended/expired/standing");
    play.reaches(&id, Stage::Active, secs(20)).await;
    let grant = play.world.request(&id).and_then(|request| request.state.grant().cloned());
    play.hope(grant.is_some_and(|grant| grant.standing), "recognised as standing");
    play.all_over(mins(40)).await;
}

async fn standing_returned(play: Play) {
    play.administer(&play.key(Ana, Access::Automatic), true);
    play.world.pass(OLD).await;
    let expired = play.ask(Ana, wish(Access::Automatic, mins(1))).await;
    let Some(returned) = play.ask(Ana, wish(Access::Automatic, mins(60))).await else { return };
    play.reaches(&returned, Stage::Active, mins(10)).await;
    play.give_up(Ana, &returned).await;
    if let Some(id) = expired {
        play.expect(&id, "ended/expired/standing");
    }
    play.all_over(mins(80)).await;
}

async fn standing_goes(play: Play) {
    let key = play.key(Ana, Access::Automatic);
    play.administer(&key, true);
    play.world.pass(OLD).await;
    let Some(first) = play.ask(Ana, wish(Access::Automatic, mins(4))).await else { return };
    play.reaches(&first, Stage::Active, mins(10)).await;
    play.administer(&key, false);
    play.world.pass(OLD).await;
    let Some(second) = play.ask(Ana, wish(Access::Automatic, mins(1))).await else { return };
    let active = play.reaches(&second, Stage::Active, mins(10)).await;
    let grant = play.world.request(&second).and_then(|request| request.state.grant().cloned());
    play.hope(active && grant.is_some_and(|grant| !grant.standing), "the second has its own");
    play.all_over(mins(40)).await;
}

async fn standing_comes(play: Play) {
    let key = play.key(Ana, Access::Automatic);
    play.book.borrow_mut().foreign.insert(key.clone());
    play.world.note("an administrator makes the same assignment in the AWS console");
    play.world.identity(|model, now| {
        let body = json!({
            "InstanceArn": model.settings().instance_arn, "TargetId": parts(&key).account.as_str(), "TargetType": "AWS_ACCOUNT",
            "PermissionSetArn": parts(&key).permission_set.as_str(), "PrincipalType": "USER", "PrincipalId": parts(&key).user.as_str(),
        });
        let latency = std::mem::replace(&mut model.settings_mut().latency_ms, 4_000);
        let begun = model.call(curfew_identity_center::SSO_ADMIN, "CreateAccountAssignment", &body, now);
        model.settings_mut().latency_ms = latency;
        // The listing is up to date here: what it does not show yet, nobody can tell apart.
        model.settings_mut().listing_lag_ms = 0;
        begun.expect("nothing else is in flight");
    });
    let Some(id) = play.ask(Ana, wish(Access::Automatic, mins(1))).await else { return };
    play.expect(&id, "ended/expired/standing");
    play.all_over(mins(40)).await;
}

async fn removed_outside(play: Play) {
    let Some(id) = play.ask(Ana, wish(Access::Automatic, mins(60))).await else { return };
    play.expect(&id, "ended/assignment_removed/absent");
    play.reaches(&id, Stage::Active, mins(10)).await;
    play.world.pass(secs(5)).await;
    play.administer(&play.key(Ana, Access::Automatic), false);
    let ended = play.reaches(&id, Stage::Ended, mins(5)).await;
    play.hope(ended, "noticed within five minutes");
    play.all_over(mins(80)).await;
}

async fn remade_outside(play: Play) {
    let Some(id) = play.ask(Ana, wish(Access::Automatic, mins(60))).await else { return };
    play.reaches(&id, Stage::Active, mins(10)).await;
    play.world.pass(secs(5)).await;
    let key = play.key(Ana, Access::Automatic);
    play.administer(&key, false);
    play.reaches(&id, Stage::Ended, mins(30)).await;
    // What an administrator makes afterwards is theirs.
    if play.stage(&id) == Some(Stage::Ended) {
        play.administer(&key, true);
        play.world.pass(mins(3)).await;
    }
    play.all_over(mins(80)).await;
}

/// The permission set of `Access::Approved` is Curfew's alone.
const OWNERSHIP: &str = "\n[ownership]\npermission_sets = [\"Admin\"]\n";

async fn stray(play: Play) {
    let key = play.key(Ben, Access::Approved);
    play.book.borrow_mut().owned.insert(parts(&key).permission_set.clone());
    // Ana's grant of the same permission set is on record, and not reported.
    let granted = play.ask(Ana, wish(Access::Approved, mins(4))).await;
    if let Some(id) = &granted {
        play.answer(Ben, id, curfew_domain::request::Answer::Approve).await;
        play.reaches(id, Stage::Active, mins(10)).await;
    }
    play.administer(&key, true);
    play.world.pass(mins(16)).await;
    let alarms = || play.book.borrow().alarms.clone();
    let ana = play.world.user(Ana.name());
    play.hope(alarms().iter().all(|(_, text)| !text.contains(ana.as_str())), "what is on record is not reported");
    play.all_over(mins(40)).await;
}

async fn user_disabled(play: Play) {
    let Some(id) = play.ask(Ana, wish(Access::Automatic, mins(3))).await else { return };
    play.reaches(&id, Stage::Active, mins(10)).await;
    play.world.set_user_enabled("ana", false);
    play.unfit(play.key(Ana, Access::Automatic));
    play.all_over(mins(40)).await;
}

async fn user_deleted(play: Play) {
    let Some(id) = play.ask(Ana, wish(Access::Automatic, mins(2))).await else { return };
    play.reaches(&id, Stage::Active, mins(10)).await;
    play.unfit(play.key(Ana, Access::Automatic));
    play.world.delete_user("ana");
    play.all_over(mins(40)).await;
}

async fn account_suspended(play: Play) {
    let Some(id) = play.ask(Ana, wish(Access::Automatic, mins(2))).await else { return };
    play.reaches(&id, Stage::Active, mins(10)).await;
    let account = parts(&play.key(Ana, Access::Automatic)).account.clone();
    play.world.set_account_state(&account, AccountState::Suspended);
    play.unfit(play.key(Ana, Access::Automatic));
    // Nothing can be removed as long as it is suspended: Curfew keeps trying, and somebody is told.
    play.book.borrow_mut().patience = mins(25);
    play.world.pass(mins(14)).await;
    let told = play.stage(&id) == Some(Stage::Ending);
    play.hope(told, "it is not closed before it is gone");
    play.world.set_account_state(&account, AccountState::Active);
    play.all_over(mins(40)).await;
}

async fn permission_set_deleted(play: Play) {
    let Some(id) = play.ask(Ana, wish(Access::Automatic, mins(3))).await else { return };
    play.reaches(&id, Stage::Active, mins(10)).await;
    let key = play.key(Ana, Access::Automatic);
    play.unfit(key.clone());
    let now = play.world.now();
    play.book.borrow_mut().administered(&key, false, now);
    play.world.delete_permission_set(Access::Automatic.set());
    play.all_over(mins(40)).await;
}

async fn deployed(play: Play) {
    let Some(id) = play.ask(Ana, wish(Access::Approved, mins(1))).await else { return };
    play.expect(&id, "ended/expired/absent");
    play.reaches(&id, Stage::AwaitingApproval, mins(10)).await;
    play.world.deploy();
    play.answer(Ben, &id, curfew_domain::request::Answer::Approve).await;
    play.reaches(&id, Stage::Active, mins(10)).await;
    play.world.deploy();
    play.all_over(mins(40)).await;
}

async fn execution_stopped(play: Play) {
    let Some(id) = play.ask(Ana, wish(Access::Approved, mins(1))).await else { return };
    play.answer(Ben, &id, curfew_domain::request::Answer::Approve).await;
    play.world.kill_execution(&id);
    play.all_over(mins(60)).await;
}

impl Play {
    /// Somebody with access to the table changes what a person's latest request asks for.
    pub(super) fn forge(&self, who: Person, field: &str, value: &Value) {
        let user = self.world.user(who.name());
        let newest = self.world.requests().into_iter().rfind(|request| request.ask.requester == user);
        if let Some(request) = newest {
            self.world.forge_request(&request.ask.id, field, value);
        }
    }
}
