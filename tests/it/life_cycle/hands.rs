//! The engine's ports as one invocation sees them. Every call passes `Hands::call`, where trouble strikes and the
//! invariants are checked.

use std::sync::Arc;

use async_trait::async_trait;
use curfew_domain::id::{AccountId, LinkId, PermissionSetArn, RequestId, UserId};
use curfew_domain::request::{Notice, Request};
use curfew_domain::review::Review;
use curfew_domain::time::{SignedDuration, Timestamp};
use curfew_engine::directive::Directive;
use curfew_engine::error::Fault;
use curfew_engine::ports::{
    Accounts, Clock, Flow, FlowStatus, Ids, Link, Notices, People, PermissionSets, Timers, Wake,
};
use curfew_engine::trigger::Trigger;
use curfew_policy::{AccountFacts, PermissionSetFacts, UserFacts};
use tokio::sync::Notify;

use super::faults::Kind;
use super::world::{State, World};
use super::{invariants, machine};

/// How long a call takes.
const LATENCY: SignedDuration = SignedDuration::from_millis(9);
/// The ports of one invocation of one function.
#[derive(Clone)]
pub(crate) struct Hands {
    pub(crate) world: Arc<World>,
    /// Rings when this invocation is to die.
    pub(crate) death: Arc<Notify>,
}

impl Hands {
    /// One port call: takes time, may go wrong, and leaves a world that is checked.
    pub(crate) async fn call<T>(
        &self,
        port: &'static str,
        effect: impl FnOnce(&mut State, Timestamp) -> Result<T, Fault> + Send,
    ) -> Result<T, Fault> {
        tokio::time::sleep(LATENCY.unsigned_abs()).await;
        let now = self.world.now();
        let (kind, done) = {
            let mut state = self.world.state();
            let number = state.calls.len();
            state.calls.push(port);
            let kind = state.plan.strike(number, port, now);
            let done = match kind {
                Some(Kind::Lost | Kind::CrashBefore) => None,
                _ => Some(effect(&mut state, now)),
            };
            invariants::check(&mut state, now, port);
            (kind, done)
        };
        if matches!(kind, Some(Kind::CrashBefore | Kind::CrashAfter)) {
            self.death.notify_one();
            std::future::pending::<()>().await;
        }
        if let Some(Kind::Frozen(seconds)) = kind {
            tokio::time::sleep(std::time::Duration::from_secs(seconds.into())).await;
        }
        match (kind, done) {
            (None | Some(Kind::Frozen(_)), Some(done)) => done,
            (kind, _) => Err(Fault::transient(port, format!("{kind:?}"))),
        }
    }
}

#[async_trait]
impl Clock for Hands {
    fn now(&self) -> Timestamp {
        self.world.now()
    }

    async fn sleep(&self, duration: SignedDuration) {
        tokio::time::sleep(duration.unsigned_abs()).await;
    }
}

impl Ids for Hands {
    fn request(&self, now: Timestamp) -> Result<RequestId, Fault> {
        let mut random = [0; 10];
        random[2..].copy_from_slice(&self.world.state().next().to_be_bytes());
        let millis = u64::try_from(now.as_millisecond()).unwrap();
        let uuid = uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid();
        Ok(RequestId::parse(&uuid.to_string()).unwrap())
    }

    fn link(&self) -> Result<LinkId, Fault> {
        Ok(self.world.state().link_id())
    }
}

#[async_trait]
impl Notices for Hands {
    async fn moved(&self, notice: &Notice, _to: &[UserId], _at: Timestamp) -> Result<(), Fault> {
        self.call("notices.moved", |state, _| {
            state.notices.push(notice.clone());
            Ok(())
        })
        .await
    }

    async fn decision_needed(&self, _request: &Request, links: &[Link], _at: Timestamp) -> Result<(), Fault> {
        self.call("notices.decision_needed", |state, _| {
            state.asked.extend_from_slice(links);
            Ok(())
        })
        .await
    }

    async fn review_overdue(&self, review: &Review, to: &[UserId], _at: Timestamp) -> Result<(), Fault> {
        self.call("notices.review_overdue", |state, _| {
            state.overdue_told.push((review.request.clone(), to.to_vec()));
            Ok(())
        })
        .await
    }
}

#[async_trait]
impl Flow for Hands {
    async fn start(&self, request: &RequestId) -> Result<(), Fault> {
        let world = Arc::clone(&self.world);
        self.call("flow.start", |state, _| {
            if !state.lost.contains("start") {
                machine::start(&world, state, request);
            }
            Ok(())
        })
        .await
    }

    async fn resume(&self, token: &str, directive: &Directive) -> Result<(), Fault> {
        self.call("flow.resume", |state, _| {
            if !state.lost.contains("resume")
                && let Some(waiting) = state.waiting.remove(token)
            {
                // Nobody may wait any more.
                drop(waiting.send(directive.clone()));
            }
            Ok(())
        })
        .await
    }
}

#[async_trait]
impl FlowStatus for Hands {
    async fn is_running(&self, request: &RequestId) -> Result<bool, Fault> {
        self.call("flow.is_running", |state, _| Ok(state.executions.get(request).is_some_and(|e| e.running))).await
    }
}

#[async_trait]
impl Wake for Hands {
    async fn removals(&self) -> Result<(), Fault> {
        let world = Arc::clone(&self.world);
        self.call("wake.removals", |state, _| {
            if !state.lost.contains("wake") {
                machine::wake_revoke(&world, None);
            }
            Ok(())
        })
        .await
    }

    async fn grants(&self) -> Result<(), Fault> {
        let world = Arc::clone(&self.world);
        self.call("wake.grants", |state, _| {
            if !state.lost.contains("wake") {
                machine::wake_provision(&world);
            }
            Ok(())
        })
        .await
    }
}

#[async_trait]
impl Timers for Hands {
    async fn ensure(&self, trigger: &Trigger) -> Result<(), Fault> {
        let world = Arc::clone(&self.world);
        self.call("timers.ensure", |state, _| {
            if !state.triggers.contains(trigger) {
                state.triggers.push(trigger.clone());
                if !state.lost.contains("trigger") {
                    machine::arm(&world, trigger);
                }
            }
            Ok(())
        })
        .await
    }
}

#[async_trait]
impl People for Hands {
    async fn user(&self, id: &UserId) -> Result<UserFacts, Fault> {
        self.call("people.user", |state, _| Ok(state.disabled.get(id).copied().unwrap_or(UserFacts::Enabled))).await
    }

    async fn user_named(&self, _name: &str) -> Result<Option<UserId>, Fault> {
        Ok(None)
    }
}

#[async_trait]
impl Accounts for Hands {
    async fn account(&self, _id: &AccountId) -> Result<AccountFacts, Fault> {
        self.call("accounts.account", |state, _| Ok(state.account)).await
    }
}

#[async_trait]
impl PermissionSets for Hands {
    async fn permission_set(&self, _arn: &PermissionSetArn) -> Result<PermissionSetFacts, Fault> {
        self.call("permission_sets.permission_set", |state, _| {
            Ok(state.session.map_or(PermissionSetFacts::Unknown, |session| PermissionSetFacts::Known { session }))
        })
        .await
    }
}
