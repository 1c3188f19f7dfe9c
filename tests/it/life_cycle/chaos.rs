//! Random trouble at random calls, people who do as they like, then peace. A failure prints its seed.

use std::sync::Arc;

use curfew_domain::id::RequestId;
use curfew_domain::request::Answer;
use curfew_domain::time::SignedDuration;
use curfew_engine::end::Ending;
use curfew_identity_center::{Fault, FaultKind};

use super::faults::{Chaos, Random};
use super::people::{observed, wish};
use super::world::{Cast, World};

/// How long the trouble lasts.
const TROUBLE: SignedDuration = SignedDuration::from_mins(8);

#[test]
fn random_trouble_breaks_no_invariant() {
    // More with CURFEW_SEEDS=<first>..<last>.
    let range = std::env::var("CURFEW_SEEDS").unwrap_or_else(|_| "0..40".to_owned());
    let (first, last) = range.split_once("..").expect("CURFEW_SEEDS=<first>..<last>");
    for seed in first.parse::<u64>().unwrap()..last.parse().unwrap() {
        let ((), world) = observed(async |world, cast| {
            let end = world.now() + TROUBLE;
            let per_mille = [5, 20, 60, 150][usize::try_from(seed % 4).unwrap()];
            world.state().plan.chaos = Some(Chaos { random: Random(seed), per_mille, until: end });
            world.state().lateness = TROUBLE + SignedDuration::from_mins(10);
            let mut random = Random(seed ^ 0xbad_cafe);
            while world.now() < end {
                let pause = 1 + random.below(40_000);
                world.pass(SignedDuration::from_millis(i64::try_from(pause).unwrap())).await;
                somebody_does_something(&world, &cast, &mut random);
            }
            // Whoever was about to do something has done it.
            world.pass(SignedDuration::from_millis(1)).await;
            let now = world.millis();
            world.state().model.heal(now);
            // Those whose clicks failed so far click once more.
            world.pass(SignedDuration::from_mins(3)).await;
            world.all_over(SignedDuration::from_mins(60)).await;
        });
        let violations = std::mem::take(&mut world.state().violations);
        assert!(
            violations.is_empty(),
            "CURFEW_SEEDS={seed}..{}: {:#?}",
            seed + 1,
            &violations[..violations.len().min(9)]
        );
    }
}

fn somebody_does_something(world: &Arc<World>, cast: &Cast, random: &mut Random) {
    let ids: Vec<RequestId> = world.state().requests.keys().cloned().collect();
    let pick = usize::try_from(random.below(100)).unwrap();
    let id = ids.get(pick % ids.len().max(1)).cloned();
    let (what, minutes) = (random.below(10), 1 + i64::try_from(random.below(6)).unwrap());
    let (world, cast) = (Arc::clone(world), cast.clone());
    tokio::task::spawn_local(async move {
        match (what, id) {
            (0..=2, _) | (_, None) if world.state().requests.len() < 8 => {
                world.ask_automatic(&cast, minutes).await;
            }
            (3, _) => {
                world.ask_approved(&cast, minutes).await;
            }
            (4, _) => {
                let start = world.now() + SignedDuration::from_mins(minutes);
                world.ask(&cast.ana, wish(&cast.automatic, minutes, Some(start))).await;
            }
            (5, Some(id)) => world.answer(&cast.ben, &id, Answer::Approve).await,
            (6, Some(id)) => drop(world.end(&cast.ana, &id, Ending::Return).await),
            (7, Some(id)) => drop(world.end(&cast.dan, &id, Ending::Revoke).await),
            (8, _) => {
                let reason = "bad luck".to_owned();
                let kind =
                    [FaultKind::Slow { ms: 90_000 }, FaultKind::Fail { reason }, FaultKind::Conflict, FaultKind::Stuck];
                let kind = kind[usize::try_from(minutes).unwrap() % 4].clone();
                world.state().model.inject(Fault { operation: "*".to_owned(), times: 1, kind });
            }
            _ => {}
        }
    });
}
