//! What waits for the reader's decision.

use maud::{Markup, html};

use super::panel;
use crate::shell::{self, Place};
use crate::views::{ApprovalLine, ApprovalsView, Frame};
use crate::{routes, show, time};

/// `GET /approvals`.
pub fn approvals(frame: &Frame, view: &ApprovalsView) -> String {
    let body = html! {
        (shell::heading("Approvals", Some("Requests that wait for your decision, the most urgent first."), &html! {}))
        @if view.items.is_empty() {
            (show::empty("Nothing waits for you", "You are told by mail when somebody needs your decision."))
        } @else {
            div.cards.wide { @for item in &view.items { (card(frame, item)) } }
        }
    };
    shell::page(frame, "Approvals", Place::Approvals, &body)
}

fn card(frame: &Frame, item: &ApprovalLine) -> Markup {
    let line = &item.line;
    html! {
        article.card {
            p.badges {
                (show::person(&line.requester)) " asks for " b { (time::duration(line.duration)) }
                @if line.emergency { " " span.badge.bad { "Emergency" } }
            }
            h2 { a href=(routes::request(&line.id)) { (show::access(&line.access)) } }
            p.place { (show::place(&line.access)) }
            blockquote.short dir="auto" { (line.justification) }
            div.detail {
                "Asked " (time::away(frame, line.submitted_at))
                @if let Some(waiting) = &line.waiting {
                    " · " bdi { (waiting.step) } ", until " (time::at_and_away(frame, waiting.deadline))
                    @if !waiting.have.is_empty() { " · approved by " (show::people(&waiting.have)) }
                }
                @if item.usual.is_some() { " · " (panel::usual(frame, item.usual)) }
            }
            div.buttons {
                a.button.primary href={ (routes::request(&line.id)) "#decide" } {
                    "Decide" span.unseen { " on " (show::access(&line.access)) }
                }
            }
        }
    }
}
