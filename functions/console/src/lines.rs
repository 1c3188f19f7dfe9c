//! Requests as lines of lists, with what the reader may do with each: by the domain's own table, never by a second one.

use curfew_domain::id::UserId;
use curfew_domain::person::Person;
use curfew_domain::request::{
    Answer, Command, Context, EndReason, Gone, Grant, Means, Request, Stage, State, apply, may_handle,
};
use curfew_domain::time::Timestamp;
use curfew_domain::verdict::Verdict;
use curfew_engine::hands::Task;
use curfew_web::views::{Actions, GrantView, RequestLine, Waiting};

use crate::names::Names;

/// Draws lines for one reader.
#[derive(Clone, Copy)]
pub(crate) struct Lines<'a> {
    pub(crate) names: Names<'a>,
    pub(crate) reader: &'a Person,
    pub(crate) now: Timestamp,
    /// The AWS access portal.
    pub(crate) portal: Option<&'a str>,
}

impl Lines<'_> {
    pub(crate) fn line(&self, request: &Request) -> RequestLine {
        let (ask, terms) = (&request.ask, request.terms());
        RequestLine {
            id: ask.id.to_string(),
            requester: self.names.person(&ask.requester),
            access: self.names.access(&ask.account, &ask.permission_set),
            stage: request.state.stage(),
            since: request.since,
            reason: reason(request),
            emergency: ask.emergency,
            justification: ask.justification.to_string(),
            ticket: ask.ticket.as_ref().map(ToString::to_string),
            duration: terms.duration,
            start: terms.start,
            submitted_at: ask.submitted_at,
            grant: request.state.grant().map(|grant| self.grant(grant, request)),
            waiting: self.waiting(request),
            actions: self.actions(request),
        }
    }

    pub(crate) fn lines<'r>(&self, requests: impl IntoIterator<Item = &'r Request>) -> Vec<RequestLine> {
        requests.into_iter().map(|request| self.line(request)).collect()
    }

    fn grant(&self, grant: &Grant, request: &Request) -> GrantView {
        // Sessions can be opened until the assignment is gone, and the end that was confirmed says when that was.
        let sessions_until = match &request.state {
            State::Ending { .. } => None,
            State::Ended { gone: Gone::Absent | Gone::Taken(_), .. } => request.since.checked_add(grant.session).ok(),
            _ => Some(grant.sessions_until()),
        };
        let own = request.ask.requester == self.reader.id && request.state.stage() == Stage::Active;
        let set = self.names.permission_set(&request.ask.permission_set);
        let portal = self.portal.filter(|_| own);
        GrantView {
            started_at: grant.started_at,
            expires_at: grant.expires_at,
            sessions_until,
            standing: grant.standing,
            means: self.names.means(&grant.means),
            portal: portal.and_then(|at| curfew_web::portal_link(at, request.ask.account.as_str(), &set.name)),
        }
    }

    fn waiting(&self, request: &Request) -> Option<Waiting> {
        let State::AwaitingApproval { step: index, deadline } = &request.state else { return None };
        let step = request.verdict.as_ref().map_or(&[][..], Verdict::steps).get(*index)?;
        let have: Vec<&UserId> = request
            .decisions
            .iter()
            .filter(|decision| decision.step == *index && decision.answer == Answer::Approve)
            .map(|decision| &decision.approver)
            .collect();
        Some(Waiting {
            step: step.name.clone(),
            deadline: *deadline,
            quorum: step.quorum,
            can: self.names.people(step.approvers.iter().filter(|who| request.waits_for(who))),
            have: self.names.people(have),
        })
    }

    /// What the domain would let the reader do now.
    fn actions(&self, request: &Request) -> Actions {
        let (by, now) = (self.reader, self.now);
        let allowed = |command: Command| apply(request, command, Context { now }).is_ok();
        let own = request.ask.requester == by.id;
        let decide = request.waits_for(&by.id);
        let revoke = allowed(Command::Revoke { by: by.clone(), comment: None });
        Actions {
            cancel: allowed(Command::Cancel { by: by.clone(), comment: None }),
            give_back: allowed(Command::Return { by: by.clone(), comment: None }),
            // Who may decide denies; who asked withdraws or gives back.
            revoke: revoke && !own && !decide,
            // Access by hand is not extended.
            extend: own
                && matches!(&request.state, State::Active(g) if !g.is_due(now) && !matches!(g.means, Means::Hands(_))),
            escalate: self.may_escalate(request),
            decide,
            review: false,
            given: allowed(Command::Given { by: by.clone(), comment: None }),
            taken: allowed(Command::Taken { by: by.clone(), comment: None }),
        }
    }

    /// Open, not an emergency yet, and the configuration has a way for emergencies.
    fn may_escalate(&self, request: &Request) -> bool {
        let Some(known) = self.names.known() else { return false };
        let (ask, by) = (&request.ask, self.reader.clone());
        let manager = known.manager_of(&ask.requester).cloned();
        let command = Command::Escalate { by, manager, to: ask.id.clone() };
        let entitlement = known.configuration.entitlement(&known.directory, &ask.account, &ask.permission_set);
        entitlement.is_some_and(|entitlement| entitlement.terms.emergency_policy.is_some())
            && apply(request, command, Context { now: self.now }).is_ok()
    }
}

/// Whether this person is one of those who are to give or take the access of this request by hand now. Administrators
/// may say so in their place, and are not waited for.
pub(crate) fn is_hand_for(request: &Request, person: &Person) -> bool {
    let plain = Person { administrator: false, ..person.clone() };
    Task::of(request).is_some() && may_handle(request, &plain)
}

/// Why it stands where it stands, where that needs saying.
pub(crate) fn reason(request: &Request) -> Option<String> {
    let denied = request.decisions.iter().find(|decision| decision.answer == Answer::Deny);
    match &request.state {
        State::Ending { reason: EndReason::Failed(why), .. } | State::Failed { reason: why } => Some(why.clone()),
        State::Ending { reason, .. } | State::Ended { reason, .. } => Some(reason.name().to_owned()),
        State::Denied => match denied {
            Some(decision) => decision.comment.as_ref().map(ToString::to_string),
            None if !request.timed_out.is_empty() => Some("nobody decided in time".to_owned()),
            None => request.verdict.as_ref().map(|verdict| verdict.explanation.join("; ")),
        },
        _ => None,
    }
}
