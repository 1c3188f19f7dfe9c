//! What a callback link shows. It is never followed by a decision: only the form in it decides.

use maud::{Markup, html};

use super::request;
use crate::shell::{self, Place};
use crate::views::{Frame, LinkClosed, LinkView, RequestLine};
use crate::{routes, show, time};

/// `GET /a/{link}`, and its form that came back.
pub fn link(frame: &Frame, view: &LinkView) -> String {
    let (title, body) = match view {
        LinkView::Open(open) => ("Your decision", request::whole(frame, open)),
        LinkView::Closed { why, line } => ("Nothing to decide here", closed(frame, why, line)),
        LinkView::NotYours => ("This link is not yours", not_yours(frame)),
        LinkView::Unknown => ("This link leads nowhere", unknown()),
    };
    shell::page(frame, title, Place::Approvals, &body)
}

fn closed(frame: &Frame, why: &LinkClosed, line: &RequestLine) -> Markup {
    let (title, text) = match why {
        LinkClosed::Used => ("You have decided already", "A link decides once. Your decision stands."),
        LinkClosed::StepOver => ("This step is over", "Others decided before you, or the request moved on."),
        LinkClosed::Late => ("The time of this step ran out", "Nobody can decide it any more."),
        LinkClosed::Cancelled => ("The request was cancelled", "There is nothing to decide any more."),
        LinkClosed::Denied => ("The request was denied", "There is nothing to decide any more."),
        LinkClosed::NotAllowed(_) => ("You cannot decide this step", ""),
    };
    let asked = html! { (show::person(&line.requester)) ", asked " (time::at(frame, line.submitted_at)) };
    html! {
        div.message {
            h1 { (title) }
            @if let LinkClosed::NotAllowed(why) = why { p { (why) } } @else { p { (text) } }
            p { "Nothing was changed by opening this link." }
            ul.rows {
                (show::row(line, &asked, &html! {}))
            }
            div.buttons {
                a.button.primary href=(routes::request(&line.id)) { "Look at the request" }
                a.button href=(routes::APPROVALS) { "What waits for you" }
            }
        }
    }
}

fn not_yours(frame: &Frame) -> Markup {
    html! {
        div.message {
            h1 { "This link is not yours" }
            p {
                "It was made for another approver, and decides nothing for anybody else. You are signed in as "
                @if let Some(viewer) = &frame.viewer { bdi { (viewer.user_name) } } @else { "somebody else" }
                ". If you may decide the request too, it waits under your own approvals."
            }
            div.buttons { a.button.primary href=(routes::APPROVALS) { "What waits for you" } }
        }
    }
}

fn unknown() -> Markup {
    html! {
        div.message {
            h1 { "This link leads nowhere" }
            p { "It may have been cut off in the mail, or it is very old. Nothing was changed." }
            div.buttons { a.button.primary href=(routes::APPROVALS) { "What waits for you" } }
        }
    }
}
