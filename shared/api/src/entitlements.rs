//! What a person may ask for, on the wire.

use curfew_domain::id::{AccountId, PermissionSetArn, UserId};
use curfew_domain::time::AccessDuration;
use curfew_policy::{Demand, Offer, Offers, Page, Prospect};
use serde::Serialize;

use crate::problem::Problem;

/// Entitlements on a page, unless asked otherwise.
const DEFAULT_LIMIT: usize = 100;
/// Entitlements on a page, at most.
const MAX_LIMIT: usize = 1_000;
/// Longest search, in characters.
const MAX_SEARCH: usize = 200;

/// Query string of `GET /v1/entitlements`, decoded.
#[derive(Debug)]
pub struct EntitlementsQuery {
    after: Option<(AccountId, PermissionSetArn)>,
    limit: usize,
    words: Vec<String>,
}

/// Query string of `GET /v1/entitlements/explain`, decoded.
#[derive(Debug)]
pub struct ExplainQuery {
    /// Who would ask.
    pub requester: UserId,
    /// Where.
    pub account: AccountId,
    /// Which access.
    pub permission_set: PermissionSetArn,
    /// For how long; the shortest time, unless it is said.
    pub duration: AccessDuration,
    /// As an emergency.
    pub emergency: bool,
}

/// Entitlements that a person may see, by account and permission set.
#[derive(Debug, Serialize)]
pub struct EntitlementsView {
    items: Vec<EntitlementView>,
    /// Where the next page begins: its `cursor`; none at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<String>,
}

/// One entitlement.
#[derive(Debug, Serialize)]
struct EntitlementView {
    account: String,
    account_name: String,
    permission_set: String,
    permission_set_name: String,
    catalogs: Vec<String>,
    max_duration: String,
    risk: &'static str,
    /// Emergency access is open to the caller.
    emergency: bool,
    prospect: ProspectView,
}

/// What would come of asking for the shortest time now.
#[derive(Debug, Serialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
enum ProspectView {
    /// Approved at once.
    Automatic { flow: String, demands: Vec<DemandView> },
    /// So many steps of approval.
    Approval { flow: String, steps: usize, demands: Vec<DemandView> },
    /// Denied, for these reasons.
    Denied { reasons: Vec<String> },
}

/// What the flow demands of the words of a request.
#[derive(Debug, Serialize)]
#[serde(tag = "demand", rename_all = "snake_case")]
enum DemandView {
    /// A ticket, of this form if there is one.
    Ticket {
        #[serde(skip_serializing_if = "Option::is_none")]
        pattern: Option<String>,
    },
    /// A justification of this form.
    Justification { pattern: String },
}

/// Query string of `GET /v1/entitlements`.
pub fn entitlements_query<'a>(
    parameters: impl Iterator<Item = (&'a str, &'a str)>,
) -> Result<EntitlementsQuery, Problem> {
    let mut query = EntitlementsQuery { after: None, limit: DEFAULT_LIMIT, words: Vec::new() };
    for (name, value) in parameters {
        match name {
            "cursor" => {
                let unknown = || Problem::invalid(name, "expected the `next_cursor` of a page");
                query.after = Some(cursor(value).ok_or_else(unknown)?);
            }
            "limit" => {
                let limit = value.parse().ok().filter(|n| (1..=MAX_LIMIT).contains(n));
                query.limit = limit.ok_or_else(|| Problem::invalid(name, format_args!("expected 1 to {MAX_LIMIT}")))?;
            }
            "q" if value.chars().count() > MAX_SEARCH => {
                return Err(Problem::invalid(name, format_args!("expected at most {MAX_SEARCH} characters")));
            }
            "q" => query.words = value.split_whitespace().map(str::to_lowercase).collect(),
            _ => return Err(unknown_parameter(name, "q, cursor, limit")),
        }
    }
    Ok(query)
}

/// Query string of `GET /v1/entitlements/explain`.
pub fn explain_query<'a>(
    parameters: impl Iterator<Item = (&'a str, &'a str)>,
    caller: &UserId,
) -> Result<ExplainQuery, Problem> {
    let (mut account, mut permission_set) = (None, None);
    let (mut requester, mut duration, mut emergency) = (caller.clone(), AccessDuration::MIN, false);
    for (name, value) in parameters {
        match name {
            "account" => account = Some(AccountId::parse(value).map_err(|e| Problem::invalid(name, e))?),
            "permission_set" => {
                permission_set = Some(PermissionSetArn::parse(value).map_err(|e| Problem::invalid(name, e))?);
            }
            "duration" => duration = AccessDuration::parse(value).map_err(|e| Problem::invalid(name, e))?,
            "emergency" => {
                emergency = value.parse().map_err(|_| Problem::invalid(name, "expected `true` or `false`"))?;
            }
            "requester" if value == "me" => {}
            "requester" => requester = UserId::parse(value).map_err(|e| Problem::invalid(name, e))?,
            _ => return Err(unknown_parameter(name, "account, permission_set, duration, emergency, requester")),
        }
    }
    let missing = |name: &str| Problem::invalid(name, "this is needed");
    Ok(ExplainQuery {
        requester,
        account: account.ok_or_else(|| missing("account"))?,
        permission_set: permission_set.ok_or_else(|| missing("permission_set"))?,
        duration,
        emergency,
    })
}

fn unknown_parameter(name: &str, known: &str) -> Problem {
    let title = "The query has a parameter that is not known here";
    let detail = format!("There is no parameter of this name here; there are {known}.");
    Problem::new(400, "unknown_parameter", title, detail).in_field(name)
}

fn cursor(text: &str) -> Option<(AccountId, PermissionSetArn)> {
    let (account, set) = text.split_once(' ')?;
    Some((AccountId::parse(account).ok()?, PermissionSetArn::parse(set).ok()?))
}

impl EntitlementsQuery {
    /// The page that is asked for.
    pub fn page(&self) -> Page<'_> {
        Page { after: self.after.as_ref().map(|(account, set)| (account, set)), limit: self.limit, words: &self.words }
    }
}

impl From<&Offers> for EntitlementsView {
    fn from(offers: &Offers) -> Self {
        let last = offers.offers.last().filter(|_| offers.more).map(|offer| &offer.entitlement);
        Self {
            items: offers.offers.iter().map(EntitlementView::from).collect(),
            next_cursor: last.map(|last| format!("{} {}", last.account, last.permission_set)),
        }
    }
}

impl From<&Offer> for EntitlementView {
    fn from(offer: &Offer) -> Self {
        let entitlement = &offer.entitlement;
        Self {
            account: entitlement.account.to_string(),
            account_name: entitlement.account_name.clone(),
            permission_set: entitlement.permission_set.to_string(),
            permission_set_name: entitlement.permission_set_name.clone(),
            catalogs: entitlement.catalogs.iter().cloned().collect(),
            max_duration: entitlement.terms.max_duration.value.to_string(),
            risk: entitlement.terms.risk.value.name(),
            emergency: offer.emergency,
            prospect: (&offer.prospect).into(),
        }
    }
}

impl From<&Prospect> for ProspectView {
    fn from(prospect: &Prospect) -> Self {
        let views = |demands: &[Demand]| demands.iter().map(DemandView::from).collect();
        match prospect {
            Prospect::Automatic { flow, demands } => Self::Automatic { flow: flow.clone(), demands: views(demands) },
            Prospect::Approval { flow, steps, demands } => {
                Self::Approval { flow: flow.clone(), steps: *steps, demands: views(demands) }
            }
            Prospect::Denied { reasons } => Self::Denied { reasons: reasons.clone() },
        }
    }
}

impl From<&Demand> for DemandView {
    fn from(demand: &Demand) -> Self {
        match demand {
            Demand::Ticket { pattern } => Self::Ticket { pattern: pattern.clone() },
            Demand::Justification { pattern } => Self::Justification { pattern: pattern.clone() },
        }
    }
}
