//! What people do, and the frame of every test.

use std::sync::Arc;

use curfew_domain::id::{Key, PermissionSetArn, RequestId, UserId};
use curfew_domain::origin::Origin;
use curfew_domain::person::Person;
use curfew_domain::request::{Answer, Narrowing, Request, State as S};
use curfew_domain::text::Justification;
use curfew_domain::time::{AccessDuration, SignedDuration, Timestamp};
use curfew_engine::decide::Reply;
use curfew_engine::end::Ending;
use curfew_engine::error::Error;
use curfew_engine::submit::Wish;

use super::functions::{Failure, run_decide, run_decide_by_link, run_end, run_submit};
use super::invariants::check_end;
use super::machine::sweep_every_minute;
use super::world::{Cast, World, account};

/// How long a person waits before the same click again.
const PATIENCE: SignedDuration = SignedDuration::from_secs(5);

/// Runs a test in a new world that sweeps every minute, and asks for the invariants at the end.
pub(crate) fn in_a_world<T>(test: impl AsyncFnOnce(Arc<World>, Cast) -> T) -> T {
    let (result, world) = observed(test);
    let violations = std::mem::take(&mut world.state().violations);
    assert!(violations.is_empty(), "{violations:#?}");
    result
}

/// The same, with the violations left to the caller.
pub(crate) fn observed<T>(test: impl AsyncFnOnce(Arc<World>, Cast) -> T) -> (T, Arc<World>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    let local = tokio::task::LocalSet::new();
    local.block_on(&runtime, async {
        let (world, cast) = World::new();
        tokio::task::spawn_local(sweep_every_minute(Arc::clone(&world)));
        let result = test(Arc::clone(&world), cast).await;
        let now = world.now();
        check_end(&mut world.state(), now);
        (result, world)
    })
}

/// What somebody asks for.
pub(crate) fn wish(set: &PermissionSetArn, minutes: i64, start: Option<Timestamp>) -> Wish {
    Wish {
        account: account(),
        permission_set: set.clone(),
        duration: AccessDuration::from_seconds(minutes * 60).unwrap(),
        justification: Justification::parse("because").unwrap(),
        ticket: None,
        start,
        emergency: false,
        origin: Origin::default(),
    }
}

/// The key of a person and a permission set.
pub(crate) fn key(user: &UserId, set: &PermissionSetArn) -> Key {
    Key { user: user.clone(), account: account(), permission_set: set.clone() }
}

impl World {
    /// A signed-in person.
    pub(crate) fn person(&self, id: &UserId) -> Person {
        self.state().configuration.as_ref().unwrap().0.person(id.clone())
    }

    /// Asks, and clicks again with the same idempotency key until it is accepted.
    pub(crate) async fn ask(self: &Arc<Self>, who: &UserId, wish: Wish) -> RequestId {
        let key = format!("key {}", self.state().next());
        let person = self.person(who);
        loop {
            match run_submit(self, &person, wish.clone(), &key).await {
                Ok(request) => return request.ask.id,
                Err(_) => self.pass(PATIENCE).await,
            }
        }
    }

    /// Asks for automatically approved access.
    pub(crate) async fn ask_automatic(self: &Arc<Self>, cast: &Cast, minutes: i64) -> RequestId {
        self.ask(&cast.ana, wish(&cast.automatic, minutes, None)).await
    }

    /// Asks for access that Ben or Cyn must approve.
    pub(crate) async fn ask_approved(self: &Arc<Self>, cast: &Cast, minutes: i64) -> RequestId {
        self.ask(&cast.ana, wish(&cast.approved, minutes, None)).await
    }

    /// Decides as soon as there is something to decide, by the link if one came, and clicks again after a failure.
    pub(crate) async fn answer(self: &Arc<Self>, who: &UserId, id: &RequestId, answer: Answer) {
        let (person, reply) = (self.person(who), Reply { answer, comment: None, narrowed: Narrowing::NONE });
        loop {
            match self.request(id).state {
                S::AwaitingApproval { .. } => {
                    let link = self.state().asked.iter().find(|l| l.request == *id && l.approver == *who).cloned();
                    let shown = self.request(id).digest();
                    let decided = match link {
                        Some(link) => run_decide_by_link(self, &person, &link.id, &reply, &shown).await,
                        None => run_decide(self, &person, id, &reply).await,
                    };
                    if let Ok(_) | Err(Failure::Error(Error::Refused(_))) = decided {
                        return;
                    }
                }
                S::Submitted => {}
                _ => return,
            }
            self.pass(PATIENCE).await;
        }
    }

    /// Ends a request, and clicks again after a failure; what came of it at last.
    pub(crate) async fn end(self: &Arc<Self>, who: &UserId, id: &RequestId, ending: Ending) -> Result<Request, Error> {
        let person = self.person(who);
        loop {
            match run_end(self, &person, id, ending).await {
                Ok(request) => return Ok(request),
                Err(Failure::Error(error @ (Error::Refused(_) | Error::NotFound))) => return Err(error),
                Err(_) => self.pass(PATIENCE).await,
            }
        }
    }

    /// Waits until the request stands so, at most this long.
    pub(crate) async fn reaches(&self, id: &RequestId, stage: &str, within: SignedDuration) {
        let deadline = self.now() + within;
        while self.stage(id) != stage {
            let at = self.stage(id);
            assert!(self.now() < deadline, "still {at} instead of {stage} after {within}");
            self.pass(SignedDuration::from_millis(200)).await;
        }
    }

    /// Waits until every request is over, at most this long.
    pub(crate) async fn all_over(&self, within: SignedDuration) {
        let deadline = self.now() + within;
        while self.now() < deadline && self.state().requests.values().any(|r| !r.state.stage().is_terminal()) {
            self.pass(SignedDuration::from_secs(2)).await;
        }
        // What was left under way comes to its end, too.
        self.pass(SignedDuration::from_mins(4)).await;
    }
}
