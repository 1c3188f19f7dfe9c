//! Set-up: what is published, what policy decides by, how all access stands; and where each term comes from.

use curfew_api::Problem;
use curfew_domain::time::AccessDuration;
use curfew_engine::health::{Health, WriterState, health};
use curfew_lambda::http::log;
use curfew_policy::{Explanation, Prospect as Judged};
use curfew_web::forms::{ACCOUNT, CURSOR, DURATION, EMERGENCY, PERMISSION_SET, USER};
use curfew_web::routes;
use curfew_web::views::{
    DirectoryView, Errors, ExplainValues, ExplainView, ExplanationView, FlowView, HealthView, Named, Outcome,
    SetupView, TermView, Writer,
};

use super::Shown;
use super::audit::{account_id, user};
use super::new_request::explain;
use super::search::{bare, prospect};
use crate::Console;
use crate::frame::Said;
use crate::reply::Reply;
use crate::sign_in::Call;

/// Publications on a page.
const PAGE: u32 = 20;
/// Suggestions for a field, at most.
const SUGGESTIONS: usize = 200;

impl Console {
    /// Configuration, directory and health.
    pub(super) async fn setup(&self, call: &Call<'_>) -> Shown {
        call.overseer()?;
        let (store, names) = (&self.core.store, call.names());
        let before = call.visit.parameter(CURSOR).parse().ok();
        let current = store.in_force().await.map_err(log)?;
        let published = store.publications(before, PAGE).await.map_err(log)?;
        let proposals = store.proposals().await.map_err(log)?;
        let based = current.as_ref().map(|current| &current.version);
        let waits = |proposal: &&curfew_engine::publish::Proposal| proposal.based_on.as_ref() == based;
        // What fails here must not hide the rest from who mends it.
        let health =
            health(&self.core).await.inspect_err(|error| tracing::error!(%error, "health could not be read")).ok();
        let head = store.head().await.map_err(log)?;
        let max_age = names.known().map(|known| known.configuration.model().settings.facts_max_age);
        let more = published.len() == PAGE as usize;
        let oldest = published.last().map(|last| last.number).filter(|number| *number > 1 && more);
        let view = SetupView {
            current: current.as_ref().map(|publication| super::versions::published(publication, names)),
            proposed: proposals.iter().filter(waits).map(|it| super::versions::proposed(it, call)).collect(),
            versions: published.iter().map(|publication| super::versions::published(publication, names)).collect(),
            older: oldest.map(|number| number.to_string()),
            directory: head.map(|head| DirectoryView {
                taken_at: head.taken_at,
                max_age,
                accounts: head.counts.accounts,
                permission_sets: head.counts.permission_sets,
                users: head.counts.users,
                groups: head.counts.groups,
            }),
            health: health.as_ref().map(health_view),
            may_change: call.caller.person.administrator,
        };
        Ok(self.page(call, 200, |frame| curfew_web::setup(frame, &view)))
    }

    /// Has the directory read now.
    pub(super) async fn start_sync(&self, call: &Call<'_>) -> Shown {
        let by = call.administrator()?;
        self.gate.enabled(&call.caller.person.id).await?;
        tracing::info!(by, force = false, "sync on demand");
        self.sync.start(false).await.map_err(log)?;
        Ok(Reply::see(routes::SETUP).with_cookie(Said::Syncing.cookie(self)))
    }

    /// What would come of somebody's wish, and where each term comes from.
    pub(super) fn explain(&self, call: &Call<'_>) -> Shown {
        call.overseer()?;
        let text = |name| call.visit.parameter(name).trim().to_owned();
        let values = ExplainValues {
            user: text(USER),
            account: text(ACCOUNT),
            permission_set: text(PERMISSION_SET),
            duration: text(DURATION),
            emergency: !text(EMERGENCY).is_empty(),
        };
        let directory = call.known().ok().map(|known| &known.directory);
        let listed = |names: &mut dyn Iterator<Item = Named>| names.take(SUGGESTIONS).collect::<Vec<_>>();
        let named = |id: String, name: &str| Named { id, name: name.to_owned() };
        let people = directory.iter().flat_map(|it| &it.users).map(|(id, user)| named(id.to_string(), &user.name));
        let accounts = directory.iter().flat_map(|it| &it.accounts).map(|(id, it)| named(id.to_string(), &it.name));
        let sets = directory.iter().flat_map(|it| &it.permission_sets).map(|(id, it)| named(id.to_string(), &it.name));
        let (people, accounts, permission_sets) =
            (listed(&mut people.into_iter()), listed(&mut accounts.into_iter()), listed(&mut sets.into_iter()));
        let asked = !(values.user.is_empty() && values.account.is_empty() && values.permission_set.is_empty());
        let (answer, errors) = match asked.then(|| self.explanation(call, &values)) {
            None => (None, Errors::default()),
            Some(Ok(answer)) => (Some(answer), Errors::default()),
            Some(Err(Wrong::Entered(errors))) => (None, errors),
            Some(Err(Wrong::Problem(problem))) => return Err(problem),
        };
        let status = if errors.is_empty() { 200 } else { 422 };
        let view = ExplainView { values, errors, people, accounts, permission_sets, answer };
        Ok(self.page(call, status, |frame| curfew_web::explain(frame, &view)))
    }

    fn explanation(&self, call: &Call<'_>, values: &ExplainValues) -> Result<ExplanationView, Wrong> {
        let known = call.known().map_err(Wrong::Problem)?;
        let wrong = |field: &str, why: &str| Wrong::Entered(Errors::at(field, why));
        let missing = "Say who, where and which.";
        let who = user(call, &values.user).map_err(|why| wrong(USER, why))?.ok_or_else(|| wrong(USER, missing))?;
        let account = account_id(call, &values.account).map_err(|why| wrong(ACCOUNT, why))?;
        let account = account.ok_or_else(|| wrong(ACCOUNT, missing))?;
        let wanted = values.permission_set.as_str();
        let set =
            known.directory.permission_sets.iter().find(|(arn, set)| set.name == wanted || arn.as_str() == wanted);
        let (set, _) = set.ok_or_else(|| wrong(PERMISSION_SET, "No permission set in the directory has this name."))?;
        let duration = match values.duration.as_str() {
            "" => AccessDuration::MIN,
            text => curfew_web::forms::duration(text, "").map_err(|error| wrong(DURATION, &error.text))?,
        };
        let (circumstances, now) = (bare(call), self.core.clock.now());
        let which = (&account, set);
        let told = explain(known, &circumstances, now, &who, which, duration, values.emergency, None, None);
        Ok(ExplanationView {
            requester: call.names().person(&who),
            access: call.names().access(&account, set),
            duration,
            ..shown(told, call, &who, which)
        })
    }
}

/// Why nothing is explained.
enum Wrong {
    Entered(Errors),
    Problem(Problem),
}

fn shown(
    told: Explanation,
    call: &Call<'_>,
    who: &curfew_domain::id::UserId,
    (account, set): (&curfew_domain::id::AccountId, &curfew_domain::id::PermissionSetArn),
) -> ExplanationView {
    ExplanationView {
        configuration: told.configuration,
        requester: call.names().person(who),
        access: call.names().access(account, set),
        duration: AccessDuration::MIN,
        outcome: match &told.prospect {
            Judged::Automatic { .. } => Outcome::Approved,
            Judged::Approval { .. } => Outcome::NeedsApproval,
            Judged::Denied { .. } => Outcome::Denied,
        },
        prospect: prospect(&told.prospect),
        why: told.why,
        catalogs: told.catalogs.into_iter().map(|catalog| (catalog.name, catalog.open)).collect(),
        terms: told
            .terms
            .into_iter()
            .map(|term| TermView { name: term.name.to_owned(), value: term.value, from: term.from })
            .collect(),
        policy: told.policy,
        flows: told
            .flows
            .into_iter()
            .map(|flow| FlowView {
                flow: flow.flow,
                applies: flow.applies,
                why_not: flow.why_not,
                permitted_by: flow.permitted_by,
                forbidden_by: flow.forbidden_by,
            })
            .collect(),
        steps: told.steps.into_iter().map(|step| (step.name, step.approvers, step.quorum)).collect(),
        facts: told.facts,
    }
}

fn health_view(health: &Health) -> HealthView {
    HealthView {
        at: health.at,
        live: health.live,
        unreadable: health.unreadable,
        active: health.active,
        ending: health.ending,
        waiting: health.intents.map(|(_, count)| count),
        oldest: health.oldest_intent.as_ref().map(|intent| intent.age),
        overdue: health.overdue.len(),
        strays: health.strays.len(),
        writer: match &health.writer {
            WriterState::Free => Writer::Free,
            WriterState::Held { until, .. } => Writer::Held(*until),
            WriterState::RanOut { until, .. } => Writer::RanOut(*until),
        },
    }
}
