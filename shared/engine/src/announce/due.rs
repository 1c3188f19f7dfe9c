//! Which notices are due, and to whom. Pure: the request, what happened to it, and who is around it.

use curfew_domain::audit::Record;
use curfew_domain::id::UserId;
use curfew_domain::notice::NoticeKind;
use curfew_domain::request::{Gone, Grant, Request, Stage, State};
use curfew_domain::verdict::{Step, Verdict};
use curfew_policy::model::Told;

use super::remind::Reminder;

/// Something that people may have to be told of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Happened {
    /// A transition of the request or of its review, by its one audit record.
    Recorded(Record),
    /// Time for a reminder.
    Reminder(Reminder),
}

/// Who is around a request besides those whom it names itself. Empty where rules or directory cannot be had.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Circle {
    /// The requester's manager, the owners of entitlement and account.
    pub in_charge: Vec<UserId>,
    /// Who reviews emergency access.
    pub reviewers: Vec<UserId>,
    /// Who administers Curfew.
    pub administrators: Vec<UserId>,
    /// Whom the configuration names.
    pub told: Vec<Told>,
}

/// Why somebody is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Because {
    /// The request is theirs.
    Requester,
    /// They may decide it.
    Approver,
    /// They give and take its access by hand.
    Hand,
    /// They review emergency access.
    Reviewer,
    /// They answer for the requester, the access, or Curfew.
    InCharge,
    /// The configuration names them.
    Named,
}

impl Because {
    /// The word for it in events.
    pub fn name(self) -> &'static str {
        match self {
            Self::Requester => "requester",
            Self::Approver => "approver",
            Self::Hand => "hand",
            Self::Reviewer => "reviewer",
            Self::InCharge => "in_charge",
            Self::Named => "named",
        }
    }
}

/// One notice, to everybody whom it is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// What it tells.
    pub kind: NoticeKind,
    /// What it is about, within its request: the number of a record, a step, or a reminder. With the kind, it is told once.
    pub occasion: String,
    /// People, each once, with the strongest reason.
    pub people: Vec<(UserId, Because)>,
    /// Addresses that the configuration names.
    pub addresses: Vec<String>,
}

/// Everything that is due because of this. What tells people what they can do now is due only while that is so; what
/// tells what was done is due for ever.
pub fn due(request: &Request, happened: &Happened, circle: &Circle) -> Vec<Notice> {
    match happened {
        Happened::Recorded(record) => recorded(request, record, circle),
        Happened::Reminder(reminder) => reminded(request, *reminder, circle).into_iter().collect(),
    }
}

fn recorded(request: &Request, record: &Record, circle: &Circle) -> Vec<Notice> {
    let seq = record.seq.to_string();
    let notice = |kind, people| finished(kind, seq.clone(), people, record.led_to(), circle);
    let mut notices = Vec::new();
    if record.event == "review_overdue" {
        let people = [requester(request), reviewers(circle), asked(request)].concat();
        notices.push(notice(NoticeKind::ReviewOverdue, people));
    }
    // Also where approvals are still missing: an approval may have led from one step to the next.
    if record.led_to() == Some(Stage::AwaitingApproval) {
        notices.extend(decision_needed(request, circle));
    }
    let to = record.led_to().filter(|_| record.moved());
    let over = matches!(to, Some(Stage::Denied | Stage::Cancelled | Stage::Lapsed));
    match to {
        Some(Stage::Submitted) => notices.push(notice(NoticeKind::Received, requester(request))),
        Some(Stage::Approved | Stage::Scheduled | Stage::Denied | Stage::Cancelled | Stage::Lapsed) => {
            notices.push(notice(NoticeKind::Decided, decided(request, record)));
            notices.extend(settled(request, record).map(|people| notice(NoticeKind::Settled, people)));
        }
        Some(Stage::Active) => {
            // Late by so much that it is over: what follows tells.
            let current = request.state.stage() == Stage::Active;
            notices.push(notice(NoticeKind::Active, if current { requester(request) } else { Vec::new() }));
        }
        // Who takes the access by hand learns when, as long as it is still to be taken.
        Some(Stage::Ending) if request.state.stage() == Stage::Ending && !hands(request).is_empty() => {
            notices.push(notice(NoticeKind::ByHand, hands(request)));
        }
        Some(Stage::Ended | Stage::Failed) => {
            // Where another grant goes on, the person notices nothing.
            let goes_on = matches!(&request.state, State::Ended { gone: Gone::KeptFor(_), .. });
            notices.push(notice(NoticeKind::Ended, if goes_on { Vec::new() } else { requester(request) }));
            if to == Some(Stage::Ended) && request.ask.emergency {
                notices.push(notice(NoticeKind::ReviewDue, [reviewers(circle), requester(request)].concat()));
            }
        }
        _ => {}
    }
    if record.event == "evaluated" && request.ask.emergency && !over {
        let in_charge = circle.in_charge.iter().chain(&circle.administrators);
        let in_charge = in_charge.map(|who| (who.clone(), Because::InCharge)).collect();
        let people = [requester(request), asked(request), reviewers(circle), in_charge].concat();
        notices.push(notice(NoticeKind::Emergency, people));
    }
    notices
}

fn reminded(request: &Request, reminder: Reminder, circle: &Circle) -> Option<Notice> {
    let occasion = reminder.name();
    let stage = Some(request.state.stage());
    match (reminder, &request.state) {
        (Reminder::EndsSoon, State::Active(_)) => {
            Some(finished(NoticeKind::EndsSoon, occasion, requester(request), stage, circle))
        }
        (Reminder::Decision { step }, State::AwaitingApproval { step: present, .. }) if step == *present => {
            Some(finished(NoticeKind::Reminded, occasion, waited_for(request), stage, circle))
        }
        (Reminder::Give, State::Provisioning(_)) => {
            Some(finished(NoticeKind::ByHand, occasion, hands(request), stage, circle))
        }
        (Reminder::NotRemoved, State::Ending { .. }) => {
            let administrators = circle.administrators.iter().map(|who| (who.clone(), Because::InCharge)).collect();
            let people = [requester(request), hands(request), asked(request), administrators].concat();
            Some(finished(NoticeKind::NotRemoved, occasion, people, stage, circle))
        }
        _ => None,
    }
}

/// The approvers of the present step are asked once for that step, whichever record tells of it.
fn decision_needed(request: &Request, circle: &Circle) -> Option<Notice> {
    let State::AwaitingApproval { step, .. } = request.state else { return None };
    let (occasion, stage) = (format!("step{step}"), Some(Stage::AwaitingApproval));
    Some(finished(NoticeKind::DecisionNeeded, occasion, waited_for(request), stage, circle))
}

/// The requester, unless they did it themselves, or have the access at once: then the next notice says so.
fn decided(request: &Request, record: &Record) -> Vec<(UserId, Because)> {
    let at_once = record.led_to() == Some(Stage::Approved);
    if at_once || is_by(record, &request.ask.requester) { Vec::new() } else { requester(request) }
}

/// Those who were asked and have not decided; `None` where nobody was asked.
fn settled(request: &Request, record: &Record) -> Option<Vec<(UserId, Because)>> {
    let mut people = asked(request);
    if people.is_empty() {
        return None;
    }
    people
        .retain(|(who, _)| !is_by(record, who) && !request.decisions.iter().any(|decision| decision.approver == *who));
    Some(people)
}

fn is_by(record: &Record, who: &UserId) -> bool {
    record.actor.strip_prefix("user:") == Some(who.as_str())
}

fn requester(request: &Request) -> Vec<(UserId, Because)> {
    vec![(request.ask.requester.clone(), Because::Requester)]
}

fn reviewers(circle: &Circle) -> Vec<(UserId, Because)> {
    circle.reviewers.iter().map(|who| (who.clone(), Because::Reviewer)).collect()
}

/// Who gives and takes the access by hand.
fn hands(request: &Request) -> Vec<(UserId, Because)> {
    let hands = request.state.grant().and_then(Grant::hands).unwrap_or_default();
    hands.iter().map(|who| (who.clone(), Because::Hand)).collect()
}

/// Whom the present step waits for.
fn waited_for(request: &Request) -> Vec<(UserId, Because)> {
    let approvers = request.current_step().map_or(&[][..], |step| step.approvers.as_slice());
    let waited = approvers.iter().filter(|who| request.waits_for(who));
    waited.map(|who| (who.clone(), Because::Approver)).collect()
}

/// The approvers of all steps that were asked.
fn asked(request: &Request) -> Vec<(UserId, Because)> {
    let steps: &[Step] = request.verdict.as_ref().map_or(&[], Verdict::steps);
    let steps = request.asked_steps().into_iter().filter_map(|index| steps.get(index));
    let approvers = steps.flat_map(|step| &step.approvers).filter(|who| **who != request.ask.requester);
    approvers.map(|who| (who.clone(), Because::Approver)).collect()
}

/// With whomever the configuration names; everybody once, for the reason that comes first.
fn finished(
    kind: NoticeKind,
    occasion: String,
    mut people: Vec<(UserId, Because)>,
    to: Option<Stage>,
    circle: &Circle,
) -> Notice {
    let mut addresses = Vec::new();
    for told in &circle.told {
        let named = told.on.contains(kind.name()) || to.is_some_and(|stage| is_told_by_stage(kind, stage, told));
        if named || told.on.is_empty() {
            people.extend(told.people.iter().map(|who| (who.clone(), Because::Named)));
            addresses.extend(told.address.clone());
        }
    }
    let mut once: Vec<(UserId, Because)> = Vec::with_capacity(people.len());
    for (who, because) in people {
        if !once.iter().any(|(known, _)| *known == who) {
            once.push((who, because));
        }
    }
    addresses.sort();
    addresses.dedup();
    Notice { kind, occasion, people: once, addresses }
}

/// Configurations also say `denied` or `failed`: the stage that the request came to. Reminders and asides have no stage of
/// their own.
fn is_told_by_stage(kind: NoticeKind, stage: Stage, told: &Told) -> bool {
    use NoticeKind::{Active, Decided, DecisionNeeded, Ended, Received};
    matches!(kind, Received | DecisionNeeded | Decided | Active | Ended) && told.on.contains(stage.name())
}
