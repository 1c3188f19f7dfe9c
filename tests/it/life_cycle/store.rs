//! The table: conditional writes as the ports document them.

use std::sync::Arc;

use async_trait::async_trait;
use curfew_domain::assignment::Assignment;
use curfew_domain::audit::Record;
use curfew_domain::id::{Key, LinkId, RequestId, UserId};
use curfew_domain::lease::Lease;
use curfew_domain::request::{Intent, Request, Transition, Wait};
use curfew_domain::time::Timestamp;
use curfew_engine::error::Fault;
use curfew_engine::ports::{
    Assignments, Callbacks, Commit, Configurations, Directories, Head, Idempotency, Link, Repeated, Requests,
};
use curfew_engine::trigger::minute;
use curfew_policy::Configuration;
use curfew_policy::directory::Directory;

use super::hands::Hands;
use super::invariants;

#[async_trait]
impl Requests for Hands {
    async fn load(&self, id: &RequestId) -> Result<Option<Request>, Fault> {
        self.call("requests.load", |state, _| Ok(state.requests.get(id).cloned())).await
    }

    async fn load_all(&self, ids: &[RequestId]) -> Result<Vec<Request>, Fault> {
        self.call("requests.load_all", |state, _| {
            Ok(ids.iter().filter_map(|id| state.requests.get(id).cloned()).collect())
        })
        .await
    }

    async fn repeated(&self, key: &Idempotency) -> Result<Option<Repeated>, Fault> {
        self.call("requests.repeated", |state, _| Ok(state.repeated(key))).await
    }

    async fn insert(&self, first: &Transition, key: Option<&Idempotency>) -> Result<Option<Repeated>, Fault> {
        self.call("requests.insert", |state, _| {
            let id = first.request.ask.id.clone();
            if let Some(key) = key {
                if let Some(before) = state.repeated(key) {
                    return Ok(Some(before));
                }
                let name = (key.user.clone(), key.key.clone());
                state.idempotency.insert(name, Repeated { request: id.clone(), body: key.body.clone() });
            }
            state.requests.insert(id.clone(), first.request.clone());
            state.live.insert(id.clone());
            state.records.insert(id, vec![first.record.clone()]);
            Ok(None)
        })
        .await
    }

    async fn commit(&self, transition: &Transition) -> Result<Commit, Fault> {
        self.call("requests.commit", |state, now| {
            let id = &transition.request.ask.id;
            let stored = state.requests[id].clone();
            if stored.head.seq + 1 != transition.record.seq {
                return Ok(Commit::Conflict);
            }
            invariants::check_commit(state, &stored, transition, now);
            state.requests.insert(id.clone(), transition.request.clone());
            state.records.get_mut(id).unwrap().push(transition.record.clone());
            Ok(Commit::Done)
        })
        .await
    }

    async fn history(&self, id: &RequestId) -> Result<Vec<Record>, Fault> {
        self.call("requests.history", |state, _| Ok(state.records.get(id).cloned().unwrap_or_default())).await
    }

    async fn of_requester(
        &self,
        who: &UserId,
        before: Option<&RequestId>,
        limit: u32,
    ) -> Result<Vec<RequestId>, Fault> {
        self.call("requests.of_requester", |state, _| {
            let mine = state.requests.values().rev().filter(|r| r.ask.requester == *who).map(|r| r.ask.id.clone());
            Ok(mine.filter(|id| before.is_none_or(|b| id < b)).take(limit as usize).collect())
        })
        .await
    }

    async fn of_day(&self, day: &str, before: Option<&RequestId>, limit: u32) -> Result<Vec<RequestId>, Fault> {
        self.call("requests.of_day", |state, _| {
            let ids = state.requests.keys().rev().filter(|id| id.day().as_deref() == Ok(day)).cloned();
            Ok(ids.filter(|id| before.is_none_or(|b| id < b)).take(limit as usize).collect())
        })
        .await
    }

    async fn live(&self) -> Result<Vec<RequestId>, Fault> {
        self.call("requests.live", |state, _| Ok(state.live.iter().cloned().collect())).await
    }

    async fn retire(&self, id: &RequestId) -> Result<(), Fault> {
        self.call("requests.retire", |state, _| {
            state.live.remove(id);
            Ok(())
        })
        .await
    }

    async fn intents(&self) -> Result<Vec<Intent>, Fault> {
        self.call("requests.intents", |state, _| Ok(state.requests.values().filter_map(Request::intent).collect()))
            .await
    }

    async fn put_due(&self, id: &RequestId, at: Timestamp) -> Result<(), Fault> {
        self.call("requests.put_due", |state, _| {
            state.due.insert((minute(at), id.clone()));
            Ok(())
        })
        .await
    }

    async fn due(&self, at: Timestamp) -> Result<Vec<RequestId>, Fault> {
        self.call("requests.due", |state, _| {
            Ok(state.due.iter().filter(|(due, _)| *due == minute(at)).map(|(_, id)| id.clone()).collect())
        })
        .await
    }

    async fn tidy(&self) -> Result<(), Fault> {
        self.call("requests.tidy", |_, _| Ok(())).await
    }
}

#[async_trait]
impl Callbacks for Hands {
    async fn put_token(&self, request: &RequestId, wait: Wait, token: &str) -> Result<(), Fault> {
        self.call("callbacks.put_token", |state, _| {
            state.tokens.retain(|(r, w, t)| (r, *w, t.as_str()) != (request, wait, token));
            state.tokens.push((request.clone(), wait, token.to_owned()));
            Ok(())
        })
        .await
    }

    async fn tokens(&self, request: &RequestId) -> Result<Vec<(Wait, String)>, Fault> {
        self.call("callbacks.tokens", |state, _| {
            let mine = state.tokens.iter().filter(|(r, _, _)| r == request);
            Ok(mine.map(|(_, wait, token)| (*wait, token.clone())).collect())
        })
        .await
    }

    async fn drop_token(&self, request: &RequestId, wait: Wait, token: &str) -> Result<(), Fault> {
        self.call("callbacks.drop_token", |state, _| {
            state.tokens.retain(|(r, w, t)| (r, *w, t.as_str()) != (request, wait, token));
            Ok(())
        })
        .await
    }

    async fn put_link(&self, link: Link) -> Result<Link, Fault> {
        self.call("callbacks.put_link", |state, _| {
            let same = |l: &&Link| (&l.request, l.step, &l.approver) == (&link.request, link.step, &link.approver);
            if let Some(there) = state.links.iter().find(same) {
                return Ok(there.clone());
            }
            state.links.push(link.clone());
            Ok(link)
        })
        .await
    }

    async fn link(&self, id: &LinkId) -> Result<Option<Link>, Fault> {
        self.call("callbacks.link", |state, _| Ok(state.links.iter().find(|l| l.id == *id).cloned())).await
    }

    async fn links(&self, request: &RequestId) -> Result<Vec<Link>, Fault> {
        self.call("callbacks.links", |state, _| {
            Ok(state.links.iter().filter(|l| l.request == *request).cloned().collect())
        })
        .await
    }
}

#[async_trait]
impl Assignments for Hands {
    async fn assignment(&self, key: &Key) -> Result<Assignment, Fault> {
        self.call("assignments.assignment", |state, _| {
            Ok(state.assignments.get(key).cloned().unwrap_or_else(|| Assignment::unknown(key.clone())))
        })
        .await
    }

    async fn put_assignment(&self, assignment: &Assignment) -> Result<Commit, Fault> {
        self.call("assignments.put_assignment", |state, _| {
            let stored = state.assignments.get(&assignment.key).map_or(0, |a| a.version);
            if stored != assignment.version {
                return Ok(Commit::Conflict);
            }
            let next = Assignment { version: stored + 1, ..assignment.clone() };
            state.assignments.insert(assignment.key.clone(), next);
            Ok(Commit::Done)
        })
        .await
    }

    async fn lease(&self) -> Result<Lease, Fault> {
        self.call("assignments.lease", |state, _| Ok(state.lease.clone())).await
    }

    async fn put_lease(&self, lease: &Lease) -> Result<Commit, Fault> {
        self.call("assignments.put_lease", |state, _| {
            if state.lease.version != lease.version {
                return Ok(Commit::Conflict);
            }
            state.lease = Lease { version: lease.version + 1, ..lease.clone() };
            Ok(Commit::Done)
        })
        .await
    }
}

#[async_trait]
impl Configurations for Hands {
    async fn current(&self) -> Result<Option<(Configuration, String)>, Fault> {
        self.call("configurations.current", |state, _| Ok(state.configuration.clone())).await
    }

    async fn publish(
        &self,
        configuration: &Configuration,
        text: &str,
        _by: &UserId,
        _at: Timestamp,
    ) -> Result<(), Fault> {
        self.call("configurations.publish", |state, _| {
            state.configuration = Some((configuration.clone(), text.to_owned()));
            Ok(())
        })
        .await
    }
}

#[async_trait]
impl Directories for Hands {
    async fn head(&self) -> Result<Option<Head>, Fault> {
        self.call("directories.head", |state, _| Ok(state.directory.as_ref().map(|(head, _)| head.clone()))).await
    }

    async fn latest(&self) -> Result<Option<Arc<Directory>>, Fault> {
        self.call("directories.latest", |state, _| Ok(state.directory.as_ref().map(|(_, all)| Arc::clone(all)))).await
    }

    async fn put(&self, directory: &Directory, over: Option<&Head>) -> Result<Option<Head>, Fault> {
        self.call("directories.put", |state, _| {
            let number = state.directory.as_ref().map_or(0, |(head, _)| head.number);
            if over.map_or(0, |head| head.number) != number {
                return Ok(None);
            }
            let (version, number) = (format!("directory {}", number + 1), number + 1);
            let head = Head { version, number, taken_at: directory.taken_at, counts: directory.counts() };
            state.directory = Some((head.clone(), Arc::new(directory.clone())));
            Ok(Some(head))
        })
        .await
    }

    async fn reader(&self) -> Result<Lease, Fault> {
        self.call("directories.reader", |state, _| Ok(state.reader.clone())).await
    }

    async fn put_reader(&self, lease: &Lease) -> Result<Commit, Fault> {
        self.call("directories.put_reader", |state, _| {
            if state.reader.version != lease.version {
                return Ok(Commit::Conflict);
            }
            state.reader = Lease { version: lease.version + 1, ..lease.clone() };
            Ok(Commit::Done)
        })
        .await
    }

    async fn draft(&self) -> Result<Option<Vec<u8>>, Fault> {
        self.call("directories.draft", |state, _| Ok(state.draft.clone())).await
    }

    async fn put_draft(&self, draft: Option<&[u8]>) -> Result<(), Fault> {
        self.call("directories.put_draft", |state, _| {
            state.draft = draft.map(<[u8]>::to_vec);
            Ok(())
        })
        .await
    }
}
