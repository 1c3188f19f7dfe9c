//! What I may ask for.

use curfew_domain::id::{AccountId, PermissionSetArn};
use curfew_domain::request::{Request, Stage};
use curfew_domain::time::Timestamp;
use curfew_engine::known::Known;
use curfew_engine::ports::Favourite;
use curfew_engine::read;
use curfew_lambda::http::log;
use curfew_policy::model::{Circumstances, Entitlement};
use curfew_policy::{self as policy, Page};
use curfew_web::forms::{CURSOR, QUERY};
use curfew_web::views::{Offer, Prospect, SearchView};

use super::Shown;
use super::home::{latest_first, own};
use crate::Console;
use crate::names::Names;
use crate::sign_in::Call;

/// Entitlements on a page.
const PAGE: usize = 25;
/// Longest text that is searched for, in characters.
const LONGEST: usize = 100;

/// What is known besides the directory: when nothing was read for it.
pub(super) fn bare(call: &Call<'_>) -> Circumstances {
    let origin = call.origin();
    Circumstances {
        channel: "console".to_owned(),
        source_address: origin.source_address.map(|address| address.to_string()),
        mfa: origin.mfa,
        active: Vec::new(),
        review_overdue: std::collections::BTreeSet::new(),
    }
}

impl Console {
    /// Searches by words: each must be in the name or id of the account, its place, the permission set or a catalog.
    ///
    /// Reads nothing but what every page reads, and the reader's favourites, so that it answers while somebody types. Its previews therefore leave
    /// aside what the reader has already and owes; the form of a request does not.
    pub(super) async fn search(&self, call: &Call<'_>) -> Shown {
        let known = call.known()?;
        let query: String = call.visit.parameter(QUERY).chars().take(LONGEST).collect();
        let cursor = call.visit.parameter(CURSOR);
        let after = cursor
            .split_once(' ')
            .and_then(|(account, set)| Some((AccountId::parse(account).ok()?, PermissionSetArn::parse(set).ok()?)));
        let page = Page { after: after.as_ref().map(|(account, set)| (account, set)), limit: PAGE, words: &[] };
        let words = Words::new(&query, known);
        let circumstances = bare(call);
        let facts = known.facts(&circumstances, self.core.clock.now());
        let person = &call.caller.person;
        let (found, total) = known.configuration.matching(&facts, &person.id, &page, |it| words.are_in(it));
        let last = found.offers.last().filter(|_| found.more).map(|offer| &offer.entitlement);
        let latest = if query.trim().is_empty() && after.is_none() {
            read::list(&self.core, person, &own(call, None)).await.map_err(log)?.items
        } else {
            Vec::new()
        };
        let kept = self.favourites(call).await?;
        let begins = query.trim().is_empty() && after.is_none();
        let view = SearchView {
            shortcuts: if begins { self.at_hand(call, &kept, &latest) } else { Vec::new() },
            next: last.map(|last| format!("{} {}", last.account, last.permission_set)),
            offers: found.offers.iter().map(|it| offer(call.names(), it, &latest, Some(&kept))).collect(),
            total: Some(total),
            query,
        };
        Ok(self.page(call, 200, |frame| curfew_web::search(frame, &view)))
    }

    /// These entitlements as offers, without those that are not offered to the reader.
    pub(super) fn offers_of(
        &self,
        call: &Call<'_>,
        which: &[(AccountId, PermissionSetArn)],
        latest: &[Request],
        kept: Option<&[Favourite]>,
    ) -> Vec<Offer> {
        let Ok(known) = &call.caller.known else { return Vec::new() };
        let circumstances = bare(call);
        let facts = known.facts(&circumstances, self.core.clock.now());
        let offers = known.configuration.offers_of(&facts, &call.caller.person.id, which);
        offers.iter().map(|it| offer(call.names(), it, latest, kept)).collect()
    }

    /// Favourites by name, and then what was asked for lately.
    fn at_hand(&self, call: &Call<'_>, kept: &[Favourite], latest: &[Request]) -> Vec<Offer> {
        let mut first = self.offers_of(call, kept, latest, Some(kept));
        let name = |offer: &Offer| (offer.access.account.name.clone(), offer.access.permission_set.name.clone());
        first.sort_by_key(name);
        let lately: Vec<Favourite> = latest_first(latest).into_iter().filter(|which| !kept.contains(which)).collect();
        first.extend(self.offers_of(call, &lately, latest, Some(kept)));
        first
    }
}

fn offer(names: Names<'_>, offer: &policy::Offer, latest: &[Request], kept: Option<&[Favourite]>) -> Offer {
    let entitlement = &offer.entitlement;
    Offer {
        access: names.access(&entitlement.account, &entitlement.permission_set),
        catalogs: entitlement.catalogs.iter().cloned().collect(),
        max_duration: entitlement.terms.max_duration.value,
        prospect: prospect(&offer.prospect),
        emergency: offer.emergency,
        favourite: kept.map(|kept| {
            kept.iter().any(|(account, set)| *account == entitlement.account && *set == entitlement.permission_set)
        }),
        active_until: active_until(entitlement, latest),
    }
}

fn active_until(of: &Entitlement, latest: &[Request]) -> Option<Timestamp> {
    let same = latest.iter().filter(|it| it.ask.account == of.account && it.ask.permission_set == of.permission_set);
    let active = same.filter(|request| request.state.stage() == Stage::Active);
    active.filter_map(|request| request.state.grant().map(|grant| grant.expires_at)).max()
}

/// What would come of asking, as pages tell it.
pub(super) fn prospect(prospect: &policy::Prospect) -> Prospect {
    match prospect {
        policy::Prospect::Automatic { flow, .. } => Prospect::Automatic { flow: flow.clone() },
        policy::Prospect::Approval { flow, steps, .. } => Prospect::Approval { flow: flow.clone(), steps: *steps },
        policy::Prospect::Denied { reasons } => Prospect::Denied { reasons: reasons.clone() },
    }
}

/// What is searched for.
struct Words<'a> {
    words: Vec<String>,
    known: &'a Known,
}

impl<'a> Words<'a> {
    fn new(query: &str, known: &'a Known) -> Self {
        Self { words: query.split_whitespace().map(str::to_lowercase).collect(), known }
    }

    fn are_in(&self, entitlement: &Entitlement) -> bool {
        let place = || {
            let account = self.known.directory.accounts.get(&entitlement.account);
            account.map(|account| self.known.directory.path_of(&account.unit)).unwrap_or_default()
        };
        self.words.iter().all(|word| {
            has(&entitlement.account_name, word)
                || has(&entitlement.permission_set_name, word)
                || entitlement.account.as_str().contains(word)
                || entitlement.catalogs.iter().any(|catalog| has(catalog, word))
                || has(&place(), word)
        })
    }
}

/// Whether a text has a word, which is in small letters.
fn has(text: &str, word: &str) -> bool {
    text.to_lowercase().contains(word)
}
