//! What waits for the reader: decisions, and access that is given and taken by hand.

use curfew_domain::request::Stage;
use maud::{Markup, html};

use super::{hands, panel};
use crate::shell::{self, Place};
use crate::views::{ApprovalLine, ApprovalsView, Frame, Means, TaskLine};
use crate::{routes, show, time};

/// `GET /approvals`.
pub fn approvals(frame: &Frame, view: &ApprovalsView) -> String {
    let body = html! {
        (shell::heading("Approvals", Some("What waits for you, the most urgent first."), &html! {}))
        @if !view.tasks.is_empty() {
            section aria-labelledby="tasks" {
                h2 #tasks { "To do by hand" }
                div.cards.wide { @for task in &view.tasks { (by_hand(frame, task)) } }
            }
        }
        @if !view.items.is_empty() {
            section aria-labelledby="decisions" {
                h2 #decisions { "To decide" }
                div.cards.wide { @for item in &view.items { (card(frame, item)) } }
            }
        }
        @if view.items.is_empty() && view.tasks.is_empty() {
            (show::empty("Nothing waits for you", "You are told by mail when somebody needs your decision."))
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
            h3 { a href=(routes::request(&line.id)) { (show::access(&line.access)) } }
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

/// Access to give or to take, with the words that say that it was done.
fn by_hand(frame: &Frame, task: &TaskLine) -> Markup {
    let line = &task.line;
    let taking = line.stage == Stage::Ending;
    html! {
        article.card {
            p.badges {
                @if taking { b { "Take from" } } @else { b { "Give to" } } " " (show::person(&line.requester))
                @if line.emergency { " " span.badge.bad { "Emergency" } }
            }
            h3 { a href=(routes::request(&line.id)) { (show::access(&line.access)) } }
            p.place { (show::place(&line.access)) }
            @if let Some(grant) = &line.grant {
                div.detail {
                    @if taking { "Over since " (time::at_and_away(frame, line.since)) }
                    @else {
                        "Asked " (time::away(frame, line.since)) " · ends " (time::at_and_away(frame, grant.expires_at))
                        ", given or not"
                    }
                    @if let (false, Means::Hands(hands)) = (task.named, &grant.means) {
                        " · waits for " (show::people(hands))
                    }
                }
            }
            @if !taking { blockquote.short dir="auto" { (line.justification) } }
            div.buttons { (hands::buttons(frame, line, None)) }
        }
    }
}
