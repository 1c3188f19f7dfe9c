//! People × entitlements under two configurations, and what differs between them.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZero;
use std::sync::atomic::{AtomicUsize, Ordering};

use curfew_domain::id::{AccountId, PermissionSetArn, UserId};
use curfew_domain::time::{AccessDuration, Timestamp};
use curfew_policy::catalog;
use curfew_policy::directory::Directory;
use curfew_policy::evaluator::Configuration;
use curfew_policy::explain::Explanation;
use curfew_policy::judge::{Facts, Wish};
use curfew_policy::model::{Circumstances, Entitlement};
use curfew_policy::offers::Prospect;

use super::explain::nothing_special;
use super::mentions::Mentions;
use super::sources::Loaded;
use crate::answer::progress;
use crate::names::Which;

/// Most durations between the shortest and the longest one that are tried.
const MOST_DURATIONS: usize = 24;
/// Between two words on progress.
const TELL_EVERY: usize = 64;

/// Two configurations to compare; nothing is open under one that does not exist.
pub(super) struct Sides<'a> {
    pub(super) before: Option<&'a Loaded>,
    pub(super) after: &'a Loaded,
}

/// How it is asked.
pub(super) struct Question<'a> {
    pub(super) directory: &'a Directory,
    pub(super) now: Timestamp,
    /// One duration; without it, the shortest one, the longest that either configuration gives, and those in between at which
    /// an answer may change.
    pub(super) duration: Option<AccessDuration>,
    /// Most kinds of pairs to look at.
    pub(super) sample: usize,
}

/// What differs, and how much was looked at.
#[derive(Debug, Default)]
pub(super) struct Comparison {
    pub(super) differences: Vec<Difference>,
    people: Vec<Vec<UserId>>,
    entitlements: Vec<Vec<Which>>,
    /// Kinds of pairs that were looked at.
    pub(super) looked_at: usize,
    /// Kinds of pairs that there are.
    pub(super) kinds: usize,
}

/// Something that differs for all of these people and entitlements alike.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Difference {
    /// Kinds, by number.
    people: BTreeSet<usize>,
    /// Kinds, by number.
    entitlements: BTreeSet<usize>,
    /// When asked like this.
    pub(super) situations: BTreeSet<Situation>,
    pub(super) before: Fate,
    pub(super) after: Fate,
}

/// How a request is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Situation {
    pub(super) duration: AccessDuration,
    pub(super) emergency: bool,
}

/// What would come of a request, as far as it matters to who compares.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Fate {
    /// No.
    Denied,
    /// Yes, by this flow.
    Automatic(String),
    /// By this flow, after these approvals: name and quorum.
    Approval(String, Vec<(String, u8)>),
}

impl Comparison {
    /// Whom a difference is about.
    pub(super) fn people(&self, of: &Difference) -> BTreeSet<&UserId> {
        of.people.iter().filter_map(|kind| self.people.get(*kind)).flatten().collect()
    }

    /// How many pairs of a person and an entitlement some differences are about, each pair once.
    pub(super) fn pairs<'a>(&self, of: impl IntoIterator<Item = &'a Difference>) -> usize {
        let mut kinds: BTreeSet<(usize, usize)> = BTreeSet::new();
        for one in of {
            for people in &one.people {
                kinds.extend(one.entitlements.iter().map(|entitlements| (*people, *entitlements)));
            }
        }
        let size = |(people, entitlements): (usize, usize)| {
            let (people, entitlements) = (self.people.get(people), self.entitlements.get(entitlements));
            people.map_or(0, Vec::len) * entitlements.map_or(0, Vec::len)
        };
        kinds.into_iter().map(size).sum()
    }

    /// What a difference is about.
    pub(super) fn entitlements(&self, of: &Difference) -> BTreeSet<&Which> {
        of.entitlements.iter().filter_map(|kind| self.entitlements.get(*kind)).flatten().collect()
    }
}

impl Fate {
    /// What an explanation says.
    pub(super) fn of(explanation: &Explanation) -> Self {
        match &explanation.prospect {
            Prospect::Denied { .. } => Self::Denied,
            Prospect::Automatic { flow, .. } => Self::Automatic(flow.clone()),
            Prospect::Approval { flow, .. } => {
                let steps = &explanation.steps;
                let next = |step: &&curfew_policy::explain::StepShown| steps.get(step.then?.checked_sub(1)?);
                let way = std::iter::successors(steps.first(), |step| next(step));
                Self::Approval(flow.clone(), way.map(|step| (step.name.clone(), step.quorum)).collect())
            }
        }
    }

    /// How many approvals it takes; `None` for none that would help.
    pub(super) fn approvals(&self) -> Option<usize> {
        match self {
            Self::Denied => None,
            Self::Automatic(_) => Some(0),
            Self::Approval(_, steps) => Some(steps.iter().map(|(_, quorum)| usize::from(*quorum)).sum()),
        }
    }
}

impl std::fmt::Display for Fate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Denied => f.write_str("denied"),
            Self::Automatic(flow) => write!(f, "automatic (flow {flow})"),
            Self::Approval(flow, steps) => {
                let step = |(name, quorum): &(String, u8)| match quorum {
                    1 => name.clone(),
                    quorum => format!("{quorum} × {name}"),
                };
                let steps: Vec<String> = steps.iter().map(step).collect();
                write!(f, "{} (flow {flow})", steps.join(" → "))
            }
        }
    }
}

/// A kind of entitlements under both configurations.
struct Offer {
    account: AccountId,
    set: PermissionSetArn,
    before: Option<Entitlement>,
    after: Option<Entitlement>,
}

/// A kind of people, by number and by one of them, and a kind of entitlements.
struct Pair<'a> {
    people: usize,
    person: &'a UserId,
    entitlements: usize,
    offer: &'a Offer,
}

/// Compares for every kind of person and entitlement that either configuration offers.
pub(super) fn compare(sides: &Sides<'_>, question: &Question<'_>) -> Comparison {
    let texts: Vec<_> = sides.both().map(|side| (side.configuration.model(), &side.bundle)).collect();
    let mentions = Mentions::of(&texts);
    let people = mentions.people(question.directory);
    let (offers, entitlements) = offers(sides, &mentions, question.directory);
    let mut pairs = Vec::new();
    for (kind, person) in people.iter().enumerate().filter_map(|(kind, alike)| Some((kind, alike.first()?))) {
        let visible = |side: &Loaded| -> BTreeSet<String> {
            catalog::catalogs_seen(side.configuration.model(), question.directory, person).cloned().collect()
        };
        let (before, after) = (sides.before.map(visible).unwrap_or_default(), visible(sides.after));
        for (entitlements, offer) in offers.iter().enumerate() {
            let offered = |offer: &Option<Entitlement>, catalogs: &BTreeSet<String>| {
                offer.as_ref().is_some_and(|offer| !offer.catalogs.is_disjoint(catalogs))
            };
            if offered(&offer.before, &before) || offered(&offer.after, &after) {
                pairs.push(Pair { people: kind, person, entitlements, offer });
            }
        }
    }
    let kinds = pairs.len();
    let pairs = spread(pairs, question.sample);
    let durations = spread(mentions.durations().into_iter().collect(), MOST_DURATIONS);
    let differences = merged(judged(sides, question, &durations, &pairs));
    Comparison { looked_at: pairs.len(), kinds, differences, people, entitlements }
}

/// Kinds of entitlements that either configuration offers, and all that are of each kind.
fn offers(sides: &Sides<'_>, mentions: &Mentions<'_>, directory: &Directory) -> (Vec<Offer>, Vec<Vec<Which>>) {
    let (accounts, sets) = (mentions.accounts(directory), mentions.permission_sets(directory));
    let (mut offers, mut kinds) = (Vec::new(), Vec::new());
    for (accounts, sets) in accounts.iter().flat_map(|accounts| sets.iter().map(move |sets| (accounts, sets))) {
        let (Some(account), Some(set)) = (accounts.first(), sets.first()) else { continue };
        let offered = |side: &Loaded| side.configuration.entitlement(directory, account, set);
        let (before, after) = (sides.before.and_then(offered), offered(sides.after));
        if before.is_some() || after.is_some() {
            offers.push(Offer { account: account.clone(), set: set.clone(), before, after });
            let all = accounts.iter().flat_map(|account| sets.iter().map(|set| (account.clone(), set.clone())));
            kinds.push(all.collect());
        }
    }
    (offers, kinds)
}

impl Sides<'_> {
    fn both(&self) -> impl Iterator<Item = &Loaded> {
        self.before.into_iter().chain([self.after])
    }
}

/// At most so many, evenly.
fn spread<T>(all: Vec<T>, most: usize) -> Vec<T> {
    let count = all.len();
    if count <= most {
        return all;
    }
    // The first of each of `most` equal parts.
    let begins = |at: usize| at == 0 || at * most / count != (at - 1) * most / count;
    all.into_iter().enumerate().filter(|(at, _)| begins(*at)).map(|(_, one)| one).collect()
}

/// Judges on every processor.
fn judged(
    sides: &Sides<'_>,
    question: &Question<'_>,
    durations: &[AccessDuration],
    pairs: &[Pair<'_>],
) -> Vec<Difference> {
    let circumstances = nothing_special();
    let next = AtomicUsize::new(0);
    let work = || {
        let mut found = Vec::new();
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some(pair) = pairs.get(at) else { return found };
            if at.is_multiple_of(TELL_EVERY) {
                progress(at, pairs.len(), "kinds of people and entitlements");
            }
            let situations = situations(question, durations, pair.offer);
            found.extend(differences(sides, question, &circumstances, pair, &situations));
        }
    };
    let threads = std::thread::available_parallelism().map_or(1, NonZero::get);
    let found = std::thread::scope(|scope| {
        let workers: Vec<_> = (1..threads).map(|_| scope.spawn(work)).collect();
        let mut found = work();
        for worker in workers {
            // A worker that panicked has said so; its part of the answer must not be missing silently.
            match worker.join() {
                Ok(more) => found.extend(more),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        found
    });
    progress(pairs.len(), pairs.len(), "");
    found
}

fn differences(
    sides: &Sides<'_>,
    question: &Question<'_>,
    circumstances: &Circumstances,
    pair: &Pair<'_>,
    situations: &BTreeSet<Situation>,
) -> Vec<Difference> {
    let facts = Facts { directory: question.directory, circumstances, now: question.now };
    let fate = |configuration: &Configuration, situation: &Situation| {
        let wish = Wish {
            requester: pair.person,
            account: &pair.offer.account,
            permission_set: &pair.offer.set,
            duration: situation.duration,
            justification: None,
            ticket: None,
            emergency: situation.emergency,
        };
        Fate::of(&configuration.explain(&facts, &wish))
    };
    let mut found = Vec::new();
    for situation in situations {
        let before = sides.before.map_or(Fate::Denied, |side| fate(&side.configuration, situation));
        let after = fate(&sides.after.configuration, situation);
        if before != after {
            let (people, entitlements) = ([pair.people].into(), [pair.entitlements].into());
            found.push(Difference { people, entitlements, situations: [*situation].into(), before, after });
        }
    }
    found
}

fn situations(question: &Question<'_>, between: &[AccessDuration], offer: &Offer) -> BTreeSet<Situation> {
    let offers = || offer.before.iter().chain(&offer.after);
    let longest = offers().map(|offer| offer.terms.max_duration.value);
    let most = longest.clone().max().unwrap_or(AccessDuration::MIN);
    let durations: BTreeSet<AccessDuration> = match question.duration {
        Some(duration) => [duration].into(),
        None => between.iter().copied().filter(|at| *at <= most).chain(longest).chain([AccessDuration::MIN]).collect(),
    };
    let kinds: &[bool] =
        if offers().any(|offer| offer.terms.emergency_policy.is_some()) { &[false, true] } else { &[false] };
    let all = kinds.iter().flat_map(|emergency| durations.iter().map(move |at| (*at, *emergency)));
    all.map(|(duration, emergency)| Situation { duration, emergency }).collect()
}

/// Puts together what reads as one: first situations, then people, then entitlements.
fn merged(found: Vec<Difference>) -> Vec<Difference> {
    type Without = fn(&mut Difference);
    type Join = fn(&mut Difference, Difference);
    let passes: [(Without, Join); 3] = [
        (|one| one.situations.clear(), |all, one| all.situations.extend(one.situations)),
        (|one| one.people.clear(), |all, one| all.people.extend(one.people)),
        (|one| one.entitlements.clear(), |all, one| all.entitlements.extend(one.entitlements)),
    ];
    passes.into_iter().fold(found, |found, (without, join)| {
        let mut together: BTreeMap<Difference, Difference> = BTreeMap::new();
        for one in found {
            let mut key = one.clone();
            without(&mut key);
            match together.entry(key) {
                Entry::Occupied(mut all) => join(all.get_mut(), one),
                Entry::Vacant(place) => {
                    place.insert(one);
                }
            }
        }
        together.into_values().collect()
    })
}
