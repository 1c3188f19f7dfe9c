//! The frame of every special case: a world like that of the scenarios, watched by all invariants.

use curfew_domain::id::RequestId;
use curfew_domain::request::{Answer, EndReason, Gone, Stage, State as S};
use curfew_domain::time::SignedDuration;
use curfew_sim::campaign::{Ran, stage};
use curfew_sim::scenario::cast::{Access, Person};
use curfew_sim::scenario::people::{secs, wish};
use curfew_sim::scenario::{Play, named};
use curfew_sim::timeline::{Detail, timeline};
use curfew_sim::{Options, Plan, What};

/// Plays a story without faults of the plan; any broken invariant fails the test with its time line.
pub(crate) fn play<T>(story: impl AsyncFnOnce(Play) -> T) -> T {
    play_with(|_| {}, story)
}

/// The same in a world that was changed before.
pub(crate) fn play_with<T>(adjust: impl FnOnce(&mut Options), story: impl AsyncFnOnce(Play) -> T) -> T {
    let mut options = named("automatic").unwrap().options(1, Plan::default());
    adjust(&mut options);
    let strict = options.plan == Plan::default();
    let (result, ran) = stage(options, strict, story);
    well(&ran);
    result
}

/// Fails with the time line if an invariant was broken.
pub(crate) fn well(ran: &Ran) {
    let detail = Detail { reads: false, after_violation: 3 };
    assert!(ran.violations.is_empty(), "{:#?}\n{}", ran.violations, timeline(ran, detail));
}

/// Ana asks for automatic access.
pub(crate) async fn automatic(play: &Play, duration: SignedDuration) -> RequestId {
    play.ask(Person::Ana, wish(Access::Automatic, duration)).await.unwrap()
}

/// Ana asks for access that Ben or Cyn must approve.
pub(crate) async fn approved(play: &Play, duration: SignedDuration) -> RequestId {
    play.ask(Person::Ana, wish(Access::Approved, duration)).await.unwrap()
}

/// The last word of the request's stage.
pub(crate) fn stage_of(play: &Play, id: &RequestId) -> &'static str {
    play.stage(id).unwrap().name()
}

/// How an ended request ended.
pub(crate) fn ended(play: &Play, id: &RequestId) -> (EndReason, Gone) {
    let request = play.world.request(id).unwrap();
    let S::Ended { reason, gone, .. } = &request.state else { panic!("{id} is {}", request.state.stage().name()) };
    (reason.clone(), gone.clone())
}

/// How often functions have called this operation so far.
pub(crate) fn calls_of(play: &Play, operation: &str) -> usize {
    play.world.log().calls().filter(|(_, call)| call.operation == operation).count()
}

/// Ana asks for what Ben or Cyn must approve, Ben approves, and it is active.
pub(crate) async fn approved_and_active(play: &Play, duration: SignedDuration) -> RequestId {
    let id = approved(play, duration).await;
    play.answer(Person::Ben, &id, Answer::Approve).await;
    assert!(play.reaches(&id, Stage::Active, secs(40)).await);
    id
}

/// Ana asks for automatic access, and it is active.
pub(crate) async fn active(play: &Play, duration: SignedDuration) -> RequestId {
    let id = automatic(play, duration).await;
    assert!(play.reaches(&id, Stage::Active, secs(40)).await);
    id
}

/// The texts of all alarms of this name so far, oldest first.
pub(crate) fn alarms(play: &Play, name: &str) -> Vec<String> {
    let log = play.world.log();
    let of_name = |what: &What| match what {
        What::Said { alarm: Some(alarm), text, .. } if alarm == name => Some(text.clone()),
        _ => None,
    };
    log.steps().iter().filter_map(|step| of_name(&step.what)).collect()
}
