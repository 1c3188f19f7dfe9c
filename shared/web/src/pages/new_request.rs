//! The form of a request.

use curfew_domain::text::{Justification, Ticket};
use maud::{Markup, html};

use super::preview;
use crate::field::{self, Check, Durations, Form, Text, hidden};
use crate::forms::{
    ACCOUNT, CUSTOM_DURATION, DURATION, EMERGENCY, IDEMPOTENCY, JUSTIFICATION, PERMISSION_SET, START, TICKET,
};
use crate::shell::{self, Place};
use crate::views::{Demand, Frame, Means, NewRequestView, RequestLine};
use crate::{routes, show, time};

/// `GET /request/new`, `POST /request/preview`, and `POST /request/new` that came back: the form of a request.
pub fn new_request(frame: &Frame, view: &NewRequestView) -> String {
    let form = Form { name: "ask", errors: &view.errors };
    let body = html! {
        p.crumb { a href=(routes::REQUEST) { "Request access" } }
        div.heading {
            div {
                h1 { (show::access(&view.access)) }
                p.place { (show::place(&view.access)) }
            }
        }
        @if let Some(line) = &view.same { (same(frame, line)) }
        form.columns.ask method="post" action=(routes::NEW_REQUEST) data-preview=(routes::PREVIEW) {
            div.main {
                (field::csrf(frame))
                (field::zone(frame))
                (hidden(IDEMPOTENCY, &view.idempotency_key))
                (hidden(ACCOUNT, &view.access.account.id))
                (hidden(PERMISSION_SET, &view.access.permission_set.id))
                (form.problems(&[DURATION, CUSTOM_DURATION, JUSTIFICATION, TICKET, START, EMERGENCY]))
                (fields(frame, view, form))
            }
            // Before the buttons, also where there is one column: it is to be read before it is sent.
            aside.aside aria-label="Preview" {
                (preview::preview(&view.preview))
                (given(view.means.as_ref()))
                p.note {
                    "AWS sessions opened before the end may work up to " (time::lasting(view.session)) " longer."
                }
            }
            div.buttons {
                button.primary type="submit" { "Send request" }
                button type="submit" formaction=(routes::PREVIEW) formnovalidate { "See what will happen" }
                a.button.plain href=(routes::REQUEST) { "Cancel" }
            }
        }
    };
    shell::page(frame, &format!("Request {}", view.access.permission_set.name), Place::Request, &body)
}

/// How it would be given, where that is out of the ordinary.
fn given(means: Option<&Means>) -> Markup {
    html! {
        @match means {
            None | Some(Means::Assignment) => {}
            Some(means @ Means::Membership(_)) => { p.note { "Given " (show::means(means)) "." } }
            Some(Means::Hands(hands)) => {
                p.note { "Given by hand: it begins when one of these people says that it is there: " (show::people(hands)) "." }
            }
        }
    }
}

fn same(frame: &Frame, line: &RequestLine) -> Markup {
    html! {
        p.flash.note {
            "You already have a request for this: "
            a href=(routes::request(&line.id)) { (show::stage(line.stage)) }
            @if let Some(grant) = &line.grant {
                ", ends " (time::at(frame, grant.expires_at)) ". It can be extended there"
            }
            "."
        }
    }
}

fn fields(frame: &Frame, view: &NewRequestView, form: Form<'_>) -> Markup {
    let values = &view.values;
    let durations = Durations {
        legend: "For how long?",
        max: view.max_duration,
        chosen: &values.duration,
        custom: &values.custom,
        from: frame.now,
        from_now: true,
        unchanged: None,
    };
    let pattern = |pattern: Option<&String>| pattern.map(|pattern| format!("In this form: {pattern}"));
    let (ticket_required, ticket_hint) = match &view.ticket {
        Demand::Optional => (false, None),
        Demand::Required { pattern: form } => (true, pattern(form.as_ref())),
    };
    let why_hint = pattern(view.justification_pattern.as_ref())
        .unwrap_or_else(|| "Whoever decides and whoever audits reads this.".to_owned());
    let why = Text {
        value: &values.justification,
        hint: Some(&why_hint),
        required: true,
        ..Text::new(JUSTIFICATION, "Why do you need it?", Justification::LIMIT)
    };
    let ticket = Text {
        value: &values.ticket,
        hint: ticket_hint.as_deref(),
        required: ticket_required,
        ..Text::new(TICKET, "Ticket", Ticket::LIMIT)
    };
    let start = Text {
        value: &values.start,
        hint: Some("In your time zone. Left empty, access begins as soon as it is approved."),
        ..Text::new(START, "Not before", 32)
    };
    let emergency = Check {
        hint: Some("Other rules decide, everybody concerned is told, and the access is reviewed afterwards."),
        checked: values.emergency,
        ..Check::new(EMERGENCY, "This is an emergency")
    };
    html! {
        (form.durations(frame, &durations))
        (form.lines(&why, 3))
        (form.line(&ticket, "text"))
        details.fold open[!values.start.is_empty()] {
            summary { "Start later" }
            (form.line(&start, "datetime-local"))
        }
        @if view.emergency {
            div.emergency {
                (form.check(&emergency))
            }
        }
    }
}
