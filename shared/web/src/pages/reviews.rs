//! Reviews of emergency access.

use maud::{Markup, html};

use crate::shell::{self, Place};
use crate::views::{Frame, ReviewLine, ReviewsView};
use crate::{routes, show, time};

/// `GET /reviews`.
pub fn reviews(frame: &Frame, view: &ReviewsView) -> String {
    let lead = "Emergencies bypass the usual rules. Somebody else looks at each of them afterwards.";
    let body = html! {
        (shell::heading("Reviews", Some(lead), &html! {}))
        @if view.items.is_empty() {
            (show::empty("No review is open", "After an emergency ends, its review appears here."))
        } @else {
            div.cards.wide { @for item in &view.items { (card(frame, item)) } }
        }
    };
    shell::page(frame, "Reviews", Place::Reviews, &body)
}

fn card(frame: &Frame, item: &ReviewLine) -> Markup {
    let (line, review) = (&item.line, &item.review);
    html! {
        article.card {
            h2 { a href={ (routes::request(&line.id)) "#review" } { (show::access(&line.access)) } }
            p.place { (show::place(&line.access)) }
            blockquote.short dir="auto" { (line.justification) }
            p.detail {
                (show::person(&line.requester)) " · ended " (time::at_and_away(frame, review.since)) " · "
                @if review.deadline <= frame.now { span.badge.bad { "Overdue" } " since " } @else { "due " }
                (time::at_and_away(frame, review.deadline))
            }
            div.buttons {
                a.button.primary[line.actions.review] href={ (routes::request(&line.id)) "#review" } {
                    @if line.actions.review { "Review" } @else { "Look" }
                    span.unseen { " at " (show::access(&line.access)) }
                }
            }
        }
    }
}
