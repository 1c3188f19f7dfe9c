//! A person's own access, and what they may ask for.

use curfew_domain::time::{AccessDuration, SignedDuration, Timestamp};

use super::{Access, Errors, Means, RequestLine};

/// `GET /`: my access.
#[derive(Debug, Clone)]
pub struct HomeView {
    /// What I have now, and what is being removed; the one that ends first at the beginning.
    pub active: Vec<RequestLine>,
    /// What I asked for and do not have yet, the newest first.
    pub pending: Vec<RequestLine>,
    /// What is over, the newest first.
    pub over: Vec<RequestLine>,
    /// Where [`Self::over`] goes on: `cursor` of the next page.
    pub older: Option<String>,
    /// What I ask for often or asked for last, at most a handful.
    pub shortcuts: Vec<Offer>,
}

/// `GET /request`: what I may ask for.
#[derive(Debug, Clone)]
pub struct SearchView {
    /// What was searched for; empty: nothing.
    pub query: String,
    /// Favourites, and then what was asked for lately; shown first, only without a query.
    pub shortcuts: Vec<Offer>,
    /// What was found.
    pub offers: Vec<Offer>,
    /// Where it goes on: `cursor` of the next page.
    pub next: Option<String>,
    /// How many there are in all that match, if that is known.
    pub total: Option<usize>,
}

/// Something that somebody may ask for.
#[derive(Debug, Clone)]
pub struct Offer {
    /// What.
    pub access: Access,
    /// Catalogs that offer it.
    pub catalogs: Vec<String>,
    /// For how long at most.
    pub max_duration: AccessDuration,
    /// What would come of asking for the shortest time now.
    pub prospect: Prospect,
    /// Emergency access is open to the reader now.
    pub emergency: bool,
    /// Whether it is a favourite; `None`: favourites are not kept, and no star is shown.
    pub favourite: Option<bool>,
    /// Until when the reader has it already.
    pub active_until: Option<Timestamp>,
}

/// What would come of asking.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Prospect {
    /// Approved at once.
    Automatic {
        /// By this flow.
        flow: String,
    },
    /// Put to approvers.
    Approval {
        /// By this flow.
        flow: String,
        /// How many approvals follow one another.
        steps: usize,
    },
    /// Denied.
    Denied {
        /// Why, in sentences.
        reasons: Vec<String>,
    },
}

/// `GET /request/new`: the form.
#[derive(Debug, Clone)]
pub struct NewRequestView {
    /// What is asked for.
    pub access: Access,
    /// For how long at most.
    pub max_duration: AccessDuration,
    /// How long sessions that were opened may outlast the end (I17).
    pub session: SignedDuration,
    /// How it would be given now; `None` where it could not be.
    pub means: Option<Means>,
    /// What the configuration says about the ticket.
    pub ticket: Demand,
    /// The form that the configuration demands of the justification, as a regular expression.
    pub justification_pattern: Option<String>,
    /// Whether emergency access can be asked for.
    pub emergency: bool,
    /// What would come of it, as the form stands.
    pub preview: Preview,
    /// What was entered.
    pub values: RequestValues,
    /// What is wrong with it.
    pub errors: Errors,
    /// Sent back with the form, so that sending twice asks once.
    pub idempotency_key: String,
    /// A request for the same that is open or active: sending again may not be what is wanted.
    pub same: Option<RequestLine>,
}

/// What the configuration says about a field.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Demand {
    /// It may stay empty.
    #[default]
    Optional,
    /// It must be filled, in this form (a regular expression) if there is one.
    Required {
        /// The form.
        pattern: Option<String>,
    },
}

/// What was entered into the form of a request, as texts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RequestValues {
    /// A preset such as `PT1H`, or [`crate::forms::CUSTOM`]; empty: the page chooses one.
    pub duration: String,
    /// The duration in own words, if custom: see [`crate::forms::duration`].
    pub custom: String,
    /// Why.
    pub justification: String,
    /// Ticket.
    pub ticket: String,
    /// Later start, as `2026-11-24T09:00` in the reader's zone; empty: at once.
    pub start: String,
    /// As an emergency.
    pub emergency: bool,
}

/// What would come of the request as the form stands.
#[derive(Debug, Clone)]
pub struct Preview {
    /// In short.
    pub prospect: Prospect,
    /// For this duration; `None` where the form has none that can be read.
    pub duration: Option<AccessDuration>,
    /// The steps to walk, in order.
    pub steps: Vec<PreviewStep>,
    /// Why, in sentences, the deciding rule first.
    pub why: Vec<String>,
}

/// One approval on the way.
#[derive(Debug, Clone)]
pub struct PreviewStep {
    /// Name of the step.
    pub name: String,
    /// Names of those who may decide.
    pub approvers: Vec<String>,
    /// How many of them must approve.
    pub quorum: u8,
    /// In which time it was usually answered before, if that is known.
    pub usually: Option<SignedDuration>,
}
