//! Small parts that several pages share.

use curfew_domain::request::Stage;
use maud::{Markup, html};

use crate::field;
use crate::routes;
use crate::time;
use crate::views::{Access, Frame, GrantView, Means, Person, Prospect, RequestLine};

/// Names of people that are written out in one line.
const MOST_NAMES: usize = 4;

/// Somebody. Isolated, so that a name written from right to left does not turn its neighbours round.
pub(crate) fn person(person: &Person) -> Markup {
    html! { bdi title=(person.user_name) { (person.name) } @if person.you { " (you)" } }
}

/// Several people; many are folded away.
pub(crate) fn people(people: &[Person]) -> Markup {
    let shown = if people.len() > MOST_NAMES + 1 { MOST_NAMES } else { people.len() };
    let (first, rest) = people.split_at(shown);
    html! {
        @for (i, one) in first.iter().enumerate() { (comma(i)) (person(one)) }
        @if !rest.is_empty() {
            " "
            details.more {
                summary { "and " (rest.len()) " more" }
                @for (i, one) in rest.iter().enumerate() { (comma(i)) (person(one)) }
            }
        }
    }
}

/// Names, as [`people`].
pub(crate) fn names(names: &[String]) -> Markup {
    let shown = if names.len() > MOST_NAMES + 1 { MOST_NAMES } else { names.len() };
    let (first, rest) = names.split_at(shown);
    html! {
        @for (i, name) in first.iter().enumerate() { (comma(i)) bdi { (name) } }
        @if !rest.is_empty() {
            " "
            details.more {
                summary { "and " (rest.len()) " more" }
                @for (i, name) in rest.iter().enumerate() { (comma(i)) bdi { (name) } }
            }
        }
    }
}

fn comma(index: usize) -> &'static str {
    if index == 0 { "" } else { ", " }
}

/// A sentence in which names stand between backticks.
pub(crate) fn sentence(text: &str) -> Markup {
    html! {
        @for (index, part) in text.split('`').enumerate() {
            @if index % 2 == 1 { code { (part) } } @else { (part) }
        }
    }
}

/// Sentences, the first weighs most.
pub(crate) fn sentences(texts: &[String]) -> Markup {
    html! { ul.reasons { @for text in texts { li { (sentence(text)) } } } }
}

/// `1 removal`, `1,932 people`.
pub(crate) fn count(n: usize, one: &str, more: &str) -> String {
    format!("{} {}", number(n), if n == 1 { one } else { more })
}

/// A number with commas between thousands.
pub(crate) fn number(n: usize) -> String {
    let digits = n.to_string();
    let comma = |index: usize| index > 0 && (digits.len() - index).is_multiple_of(3);
    digits
        .chars()
        .enumerate()
        .flat_map(|(index, digit)| comma(index).then_some(',').into_iter().chain([digit]))
        .collect()
}

/// Permission set and account, as a heading of one thing.
pub(crate) fn access(access: &Access) -> Markup {
    html! {
        bdi.set { (access.permission_set.name) }
        span.in { " in " }
        bdi.account { (access.account.name) }
    }
}

/// Where the account is: id, place, risk.
pub(crate) fn place(access: &Access) -> Markup {
    html! {
        span.id { (access.account.id) }
        @if !access.unit.is_empty() { span.unit { bdi { (access.unit) } } }
        @if let Some(risk) = &access.risk {
            @if risk == "high" || risk == "critical" { span.risk { (risk) " risk" } }
        }
    }
}

/// The word for a stage.
pub(crate) fn stage(stage: Stage) -> &'static str {
    match stage {
        Stage::Submitted => "Submitted",
        Stage::AwaitingApproval => "Waiting for approval",
        Stage::Approved => "Approved",
        Stage::Scheduled => "Scheduled",
        Stage::Provisioning => "Provisioning",
        Stage::Active => "Active",
        Stage::Ending => "Ending",
        Stage::Ended => "Ended",
        Stage::Denied => "Denied",
        Stage::Cancelled => "Cancelled",
        Stage::Lapsed => "Lapsed",
        Stage::Failed => "Failed",
    }
}

/// Its colour.
pub(crate) fn tone(stage: Stage) -> &'static str {
    match stage {
        Stage::Active => "good",
        Stage::Submitted
        | Stage::AwaitingApproval
        | Stage::Approved
        | Stage::Scheduled
        | Stage::Provisioning
        | Stage::Ending => "wait",
        Stage::Denied | Stage::Failed => "bad",
        Stage::Ended | Stage::Cancelled | Stage::Lapsed => "over",
    }
}

/// A stage as a badge.
pub(crate) fn badge(line: &RequestLine) -> Markup {
    html! {
        span.badge.(tone(line.stage)) { (stage(line.stage)) }
        @if line.emergency { " " span.badge.bad { "Emergency" } }
    }
}

/// Why access ended or never began, as people say it. Sentences stay as they are.
pub(crate) fn reason(reason: &str) -> &str {
    match reason {
        "expired" => "its time was over",
        "returned" => "given back",
        "revoked" => "revoked",
        "assignment_removed" => "somebody removed the assignment in Identity Center",
        "user_gone" => "the person left the directory",
        "user_disabled" => "the person was disabled in the directory",
        "account_not_active" => "the account is not active",
        "account_gone" => "the account left the organisation",
        "permission_set_gone" => "the permission set was deleted",
        "stray" => "Curfew did not give it, and nobody else may",
        "extended_grant_ended" => "the grant that it extended ended",
        other => other,
    }
}

/// What would come of asking, in a few words.
pub(crate) fn prospect(prospect: &Prospect) -> Markup {
    match prospect {
        Prospect::Automatic { .. } => html! { span.badge.good { "Approved at once" } },
        Prospect::Approval { steps: 1, .. } => html! { span.badge.wait { "Needs 1 approval" } },
        Prospect::Approval { steps, .. } => html! { span.badge.wait { "Needs " (steps) " approvals" } },
        Prospect::Denied { .. } => html! { span.badge.over { "Not open to you" } },
    }
}

/// Where the access portal opens this access; nothing that is not `https` is ever linked to.
pub(crate) fn portal(grant: &GrantView) -> Option<&str> {
    grant.portal.as_deref().filter(|address| address.starts_with("https://"))
}

/// What is said honestly about every end (I17).
pub(crate) fn sessions(frame: &Frame, grant: &GrantView) -> Markup {
    html! {
        @if let Some(until) = grant.sessions_until {
            @if until > grant.expires_at || until > frame.now {
                p.note { "AWS sessions opened before the end may work until " (time::at(frame, until)) "." }
            }
        } @else {
            p.note { "AWS sessions that were opened may go on for a while after the removal." }
        }
        @if grant.standing {
            p.note { "The same access was held before, from elsewhere. Curfew removes nothing." }
        }
    }
}

/// How access is given and taken, after `Given` or `is given`.
pub(crate) fn means(means: &Means) -> Markup {
    html! {
        @match means {
            Means::Assignment => "by assignment of the permission set",
            Means::Membership(group) => { "by membership of the group " bdi { (group) } },
            Means::Hands(hands) => { "by hand, by " (people(hands)) },
        }
    }
}

/// How it is given and taken, where that is out of the ordinary, and what it means now.
pub(crate) fn given(stage: Stage, grant: &GrantView) -> Markup {
    html! {
        @match &grant.means {
            Means::Assignment => {}
            Means::Membership(_) => { p.note { "Given " (means(&grant.means)) "." } }
            Means::Hands(hands) => {
                p.note {
                    @match stage {
                        Stage::Provisioning => {
                            "Given by hand: it begins when one of these people says that it is there: "
                        }
                        Stage::Ending => { "Taken by hand: it is over when one of these people says that it is gone: " }
                        _ => { "Given and taken by hand, by " }
                    }
                    (people(hands)) "."
                }
            }
        }
    }
}

/// Time that has passed of a grant, as a bar that `console.js` moves on.
pub(crate) fn bar(frame: &Frame, grant: &GrantView) -> Markup {
    let (start, end) = (grant.started_at.as_second(), grant.expires_at.as_second());
    let passed = frame.now.as_second().saturating_sub(start).max(0);
    let share = passed.saturating_mul(100).checked_div(end.saturating_sub(start).max(1)).unwrap_or(100).min(100);
    html! {
        svg.bar viewBox="0 0 100 2" preserveAspectRatio="none" aria-hidden="true" data-start=(start) data-end=(end) {
            rect.track width="100" height="2" {}
            rect.fill x=(share) width=(100 - share) height="2" {}
        }
    }
}

/// A button that needs a second press: the first opens what the second means.
pub(crate) fn confirm(
    frame: &Frame,
    id: &str,
    label: &str,
    path: &str,
    means: &str,
    open: bool,
    more: &Markup,
) -> Markup {
    html! {
        details.confirm id=(id) open[open] {
            summary.button { (label) }
            form.sheet method="post" action=(path) {
                (field::csrf(frame))
                p { (means) }
                (more)
                button.danger type="submit" { (label) }
            }
        }
    }
}

/// A list without anything in it.
pub(crate) fn empty(title: &str, text: &str) -> Markup {
    html! { div.empty { p.title { (title) } p { (text) } } }
}

/// A link to the next page of a list.
pub(crate) fn next(href: &str, label: &str) -> Markup {
    html! { p.next { a.button href=(href) rel="next" { (label) } } }
}

/// A request in a list: what, its state, and one line that tells most.
pub(crate) fn row(line: &RequestLine, detail: &Markup, extra: &Markup) -> Markup {
    html! {
        li.row {
            div.what {
                a.title href=(routes::request(&line.id)) { (access(&line.access)) }
                div.detail { (detail) }
            }
            div.state { (badge(line)) (extra) }
        }
    }
}
