//! My access.

use curfew_domain::request::Stage;
use maud::{Markup, html};

use crate::forms::{Action, CURSOR};
use crate::routes;
use crate::shell::{self, Place};
use crate::show;
use crate::time;
use crate::views::{Frame, GrantView, HomeView, Offer, RequestLine};

/// `GET /`: what I have, what I wait for, what is over.
pub fn home(frame: &Frame, view: &HomeView) -> String {
    let ask = html! { a.button.primary href=(routes::REQUEST) { "Request access" } };
    let waiting = frame.viewer.as_ref().map_or(0, |viewer| viewer.approvals);
    let body = html! {
        (shell::heading("My access", None, &ask))
        @if waiting > 0 {
            p.strip {
                a href=(routes::APPROVALS) {
                    @if waiting == 1 { "1 request waits for you" } @else { (waiting) " requests wait for you" }
                }
            }
        }
        section aria-labelledby="active" {
            h2 #active { "Active now" }
            @if view.active.is_empty() {
                (show::empty("You hold no access now",
                    "What you are granted appears here, with the time that is left."))
            } @else {
                div.cards { @for line in &view.active { (card(frame, line)) } }
            }
        }
        @if !view.pending.is_empty() {
            section aria-labelledby="pending" {
                h2 #pending { "On its way" }
                ul.rows { @for line in &view.pending { (pending(frame, line)) } }
            }
        }
        @if !view.shortcuts.is_empty() {
            section aria-labelledby="again" {
                h2 #again { "Ask again" }
                ul.shortcuts { @for offer in &view.shortcuts { (shortcut(offer)) } }
            }
        }
        section aria-labelledby="over" {
            h2 #over { "Recently over" }
            @if view.over.is_empty() {
                (show::empty("Nothing yet", "Requests that ended, were denied or cancelled are kept here."))
            } @else {
                ul.rows { @for line in &view.over { (over(frame, line)) } }
            }
            @if let Some(cursor) = &view.older {
                (show::next(&routes::with_query(routes::HOME, &[(CURSOR, cursor)]), "Older"))
            }
        }
    };
    shell::page(frame, "My access", Place::Home, &body)
}

/// Access that somebody holds, with the time that is left.
fn card(frame: &Frame, line: &RequestLine) -> Markup {
    html! {
        article.card.grant {
            h3 { a href=(routes::request(&line.id)) { (show::access(&line.access)) } }
            p.place {
                (show::place(&line.access))
                @if line.emergency { span.badge.bad { "Emergency" } }
            }
            @if let Some(grant) = &line.grant { (left(frame, line, grant)) }
            (buttons(frame, line))
        }
    }
}

/// How long it still lasts.
pub(super) fn left(frame: &Frame, line: &RequestLine, grant: &GrantView) -> Markup {
    html! {
        @if line.stage == Stage::Active {
            p.left {
                span.big data-left=(grant.expires_at.as_second()) {
                    (time::words(grant.expires_at.duration_since(frame.now).as_secs().max(0)))
                }
                span { "left, ends " (time::at(frame, grant.expires_at)) }
            }
            (show::bar(frame, grant))
        } @else if line.stage == Stage::Ending {
            p.left { span.big { "Ending" } span { "since " (time::at_and_away(frame, line.since)) } }
        }
        (show::given(line.stage, grant))
        (show::sessions(frame, grant))
    }
}

/// What the holder can do with it.
fn buttons(frame: &Frame, line: &RequestLine) -> Markup {
    let portal = line.grant.as_ref().and_then(show::portal);
    html! {
        div.buttons {
            @if let (Some(portal), Stage::Active) = (portal, line.stage) {
                a.button.primary href=(portal) rel="noopener noreferrer" { "Open in AWS" }
            }
            @if line.actions.extend { a.button href={ (routes::request(&line.id)) "#extend" } { "Extend" } }
            @if line.actions.give_back {
                (show::confirm(frame, &format!("return-{}", line.id), "Give back",
                    &routes::action(&line.id, Action::Return),
                    "Ends your access now. Sessions that are open may go on for a while.", false, &html! {}))
            }
        }
    }
}

fn pending(frame: &Frame, line: &RequestLine) -> Markup {
    let detail = html! {
        @if let Some(waiting) = &line.waiting {
            @if !waiting.have.is_empty() { "Approved by " (show::people(&waiting.have)) ". " }
            @if waiting.can.is_empty() { "Nobody can decide now" }
            @else { "Can be decided by " (show::people(&waiting.can)) }
            ", until " (time::at(frame, waiting.deadline)) "."
        } @else if let (Stage::Provisioning, Some(grant)) = (line.stage, &line.grant) {
            "Being given " (show::means(&grant.means)) "."
        } @else if let (Stage::Scheduled, Some(start)) = (line.stage, line.start) {
            "Starts " (time::at_and_away(frame, start)) ", for " (time::duration(line.duration)) "."
        } @else {
            "Asked for " (time::duration(line.duration)) ", " (time::away(frame, line.submitted_at)) "."
        }
    };
    show::row(line, &detail, &html! {})
}

fn shortcut(offer: &Offer) -> Markup {
    let access = &offer.access;
    html! {
        li {
            a href=(routes::new_request(&access.account.id, &access.permission_set.id)) {
                span { (show::access(access)) }
                (show::prospect(&offer.prospect))
            }
        }
    }
}

fn over(frame: &Frame, line: &RequestLine) -> Markup {
    let access = &line.access;
    let detail = html! {
        (time::at(frame, line.since))
        @if let Some(reason) = &line.reason { ": " (show::reason(reason)) }
    };
    let again = html! {
        a.again href=(routes::new_request(&access.account.id, &access.permission_set.id)) {
            "Ask again" span.unseen { " for " (show::access(access)) }
        }
    };
    show::row(line, &detail, &again)
}
