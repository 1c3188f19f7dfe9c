//! Every single fault at every port call of a life, then everything that AWS and people repeat: no invariant breaks,
//! and every request comes to its end.

use std::sync::Arc;

use curfew_domain::request::Answer;
use curfew_domain::time::SignedDuration;
use curfew_engine::end::Ending;

use super::faults::Kind::{self, CrashAfter, CrashBefore, Frozen, Lost, ReplyLost};
use super::invariants::is_read;
use super::people::{key, observed, wish};
use super::world::{Cast, World};

const MINUTES: i64 = 3;

async fn automatic(world: Arc<World>, cast: Cast) {
    world.ask_automatic(&cast, MINUTES).await;
}

async fn approved(world: Arc<World>, cast: Cast) {
    let id = world.ask_approved(&cast, MINUTES).await;
    world.pass(SignedDuration::from_secs(7)).await;
    world.answer(&cast.ben, &id, Answer::Approve).await;
}

async fn returned(world: Arc<World>, cast: Cast) {
    let id = world.ask_automatic(&cast, MINUTES).await;
    world.pass(SignedDuration::from_millis(1_500)).await;
    // Whatever it is by now, the requester wants it gone.
    if world.end(&cast.ana, &id, Ending::Cancel).await.is_err() {
        world.end(&cast.ana, &id, Ending::Return).await.ok();
    }
}

/// Two people's wishes for one key, and a key with a standing assignment.
async fn shared(world: Arc<World>, cast: Cast) {
    world.administer(&key(&cast.cyn, &cast.automatic), true);
    world.pass(SignedDuration::from_secs(2)).await;
    world.ask_automatic(&cast, MINUTES).await;
    world.ask(&cast.cyn, wish(&cast.automatic, MINUTES, None)).await;
    world.pass(SignedDuration::from_secs(40)).await;
    world.ask_automatic(&cast, MINUTES).await;
}

/// Runs a life with these faults; what broke, and the port calls that were made until everything was over.
pub(super) fn broken<L>(
    life: impl Fn(Arc<World>, Cast) -> L,
    faults: &[(usize, Kind)],
) -> (Vec<String>, Vec<&'static str>)
where
    L: Future<Output = ()>,
{
    let (calls, world) = observed(async |world, cast| {
        world.state().plan.at = faults.iter().copied().collect();
        if !faults.is_empty() {
            world.state().lateness = SignedDuration::from_mins(10);
        }
        life(Arc::clone(&world), cast).await;
        world.all_over(SignedDuration::from_mins(40)).await;
        world.state().calls.clone()
    });
    let violations = std::mem::take(&mut world.state().violations);
    (violations, calls)
}

/// Every wanted call × this kind of fault.
pub(super) fn every_call<L>(kind: Kind, life: impl Fn(Arc<World>, Cast) -> L, wanted: impl Fn(&str) -> bool)
where
    L: Future<Output = ()>,
{
    let (violations, calls) = broken(&life, &[]);
    assert!(violations.is_empty(), "without a fault: {:#?}", violations.first());
    let mut found = Vec::new();
    for (number, port) in calls.iter().enumerate().filter(|(_, port)| wanted(port)) {
        let (violations, _) = broken(&life, &[(number, kind)]);
        found.extend(violations.first().map(|what| format!("{kind:?} at call {number} ({port}): {what}")));
    }
    found.truncate(20);
    assert!(found.is_empty(), "of {} points: {found:#?}", calls.len());
}

macro_rules! every_fault {
    ($($life:ident: $($name:ident = $kind:expr),*;)*) => {
        $($(
            #[test]
            fn $name() {
                every_call($kind, $life, |_| true);
            }
        )*)*
    };
}

every_fault! {
    automatic: automatic_life_survives_any_lost_call = Lost, automatic_life_survives_any_lost_reply = ReplyLost,
        automatic_life_survives_any_crash_before = CrashBefore, automatic_life_survives_any_crash_after = CrashAfter,
        automatic_life_survives_any_freeze = Frozen(20);
    approved: approved_life_survives_any_lost_call = Lost, approved_life_survives_any_lost_reply = ReplyLost,
        approved_life_survives_any_crash_before = CrashBefore, approved_life_survives_any_crash_after = CrashAfter;
    returned: returned_life_survives_any_lost_call = Lost, returned_life_survives_any_lost_reply = ReplyLost,
        returned_life_survives_any_crash_before = CrashBefore, returned_life_survives_any_crash_after = CrashAfter,
        returned_life_survives_any_freeze = Frozen(20);
}

#[test]
fn shared_keys_survive_any_lost_reply_of_a_change() {
    every_call(ReplyLost, shared, |port| !is_read(port));
}

#[test]
fn shared_keys_survive_any_crash_before_a_change() {
    every_call(CrashBefore, shared, |port| !is_read(port));
}
