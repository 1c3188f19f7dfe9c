//! What an approver needs in order to decide, and the decision, on one screen.

use curfew_domain::text::Comment;
use maud::{Markup, html};

use super::request::{errors, sent, value};
use super::{request, verdict};
use crate::field::{self, Durations, Form, Text, hidden};
use crate::forms::{APPROVE, Action, COMMENT, CUSTOM_DURATION, DECISION, DENY, DIGEST, DURATION, START};
use crate::views::{DecisionPanel, Errors, Frame, Permissions, RequestView, Usual};
use crate::{routes, show, time};

/// The panel.
pub(super) fn panel(frame: &Frame, view: &RequestView, panel: &DecisionPanel) -> Markup {
    html! {
        section.decide aria-labelledby="decide" {
            div.decide-head {
                h2 #decide { "Your decision" }
                p { bdi { (panel.step) } ", until " (time::at_and_away(frame, panel.deadline)) }
            }
            div.columns {
                div.main {
                    (request::wish(frame, view))
                    (evidence(frame, view, panel))
                    @if !view.decisions.is_empty() {
                        h3 { "Decided before" }
                        @for decision in &view.decisions { (verdict::answer(frame, decision)) }
                    }
                }
                div.aside {
                    (approve(frame, view, panel))
                    (deny(frame, view, panel))
                }
            }
        }
    }
}

fn evidence(frame: &Frame, view: &RequestView, panel: &DecisionPanel) -> Markup {
    html! {
        dl.facts.wide {
            dt { "It can" } dd { (permissions(&panel.permissions)) }
            dt { "Usual?" } dd { (usual(frame, panel.usual)) }
            dt { "Held now by" }
            dd {
                @match panel.holders.as_deref() {
                    None => "not known",
                    Some([]) => "nobody else",
                    Some(people) => { (show::people(people)) },
                }
            }
            dt { "Why you" } dd { (show::sentence(&panel.rule)) }
            @if let Some(ticket) = &view.line.ticket { dt { "Ticket" } dd { bdi { (ticket) } } }
        }
    }
}

fn permissions(permissions: &Permissions) -> Markup {
    html! {
        @if permissions.description.is_empty() { "No description in Identity Center." }
        @else { bdi { (permissions.description) } }
        @if let Some(policies) = &permissions.policies {
            p.detail {
                @for name in policies { bdi.id { (name) } " " }
                @if permissions.inline == Some(true) { "and a policy of its own" }
                @if policies.is_empty() && permissions.inline == Some(false) { "No policies: it can do nothing." }
            }
        }
        @if let Some(session) = permissions.session {
            p.detail { "AWS sessions may go on up to " (time::lasting(session)) " after the end." }
        }
    }
}

/// Whether it is usual, in one sentence.
pub(super) fn usual(frame: &Frame, usual: Option<Usual>) -> Markup {
    html! {
        @match usual {
            None => "not known",
            Some(Usual { times: 0, since, .. }) => { "First time since " (time::day(frame, since)) },
            Some(Usual { times, since, last }) => {
                (times) @if times == 1 { " time" } @else { " times" } " since " (time::day(frame, since))
                @if let Some(last) = last { ", last " (time::away(frame, last)) }
            },
        }
    }
}

/// The form that came back, if it was for this answer; the other stays as it was.
fn came_back(view: &RequestView, answer: &str) -> bool {
    sent(view, Action::Decisions).is_some() && value(view, Action::Decisions, DECISION) == answer
}

fn approve(frame: &Frame, view: &RequestView, panel: &DecisionPanel) -> Markup {
    let back = came_back(view, APPROVE);
    let errors = if back { errors(view, Action::Decisions) } else { Errors::default() };
    let form = Form { name: "approve", errors: &errors };
    let entered = |field| if back { value(view, Action::Decisions, field) } else { "" };
    let narrowed = back && [DURATION, START].iter().any(|field| !entered(field).is_empty());
    let line = &view.line;
    let as_asked = format!("As asked: {}", time::duration(line.duration));
    let durations = Durations {
        legend: "For a shorter time?",
        max: line.duration,
        chosen: entered(DURATION),
        custom: entered(CUSTOM_DURATION),
        from: line.start.unwrap_or(frame.now).max(frame.now),
        from_now: line.start.is_none_or(|start| start <= frame.now),
        unchanged: Some(&as_asked),
    };
    let start = Text { value: entered(START), hint: Some("In your time zone."), ..Text::new(START, "Not before", 32) };
    let comment = Text { value: entered(COMMENT), ..Text::new(COMMENT, "Comment on approval", Comment::LIMIT) };
    html! {
        form.sheet.approve method="post" action=(routes::local(&panel.path)) {
            (field::csrf(frame))
            (field::zone(frame))
            (hidden(DIGEST, &panel.digest))
            (hidden(DECISION, APPROVE))
            (form.problems(&[DURATION, CUSTOM_DURATION, START, COMMENT]))
            details.fold open[narrowed] {
                summary { "Shorten, or start later" }
                (form.durations(frame, &durations))
                (form.line(&start, "datetime-local"))
            }
            (form.lines(&comment, 2))
            button.primary.wide type="submit" { "Approve" }
        }
    }
}

fn deny(frame: &Frame, view: &RequestView, panel: &DecisionPanel) -> Markup {
    let back = came_back(view, DENY);
    let errors = if back { errors(view, Action::Decisions) } else { Errors::default() };
    let form = Form { name: "deny", errors: &errors };
    let comment = Text {
        value: if back { value(view, Action::Decisions, COMMENT) } else { "" },
        required: panel.comment_on_denial,
        hint: Some("The requester reads it."),
        ..Text::new(COMMENT, "Why not?", Comment::LIMIT)
    };
    html! {
        details.confirm.deny open[back] {
            summary.button.wide { "Deny" }
            form.sheet method="post" action=(routes::local(&panel.path)) {
                (field::csrf(frame))
                (hidden(DIGEST, &panel.digest))
                (hidden(DECISION, DENY))
                (form.problems(&[COMMENT]))
                (form.lines(&comment, 2))
                button.danger.wide type="submit" { "Deny request" }
            }
        }
    }
}
