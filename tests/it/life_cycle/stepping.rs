//! Steps one after another, with quorums, with others who take over, and with terms that approvers narrow, through the
//! state machine and back. Policy's configuration knows no such steps yet: the verdicts are made by hand. (I1, I2, I11)

use std::sync::Arc;

use curfew_domain::id::{RequestId, UserId};
use curfew_domain::request::{Answer, Narrowing, Refusal, State as S};
use curfew_domain::time::{AccessDuration, SignedDuration};
use curfew_domain::verdict::{OnTimeout, Step};
use curfew_engine::decide::Reply;
use curfew_engine::error::Error;

use super::every_fault::every_call;
use super::extending::{SOON, end_of, mins};
use super::faults::Kind;
use super::functions::{Failure, run_decide_by_link};
use super::invariants::is_read;
use super::people::in_a_world;
use super::world::{Cast, World};

/// A step of these people, of whom one must approve within two minutes; it is the last.
fn step(who: &[&UserId]) -> Step {
    Step {
        name: "step".to_owned(),
        approvers: who.iter().map(|who| (*who).clone()).collect(),
        quorum: 1,
        timeout: mins(2),
        on_timeout: OnTimeout::Lapse,
        then: None,
        self_approval: false,
        distinct: false,
        comment_on_denial: false,
    }
}

async fn asked_of(world: &Arc<World>, cast: &Cast, steps: Vec<Step>) -> RequestId {
    world.state().handmade = Some(steps);
    let id = world.ask_automatic(cast, 10).await;
    world.reaches(&id, "awaiting_approval", SOON).await;
    world.pass(SignedDuration::from_secs(1)).await;
    id
}

/// Who was asked for each step, through links.
fn asked(world: &World, id: &RequestId, step: usize) -> Vec<UserId> {
    let state = world.state();
    let mut people: Vec<_> = state.asked.iter().filter(|l| l.request == *id && l.step == step).collect();
    people.dedup();
    people.into_iter().map(|link| link.approver.clone()).collect()
}

#[test]
fn two_steps_with_a_quorum_of_two_ask_each_in_turn() {
    in_a_world(async |world, cast| {
        let two = Step { quorum: 2, then: Some(1), ..step(&[&cast.ben, &cast.cyn]) };
        let id = asked_of(&world, &cast, vec![two, Step { distinct: true, ..step(&[&cast.ben, &cast.dan]) }]).await;
        assert_eq!(asked(&world, &id, 0), [cast.ben.clone(), cast.cyn.clone()]);
        world.answer(&cast.ben, &id, Answer::Approve).await;
        world.answer(&cast.cyn, &id, Answer::Approve).await;
        world.pass(SignedDuration::from_secs(2)).await;
        assert_eq!(asked(&world, &id, 1), [cast.dan.clone()], "who approved before is not asked again");
        world.answer(&cast.dan, &id, Answer::Approve).await;
        world.reaches(&id, "active", SOON).await;
        world.all_over(mins(20)).await;
    });
}

#[test]
fn when_time_runs_out_others_are_asked_and_links_of_the_old_step_decide_nothing() {
    in_a_world(async |world, cast| {
        let first = Step { on_timeout: OnTimeout::Escalate(1), ..step(&[&cast.ben]) };
        let id = asked_of(&world, &cast, vec![first, step(&[&cast.cyn, &cast.dan])]).await;
        world.pass(mins(2) + SOON).await;
        assert_eq!(asked(&world, &id, 1), [cast.cyn.clone(), cast.dan.clone()], "the state machine asks again");
        let link = world.state().asked.iter().find(|link| link.approver == cast.ben).cloned().unwrap();
        let (ben, shown) = (world.person(&cast.ben), world.request(&id).digest());
        let reply = Reply { answer: Answer::Approve, comment: None, narrowed: Narrowing::NONE };
        let late = run_decide_by_link(&world, &ben, &link.id, &reply, &shown).await;
        assert!(matches!(late, Err(Failure::Error(Error::Refused(Refusal::Escalated)))), "{late:?}");
        world.answer(&cast.dan, &id, Answer::Approve).await;
        world.reaches(&id, "active", SOON).await;
        assert!(world.state().records[&id].iter().any(|record| record.event == "escalated"));
        world.all_over(mins(20)).await;
    });
}

#[test]
fn nobody_of_anybody_answers_and_the_last_step_says_what_becomes_of_it() {
    in_a_world(async |world, cast| {
        let first = Step { on_timeout: OnTimeout::Escalate(1), ..step(&[&cast.ben]) };
        let last = Step { on_timeout: OnTimeout::Deny, ..step(&[&cast.cyn]) };
        let id = asked_of(&world, &cast, vec![first, last]).await;
        world.reaches(&id, "denied", mins(5)).await;
        assert_eq!(world.request(&id).timed_out, [0, 1]);
        world.all_over(mins(5)).await;
    });
}

#[test]
fn what_approvers_narrow_is_what_begins() {
    in_a_world(async |world, cast| {
        let steps = vec![Step { then: Some(1), ..step(&[&cast.ben]) }, step(&[&cast.cyn])];
        let id = asked_of(&world, &cast, steps).await;
        let before = world.request(&id).digest();
        let start = curfew_domain::time::whole_seconds(world.now() + mins(3));
        let narrowed = Narrowing { duration: AccessDuration::from_seconds(120).ok(), start: Some(start) };
        let link = |who: &UserId| world.state().asked.iter().rfind(|link| link.approver == *who).cloned().unwrap();
        let reply = |narrowed| Reply { answer: Answer::Approve, comment: None, narrowed };
        let ben = world.person(&cast.ben);
        run_decide_by_link(&world, &ben, &link(&cast.ben).id, &reply(narrowed), &before).await.unwrap();
        world.pass(SignedDuration::from_secs(2)).await;
        let cyn = world.person(&cast.cyn);
        let stale = run_decide_by_link(&world, &cyn, &link(&cast.cyn).id, &reply(Narrowing::NONE), &before).await;
        assert!(matches!(stale, Err(Failure::Error(Error::Refused(Refusal::Changed)))), "{stale:?}");
        world.answer(&cast.cyn, &id, Answer::Approve).await;
        assert_eq!(world.request(&id).state, S::Scheduled { start });
        world.reaches(&id, "active", mins(4)).await;
        assert!(end_of(&world, &id) <= start + mins(2) + SignedDuration::from_secs(15));
        world.all_over(mins(20)).await;
    });
}

/// Nobody of the first step answers; whoever takes over does.
async fn escalating(world: Arc<World>, cast: Cast) {
    let first = Step { on_timeout: OnTimeout::Escalate(1), ..step(&[&cast.ben]) };
    world.state().handmade = Some(vec![first, Step { timeout: mins(5), ..step(&[&cast.cyn]) }]);
    let id = world.ask_automatic(&cast, 3).await;
    world.pass(mins(2) + SOON).await;
    world.answer(&cast.cyn, &id, Answer::Approve).await;
}

#[test]
fn an_escalating_life_survives_any_fault_of_a_change() {
    for kind in [Kind::Lost, Kind::ReplyLost, Kind::CrashBefore, Kind::CrashAfter] {
        every_call(kind, escalating, |port| !is_read(port));
    }
}
