//! Read: what people may see.

use curfew_domain::audit::Record;
use curfew_domain::id::{AccountId, PermissionSetArn, RequestId, UserId};
use curfew_domain::person::Person;
use curfew_domain::request::{Request, Stage, may_see};
use curfew_domain::time::{SignedDuration, Timestamp};

use crate::core::Core;
use crate::error::Error;
use crate::ports::Link;

/// Ids read per query; most pages need one.
const CHUNK: u32 = 50;
/// Days without a single request after which a search for everybody's requests stops.
const EMPTY_DAYS: u32 = 100;
/// Chunks read for one page; a page may come back short, with a cursor, when filters match little.
const CHUNKS_PER_PAGE: u32 = 20;

/// Whose requests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Whose {
    /// One person's.
    Of(UserId),
    /// Everybody's.
    All,
}

/// Which requests.
#[derive(Debug, Clone)]
pub struct Query {
    /// Whose.
    pub whose: Whose,
    /// Where they stand.
    pub stage: Option<Stage>,
    /// In which account.
    pub account: Option<AccountId>,
    /// For which permission set.
    pub permission_set: Option<PermissionSetArn>,
    /// Only those submitted before this one.
    pub before: Option<RequestId>,
    /// At most so many, from 1.
    pub limit: usize,
}

/// Some requests, newest first.
#[derive(Debug, Clone)]
pub struct Page {
    /// The requests.
    pub items: Vec<Request>,
    /// Where the next page begins; `None` at the end.
    pub next: Option<RequestId>,
}

/// One request with its audit records, if this person may see it.
pub async fn request(core: &Core, person: &Person, id: &RequestId) -> Result<(Request, Vec<Record>), Error> {
    let request = core.load(id).await?;
    if !may_see(&request, person) {
        return Err(Error::NotFound);
    }
    let mut history = core.store.history(id).await?;
    // What came after the request was loaded is for the next call.
    history.retain(|record| record.seq <= request.head.seq);
    Ok((request, history))
}

/// Requests by filter. Other people's only for administrators and auditors.
pub async fn list(core: &Core, person: &Person, query: &Query) -> Result<Page, Error> {
    let own = query.whose == Whose::Of(person.id.clone());
    if !own && !person.administrator && !person.auditor {
        return Err(Error::NotFound);
    }
    let mut ids = Ids::new(core, query)?;
    let mut items = Vec::new();
    for _ in 0..CHUNKS_PER_PAGE {
        let Some(chunk) = ids.next().await? else { return Ok(Page { items, next: None }) };
        for request in core.store.load_all(&chunk).await? {
            if !matches(query, &request) {
                continue;
            }
            items.push(request);
            if items.len() == query.limit {
                let next = items.last().map(|r| r.ask.id.clone());
                return Ok(Page { items, next });
            }
        }
    }
    Ok(Page { items, next: ids.before })
}

/// The open steps that wait for this person, each with its link where it has been made already.
pub async fn approvals(core: &Core, person: &Person) -> Result<Vec<(Request, Option<Link>)>, Error> {
    let live = core.store.live().await?;
    let mut waiting = Vec::new();
    for request in core.store.load_all(&live).await? {
        let step = match request.state {
            curfew_domain::request::State::AwaitingApproval { step, .. } if request.waits_for(&person.id) => step,
            _ => continue,
        };
        let links = core.store.links(&request.ask.id).await?;
        let link = links.into_iter().find(|l| l.step == step && l.approver == person.id);
        waiting.push((request, link));
    }
    Ok(waiting)
}

fn matches(query: &Query, request: &Request) -> bool {
    query.stage.is_none_or(|stage| request.state.stage() == stage)
        && query.account.as_ref().is_none_or(|account| request.ask.account == *account)
        && query.permission_set.as_ref().is_none_or(|set| request.ask.permission_set == *set)
}

/// Ids in chunks, newest first: one person's, or everybody's day by day.
struct Ids<'a> {
    core: &'a Core,
    whose: &'a Whose,
    before: Option<RequestId>,
    day: Timestamp,
    empty_days: u32,
    done: bool,
}

impl<'a> Ids<'a> {
    fn new(core: &'a Core, query: &'a Query) -> Result<Self, Error> {
        let day = match &query.before {
            Some(id) => day_of(id).ok_or(Error::NotFound)?,
            None => core.clock.now(),
        };
        Ok(Self { core, whose: &query.whose, before: query.before.clone(), day, empty_days: 0, done: false })
    }

    async fn next(&mut self) -> Result<Option<Vec<RequestId>>, Error> {
        while !self.done {
            let before = self.before.as_ref();
            let chunk = match self.whose {
                Whose::Of(who) => self.core.store.of_requester(who, before, CHUNK).await?,
                Whose::All => {
                    let day = self.day.strftime("%Y-%m-%d").to_string();
                    self.core.store.of_day(&day, before, CHUNK).await?
                }
            };
            let exhausted = chunk.len() < CHUNK as usize;
            self.empty_days = if chunk.is_empty() { self.empty_days + 1 } else { 0 };
            match self.whose {
                Whose::Of(_) => self.done = exhausted,
                Whose::All if exhausted => {
                    self.day = self.day.checked_sub(SignedDuration::from_hours(24)).unwrap_or(Timestamp::MIN);
                    self.done = self.empty_days > EMPTY_DAYS;
                }
                Whose::All => {}
            }
            if let Some(last) = chunk.last() {
                self.before = Some(last.clone());
                return Ok(Some(chunk));
            }
        }
        Ok(None)
    }
}

fn day_of(id: &RequestId) -> Option<Timestamp> {
    format!("{}T00:00:00Z", id.day().ok()?).parse().ok()
}
