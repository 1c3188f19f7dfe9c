//! The words of each kind of notice.

use curfew_domain::notice::NoticeKind;
use curfew_domain::request::{Cause, EndReason, Stage, State};
use curfew_domain::time::{AccessDuration, Timestamp};
use curfew_engine::announce::{Because, Letter};
use jiff::tz::TimeZone;

use super::Said;
use super::clean::{line, paragraph};

/// Longest name of a person, an account or a permission set, in characters.
const NAME: usize = 60;
/// Longest paragraph, in characters: that of a justification or comment.
const PARAGRAPH: usize = 1_000;

/// Everything of a letter that is said again and again, cleaned.
struct Known<'a> {
    letter: &'a Letter,
    /// The requester, by name.
    who: String,
    /// Such as `Administrator in payments-production`.
    what: String,
    /// The reader is the requester.
    own: bool,
    zone: TimeZone,
}

pub(super) fn say(letter: &Letter, public_url: &str) -> Said {
    let names = &letter.names;
    let because = letter.to.as_ref().map_or(Because::Named, |to| to.because);
    let known = Known {
        letter,
        who: line(&names.requester, NAME),
        what: format!("{} in {}", line(&names.permission_set, NAME), line(&names.account, NAME)),
        own: because == Because::Requester,
        zone: TimeZone::get(&letter.time_zone).unwrap_or(TimeZone::UTC),
    };
    let (subject, headline, lines) = known.news();
    Said {
        subject,
        headline,
        lines,
        facts: known.facts(),
        quotes: known.quotes(),
        action: known.action(public_url),
        why: why(because),
        preferences: format!("{public_url}/preferences"),
    }
}

fn why(because: Because) -> &'static str {
    match because {
        Because::Requester => "You get this because the request is yours.",
        Because::Approver => "You get this because you may decide this request.",
        Because::Hand => "You get this because you give and take this access by hand.",
        Because::Reviewer => "You get this because you review emergency access.",
        Because::InCharge => "You get this because you answer for this person, for this access, or for Curfew.",
        Because::Named => "You get this because Curfew's configuration names you for such notices.",
    }
}

impl Known<'_> {
    /// Subject, headline, and what else is to be said.
    fn news(&self) -> (String, String, Vec<String>) {
        let (who, what) = (&self.who, &self.what);
        let emergency = if self.letter.request.ask.emergency { "EMERGENCY: " } else { "" };
        // Yours, or somebody's.
        let (whose, of) =
            if self.own { ("Your".to_owned(), String::new()) } else { (format!("{who}'s"), format!(" ({who})")) };
        match self.letter.kind {
            NoticeKind::Received => (
                format!("{emergency}Received: {what}{of}"),
                format!("{whose} request for {what} has been taken in."),
                vec![],
            ),
            NoticeKind::DecisionNeeded => (
                format!("{emergency}Approve? {who} asks for {what}"),
                format!("{who} asks for {what}. Your decision is needed."),
                self.until_decided(),
            ),
            NoticeKind::Reminded => (
                format!("{emergency}Still waiting: {who} asks for {what}"),
                format!("{who} still waits for a decision about {what}. Half of the time for it is over."),
                self.until_decided(),
            ),
            NoticeKind::Settled => (
                format!("No decision needed any more: {what} ({who})"),
                format!("{who}'s request for {what} is {}. You need not decide it any more.", self.outcome()),
                vec![],
            ),
            NoticeKind::Decided => self.decided(&whose, &of),
            NoticeKind::Active => self.active(&whose, &of),
            NoticeKind::EndsSoon => (
                format!("Ends at {}: {what}{of}", self.clock(self.expires_at())),
                format!("{whose} access to {what} ends soon."),
                vec![
                    "Finish what must not be cut off. If the work takes longer, ask for more time before the end."
                        .to_owned(),
                ],
            ),
            NoticeKind::Ended => self.ended(&whose, &of),
            NoticeKind::NotRemoved => (
                format!("NOT REMOVED: {what} of {who}"),
                format!("{who}'s access to {what} should be gone, and could not be removed yet."),
                vec![self.still_there().to_owned()],
            ),
            NoticeKind::ReviewDue => (
                format!("Review due: emergency access of {who} to {what}"),
                format!("{whose} emergency access to {what} has ended. A review of it is due."),
                self.review(),
            ),
            NoticeKind::ReviewOverdue => (
                format!("Review overdue: emergency access of {who} to {what}"),
                format!("Nobody has reviewed {} emergency access to {what} in time.", within_sentence(&whose)),
                self.review(),
            ),
            NoticeKind::ByHand => self.by_hand(),
            NoticeKind::Emergency => (
                format!("EMERGENCY: {who} takes {what}"),
                if self.own {
                    format!("You take emergency access to {what}. Everybody in charge is told.")
                } else {
                    format!("{who} takes emergency access to {what}.")
                },
                vec![match self.letter.request.state.stage() {
                    Stage::AwaitingApproval => "It still waits for approval.".to_owned(),
                    _ => "The emergency policy allows it. It is reviewed when it is over.".to_owned(),
                }],
            ),
        }
    }

    fn until_decided(&self) -> Vec<String> {
        let Some((_, step, deadline)) = self.letter.step() else { return Vec::new() };
        let quorum = match step.quorum {
            0 | 1 => "One approval is enough".to_owned(),
            many => format!("{many} different people must approve"),
        };
        vec![format!("{quorum}; there is time until {}. Opening the link decides nothing.", self.time(deadline))]
    }

    fn decided(&self, whose: &str, of: &str) -> (String, String, Vec<String>) {
        let what = &self.what;
        let by = self.letter.names.actor.as_ref().map_or(String::new(), |name| format!(" by {}", line(name, NAME)));
        let reasons = || self.letter.explanation().iter().take(3).map(|reason| line(reason, 300)).collect();
        match self.letter.stage {
            Stage::Scheduled => {
                let start =
                    self.letter.request.terms().start.map_or(String::new(), |at| format!(" for {}", self.time(at)));
                (format!("Approved: {what}{of}"), format!("{whose} request for {what} is approved{start}."), vec![])
            }
            Stage::Approved => (
                format!("Approved: {what}{of}"),
                format!("{whose} request for {what} is approved{by}. The access is being created."),
                vec![],
            ),
            Stage::Denied if self.letter.denial().is_some() => {
                (format!("Denied: {what}{of}"), format!("{whose} request for {what} was denied{by}."), vec![])
            }
            Stage::Denied => {
                (format!("Denied: {what}{of}"), format!("{whose} request for {what} was denied by policy."), reasons())
            }
            Stage::Lapsed => (
                format!("Nobody answered: {what}{of}"),
                format!("Nobody decided {} request for {what} in time. It has lapsed.", within_sentence(whose)),
                vec![],
            ),
            _ => (format!("Cancelled: {what}{of}"), format!("{whose} request for {what} was cancelled{by}."), vec![]),
        }
    }

    fn active(&self, whose: &str, of: &str) -> (String, String, Vec<String>) {
        let (what, end) = (&self.what, self.expires_at());
        let subject = format!("Active until {}: {what}{of}", self.clock(end));
        (subject, format!("{whose} access to {what} is there, until {}.", self.time(end)), vec![])
    }

    fn ended(&self, whose: &str, of: &str) -> (String, String, Vec<String>) {
        let what = &self.what;
        if let State::Failed { reason } = &self.letter.request.state {
            let headline = format!("{whose} access to {what} could not be given. Nothing was left behind.");
            return (format!("Could not be given: {what}{of}"), headline, vec![line(reason, 300)]);
        }
        let reason = match self.letter.reason() {
            Some(EndReason::Returned) => "It was given back.",
            Some(EndReason::Revoked) => "It was taken away.",
            Some(EndReason::Stray) => "It was not made by Curfew, and only Curfew gives this access.",
            Some(EndReason::Lost(Cause::AssignmentRemoved)) => "Somebody removed it in Identity Center.",
            Some(EndReason::Lost(_)) => "The person, the account or the permission set is not there any more.",
            _ => "Its time was over.",
        };
        (format!("Ended: {what}{of}"), format!("{whose} access to {what} has ended."), vec![reason.to_owned()])
    }

    fn by_hand(&self) -> (String, String, Vec<String>) {
        let (who, what) = (&self.who, &self.what);
        if self.letter.stage == Stage::Ending {
            return (
                format!("Take away by hand: {what} of {who}"),
                format!("{who}'s access to {what} is over. Curfew cannot take it: please do so by hand."),
                vec!["Then say that it is gone. Until somebody says so it counts as there.".to_owned()],
            );
        }
        (
            format!("Give by hand: {what} to {who}"),
            format!(
                "{who} may have {what}, until {}. Curfew cannot give it: please do so by hand.",
                self.time(self.expires_at())
            ),
            vec!["Then say that it is there; or that you do not give it.".to_owned()],
        )
    }

    /// Why access that is over is not gone yet.
    fn still_there(&self) -> &'static str {
        if self.letter.grant().is_some_and(|grant| grant.hands().is_some()) {
            "It is taken by hand, and nobody has said that this was done. Until then it may still work."
        } else {
            "Curfew keeps trying, and the operators are alarmed. Until it succeeds, the access may still work."
        }
    }

    fn review(&self) -> Vec<String> {
        let line = if self.own {
            "Until it is done in time, policy gives you no further emergency access. Somebody else must do it."
        } else {
            "Say whether it was justified. Whoever owes a review gets no further emergency access."
        };
        vec![line.to_owned()]
    }

    fn outcome(&self) -> &'static str {
        match self.letter.stage {
            Stage::Denied => "denied",
            Stage::Cancelled => "cancelled",
            Stage::Lapsed => "lapsed: nobody answered in time",
            _ => "approved",
        }
    }

    fn facts(&self) -> Vec<(&'static str, String)> {
        let (letter, ask) = (self.letter, &self.letter.request.ask);
        let mut facts = vec![
            ("Who", self.who.clone()),
            ("Permission set", line(&letter.names.permission_set, NAME)),
            ("Account", format!("{} ({})", line(&letter.names.account, NAME), ask.account)),
            ("Duration", spelled(letter.duration())),
        ];
        if let Some(start) = letter.request.terms().start.filter(|_| letter.grant().is_none()) {
            facts.push(("From", self.time(start)));
        }
        if let Some(grant) = letter.grant() {
            facts.push(("Ends", self.time(grant.expires_at)));
            facts.push(("Sessions may work until", self.time(grant.sessions_until())));
        }
        if ask.emergency {
            facts.push(("Emergency", "yes".to_owned()));
        }
        if let Some(ticket) = &ask.ticket {
            facts.push(("Ticket", line(ticket.as_str(), NAME)));
        }
        facts
    }

    fn quotes(&self) -> Vec<(String, String)> {
        let mut quotes = vec![(self.who.clone(), paragraph(self.letter.request.ask.justification.as_str(), PARAGRAPH))];
        let comment = self.letter.denial().and_then(|denial| denial.comment.as_ref());
        if let Some(comment) = comment.filter(|_| self.letter.stage == Stage::Denied) {
            let by = self.letter.names.actor.as_deref().unwrap_or("An approver");
            quotes.push((line(by, NAME), paragraph(comment.as_str(), PARAGRAPH)));
        }
        quotes
    }

    fn action(&self, public_url: &str) -> (&'static str, String) {
        match self.letter.to.as_ref().and_then(|to| to.link.as_ref()) {
            Some(link) => ("Look and decide", format!("{public_url}/a/{link}")),
            None => ("Open the request", format!("{public_url}/requests/{}", self.letter.request.ask.id)),
        }
    }

    fn expires_at(&self) -> Timestamp {
        self.letter.grant().map_or(self.letter.at, |grant| grant.expires_at)
    }

    /// In the company's zone, and in UTC where that differs.
    fn time(&self, at: Timestamp) -> String {
        let local = at.to_zoned(self.zone.clone()).strftime("%a %-d %b %Y, %H:%M %Z").to_string();
        if self.zone == TimeZone::UTC { local } else { format!("{local} ({})", at.strftime("%H:%M UTC")) }
    }

    /// Only the time of day.
    fn clock(&self, at: Timestamp) -> String {
        at.to_zoned(self.zone.clone()).strftime("%H:%M %Z").to_string()
    }
}

fn spelled(duration: AccessDuration) -> String {
    let seconds = duration.seconds();
    let parts = [(seconds / 3600, "h"), (seconds / 60 % 60, "min"), (seconds % 60, "s")];
    let parts: Vec<String> = parts.iter().filter(|(n, _)| *n > 0).map(|(n, unit)| format!("{n} {unit}")).collect();
    parts.join(" ")
}

/// `Your` becomes `your`; a name stays a name.
fn within_sentence(whose: &str) -> &str {
    if whose == "Your" { "your" } else { whose }
}
