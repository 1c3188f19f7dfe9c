//! The form of a request, and what would come of it.

use curfew_api::Problem;
use curfew_domain::id::{AccountId, PermissionSetArn};
use curfew_domain::request::Request;
use curfew_domain::time::AccessDuration;
use curfew_engine::known::{Known, of_onlooker};
use curfew_engine::read;
use curfew_lambda::http::log;
use curfew_policy::explain::{Explanation, StepShown};
use curfew_policy::model::{Circumstances, Entitlement};
use curfew_policy::{Prospect as Judged, Wish, catalog};
use curfew_web::forms;
use curfew_web::views::{Demand, Errors, NewRequestView, Preview, PreviewStep, RequestValues};

use super::Shown;
use super::home::own;
use super::pace::usually;
use super::search::prospect;
use crate::Console;
use crate::names::Names;
use crate::sign_in::Call;
use crate::visit::Form;

/// What somebody entered, and what is wrong with it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Entered {
    pub(crate) values: RequestValues,
    pub(crate) errors: Errors,
    /// The form's own, so that it stays the same form; empty: a new one.
    pub(crate) idempotency_key: String,
}

impl Entered {
    pub(crate) fn of(form: &Form, errors: Errors) -> Self {
        let text = |name| form.get(name).to_owned();
        let values = RequestValues {
            duration: text(forms::DURATION),
            custom: text(forms::CUSTOM_DURATION),
            justification: text(forms::JUSTIFICATION),
            ticket: text(forms::TICKET),
            start: text(forms::START),
            emergency: !form.get(forms::EMERGENCY).is_empty(),
        };
        Self { values, errors, idempotency_key: text(forms::IDEMPOTENCY) }
    }
}

impl Console {
    /// The empty form.
    pub(super) async fn new_request(&self, call: &Call<'_>) -> Shown {
        let which = which(|name| call.visit.parameter(name))?;
        self.request_form(call, &which, Entered::default(), 200).await
    }

    /// The form as it was entered, with what would come of it.
    pub(super) async fn preview(&self, call: &Call<'_>) -> Shown {
        let which = which(|name| call.form.get(name))?;
        let mut errors = Errors::default();
        errors.fields.extend(read_duration(&call.form).err());
        self.request_form(call, &which, Entered::of(&call.form, errors), 200).await
    }

    /// The form, for an entitlement that the reader sees.
    pub(crate) async fn request_form(
        &self,
        call: &Call<'_>,
        (account, set): &(AccountId, PermissionSetArn),
        entered: Entered,
        status: u16,
    ) -> Shown {
        let (known, person, now) = (call.known()?, &call.caller.person, self.core.clock.now());
        let entitlement = known
            .configuration
            .entitlement(&known.directory, account, set)
            .filter(|it| catalog::sees(known.configuration.model(), &known.directory, &person.id, it))
            .ok_or_else(|| Problem::not_found("entitlement"))?;
        let circumstances = of_onlooker(&self.core, known, &person.id, call.origin()).await.map_err(log)?;
        let latest = read::list(&self.core, person, &own(call, None)).await.map_err(log)?.items;
        let max = entitlement.terms.max_duration.value;
        let duration = forms::duration(&entered.values.duration, &entered.values.custom).ok();
        let judge = |duration: AccessDuration, emergency: bool| {
            let (justification, ticket) = (words(&entered.values.justification), words(&entered.values.ticket));
            let which = (account, set);
            explain(known, &circumstances, now, &person.id, which, duration, emergency, justification, ticket)
        };
        let shown = judge(duration.unwrap_or_else(|| max.min(usual())), entered.values.emergency);
        let emergency =
            entitlement.terms.emergency_policy.is_some() && judge(AccessDuration::MIN, true).prospect.is_open();
        let (ticket, justification_pattern) = demands(&shown.prospect);
        let session = known.directory.permission_sets.get(set).map(|set| set.session).unwrap_or_default();
        let facts = known.facts(&circumstances, now);
        let means = known.configuration.means_of(&facts, &person.id, account, set);
        let live = self.counts.last();
        // What was read for this page and for another one: how quickly people answer costs no read of its own.
        let others = live.iter().flat_map(|live| &live.requests).filter(|it| it.ask.requester != person.id);
        let alike = |it: &&Request| it.ask.account == *account && it.ask.permission_set == *set;
        let alike: Vec<&Request> = latest.iter().chain(others).filter(alike).collect();
        let idempotency_key = match entered.idempotency_key.as_str() {
            "" => self.ids.link().map_err(log)?.to_string(),
            key => key.to_owned(),
        };
        let view = NewRequestView {
            access: call.names().access(account, set),
            max_duration: max,
            session,
            means: means.map(|means| call.names().means(&means)),
            ticket,
            justification_pattern,
            emergency,
            preview: preview(&shown, duration, call.names(), &alike),
            values: entered.values,
            errors: entered.errors,
            idempotency_key,
            same: same(&latest, &entitlement).map(|request| self.lines(call).line(request)),
        };
        Ok(self.page(call, status, |frame| curfew_web::new_request(frame, &view)))
    }
}

/// What is shown where nothing was entered yet: an hour, if the maximum allows.
fn usual() -> AccessDuration {
    AccessDuration::from_seconds(3600).unwrap_or(AccessDuration::MIN)
}

/// The entitlement that is named.
pub(crate) fn which<'f>(field: impl Fn(&str) -> &'f str) -> Result<(AccountId, PermissionSetArn), Problem> {
    let account = AccountId::parse(field(forms::ACCOUNT)).map_err(|_| Problem::not_found("entitlement"))?;
    let set = PermissionSetArn::parse(field(forms::PERMISSION_SET)).map_err(|_| Problem::not_found("entitlement"))?;
    Ok((account, set))
}

/// The duration of a form.
pub(crate) fn read_duration(form: &Form) -> Result<AccessDuration, curfew_web::views::FieldError> {
    forms::duration(form.get(forms::DURATION), form.get(forms::CUSTOM_DURATION))
}

fn words(text: &str) -> Option<&str> {
    Some(text.trim()).filter(|text| !text.is_empty())
}

#[expect(clippy::too_many_arguments, reason = "a wish has that many parts")]
pub(super) fn explain(
    known: &Known,
    circumstances: &Circumstances,
    now: curfew_domain::time::Timestamp,
    requester: &curfew_domain::id::UserId,
    (account, permission_set): (&AccountId, &PermissionSetArn),
    duration: AccessDuration,
    emergency: bool,
    justification: Option<&str>,
    ticket: Option<&str>,
) -> Explanation {
    let wish = Wish { requester, account, permission_set, duration, justification, ticket, emergency };
    known.configuration.explain(&known.facts(circumstances, now), &wish)
}

fn preview(shown: &Explanation, duration: Option<AccessDuration>, names: Names<'_>, alike: &[&Request]) -> Preview {
    let step = |step: &StepShown| PreviewStep {
        name: step.name.clone(),
        approvers: step.approvers.iter().map(|user| names.called(user)).collect(),
        quorum: step.quorum,
        usually: usually(alike.iter().copied(), &step.name),
    };
    let steps = walked(&shown.steps).map(step).collect();
    Preview { prospect: prospect(&shown.prospect), duration, steps, why: shown.why.clone() }
}

/// The steps that follow one another when everybody answers; not those that take over on time-out.
fn walked(steps: &[StepShown]) -> impl Iterator<Item = &StepShown> {
    std::iter::successors(steps.first(), |step| steps.iter().find(|next| Some(next.number) == step.then))
        .take(steps.len())
}

fn demands(prospect: &Judged) -> (Demand, Option<String>) {
    let demands = match prospect {
        Judged::Automatic { demands, .. } | Judged::Approval { demands, .. } => demands.as_slice(),
        Judged::Denied { .. } => &[],
    };
    let (mut ticket, mut justification) = (Demand::Optional, None);
    for demand in demands {
        match demand {
            curfew_policy::Demand::Ticket { pattern } => ticket = Demand::Required { pattern: pattern.clone() },
            curfew_policy::Demand::Justification { pattern } => justification = Some(pattern.clone()),
        }
    }
    (ticket, justification)
}

/// A request of the reader's for the same that is not over.
fn same<'r>(latest: &'r [Request], of: &Entitlement) -> Option<&'r Request> {
    latest.iter().find(|request| {
        request.ask.account == of.account
            && request.ask.permission_set == of.permission_set
            && !request.state.stage().is_terminal()
    })
}
