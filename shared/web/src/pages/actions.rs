//! What the reader can do with a request, as forms.

use curfew_domain::text::{Comment, Justification, Ticket};
use maud::{Markup, html};

use super::hands;
use super::request::{errors, sent, value};
use crate::field::{Durations, Form, Text, csrf, hidden};
use crate::forms::{Action, COMMENT, CUSTOM_DURATION, DURATION, FINDING, IDEMPOTENCY, JUSTIFICATION, TICKET};
use crate::views::{Frame, RequestView};
use crate::{routes, show};

/// Everything but deciding and reviewing, which have places of their own.
pub(super) fn actions(frame: &Frame, view: &RequestView) -> Markup {
    let line = &view.line;
    let can = line.actions;
    let path = |action| routes::action(&line.id, action);
    let portal = line.grant.as_ref().and_then(show::portal);
    let any = can.cancel || can.give_back || can.revoke || can.extend || can.escalate || can.given || can.taken;
    if !any && portal.is_none() {
        return html! {};
    }
    let open = |action| sent(view, action).is_some();
    html! {
        section.actions aria-label="Actions" {
            @if let Some(portal) = portal {
                a.button.primary href=(portal) rel="noopener noreferrer" { "Open in AWS" }
            }
            (hands::buttons(frame, line, view.sent.as_ref()))
            @if can.extend { (extend(frame, view)) }
            @if can.give_back {
                (show::confirm(frame, "return", "Give back", &path(Action::Return),
                    "Ends your access now. Sessions that are open may go on for a while.",
                    open(Action::Return), &problems(view, Action::Return)))
            }
            @if can.escalate { (escalate(frame, view)) }
            @if can.cancel {
                (show::confirm(frame, "cancel", "Cancel request", &path(Action::Cancel),
                    "Withdraws the request. Nobody is asked any more.", open(Action::Cancel),
                    &problems(view, Action::Cancel)))
            }
            @if can.revoke { (revoke(frame, view)) }
        }
    }
}

fn problems(view: &RequestView, action: Action) -> Markup {
    Form { name: action.name(), errors: &errors(view, action) }.problems(&[])
}

fn revoke(frame: &Frame, view: &RequestView) -> Markup {
    let errors = errors(view, Action::Revoke);
    let form = Form { name: "revoke", errors: &errors };
    let comment = Text { value: value(view, Action::Revoke, COMMENT), ..Text::new(COMMENT, "Why", Comment::LIMIT) };
    let more = html! { (form.problems(&[COMMENT])) (form.lines(&comment, 2)) };
    let means = "Ends this access now, also where somebody is at work. Sessions that are open may go on for a while.";
    let path = routes::action(&view.line.id, Action::Revoke);
    show::confirm(frame, "revoke", "Revoke", &path, means, sent(view, Action::Revoke).is_some(), &more)
}

fn extend(frame: &Frame, view: &RequestView) -> Markup {
    let (Some(max), Some(grant)) = (view.extend_max, &view.line.grant) else { return html! {} };
    let errors = errors(view, Action::Extend);
    let form = Form { name: "extend", errors: &errors };
    let entered = |field| value(view, Action::Extend, field);
    let durations = Durations {
        legend: "How much longer?",
        max,
        chosen: entered(DURATION),
        custom: entered(CUSTOM_DURATION),
        from: grant.expires_at,
        from_now: false,
        unchanged: None,
    };
    let why = Text {
        value: entered(JUSTIFICATION),
        required: true,
        ..Text::new(JUSTIFICATION, "Why do you need it longer?", Justification::LIMIT)
    };
    let ticket = Text { value: entered(TICKET), ..Text::new(TICKET, "Ticket", Ticket::LIMIT) };
    html! {
        details.confirm #extend open[sent(view, Action::Extend).is_some()] {
            summary.button { "Extend" }
            form.sheet method="post" action=(routes::action(&view.line.id, Action::Extend)) {
                (csrf(frame))
                (hidden(IDEMPOTENCY, &view.idempotency_key))
                p { "Policy judges the longer access like a new request. Until it is approved, the end stays." }
                (form.problems(&[DURATION, CUSTOM_DURATION, JUSTIFICATION, TICKET]))
                (form.durations(frame, &durations))
                (form.lines(&why, 2))
                (form.line(&ticket, "text"))
                button.primary type="submit" { "Ask for more time" }
            }
        }
    }
}

fn escalate(frame: &Frame, view: &RequestView) -> Markup {
    let errors = errors(view, Action::Escalate);
    let form = Form { name: "escalate", errors: &errors };
    let why = Text {
        value: value(view, Action::Escalate, JUSTIFICATION),
        hint: Some("Left empty, the words of this request stand."),
        ..Text::new(JUSTIFICATION, "What is the emergency?", Justification::LIMIT)
    };
    html! {
        details.confirm #escalate open[sent(view, Action::Escalate).is_some()] {
            summary.button { "Make it an emergency" }
            form.sheet method="post" action=(routes::action(&view.line.id, Action::Escalate)) {
                (csrf(frame))
                (hidden(IDEMPOTENCY, &view.idempotency_key))
                p { "Other rules decide, everybody concerned is told, and the access is reviewed afterwards." }
                (form.problems(&[JUSTIFICATION]))
                (form.lines(&why, 2))
                button.danger type="submit" { "Make it an emergency" }
            }
        }
    }
}

/// The reviewer's judgement.
pub(super) fn review(frame: &Frame, view: &RequestView) -> Markup {
    let errors = errors(view, Action::Review);
    let form = Form { name: "review", errors: &errors };
    let comment = Text {
        value: value(view, Action::Review, COMMENT),
        required: true,
        hint: Some("What happened, and what the access was used for."),
        ..Text::new(COMMENT, "Your finding in words", Comment::LIMIT)
    };
    html! {
        form.sheet method="post" action=(routes::action(&view.line.id, Action::Review)) {
            (csrf(frame))
            (form.problems(&[FINDING, COMMENT]))
            (form.lines(&comment, 3))
            div.buttons {
                button.primary type="submit" name=(FINDING) value="justified" { "Justified" }
                button.danger type="submit" name=(FINDING) value="not_justified" { "Not justified" }
            }
        }
    }
}
