//! One request.

use maud::{Markup, html};

use super::{actions, flow, history, home, panel, verdict};
use crate::forms::Action;
use crate::shell::{self, Place};
use crate::views::{Errors, Frame, GrantView, RequestView, ReviewView, Sent};
use crate::{routes, show, time};

/// `GET /requests/{id}`, and its forms that came back: one request with everything that the reader may see and do.
pub fn request(frame: &Frame, view: &RequestView) -> String {
    let place = if view.panel.is_some() { Place::Approvals } else { Place::None };
    let title = format!("{} in {}", view.line.access.permission_set.name, view.line.access.account.name);
    shell::page(frame, &title, place, &whole(frame, view))
}

/// The page's content, which a callback link shows too.
pub(super) fn whole(frame: &Frame, view: &RequestView) -> Markup {
    let line = &view.line;
    html! {
        div.heading {
            div {
                p.badges { (show::badge(line)) }
                h1 { (show::access(&line.access)) }
                p.place { (show::place(&line.access)) }
            }
        }
        section.flow-box aria-label="Progress" { (flow::flow(frame, view)) }
        @if let Some(panel) = &view.panel { (panel::panel(frame, view, panel)) }
        div.columns {
            div.main {
                @if view.panel.is_none() { (wish(frame, view)) }
                @if let Some(grant) = &line.grant { (access(frame, view, grant)) }
                (actions::actions(frame, view))
                @if let Some(review) = &view.review { (review_section(frame, view, review)) }
                @if !view.steps.is_empty() { (verdict::steps(frame, view)) }
                @if let Some(said) = &view.verdict { (verdict::verdict(said)) }
                @if let Some(records) = &view.history { (history::history(frame, records, view.chain.as_ref())) }
            }
            aside.aside aria-label="Facts" { (facts(frame, view)) }
        }
    }
}

/// Who wants it, and why.
pub(super) fn wish(frame: &Frame, view: &RequestView) -> Markup {
    let line = &view.line;
    html! {
        section aria-labelledby="wish" {
            h2 #wish { "Request" }
            p {
                (show::person(&line.requester)) " asked " (time::at_and_away(frame, line.submitted_at)) " for "
                b { (time::duration(line.duration)) }
                @if let Some(start) = line.start { ", from " (time::at(frame, start)) }
                "."
            }
            @if let Some(asked) = view.asked {
                p.note {
                    "Asked for was " (time::duration(asked.duration))
                    @if let Some(start) = asked.start { ", from " (time::at(frame, start)) }
                    "; an approver narrowed it."
                }
            }
            blockquote dir="auto" { (line.justification) }
        }
    }
}

fn access(frame: &Frame, view: &RequestView, grant: &GrantView) -> Markup {
    let over = grant.portal.is_none() && !matches!(show::tone(view.line.stage), "good" | "wait");
    html! {
        section aria-labelledby="access" {
            h2 #access { "Access" }
            @if over {
                p { "From " (time::at(frame, grant.started_at)) " to " (time::at(frame, view.line.since))
                    @if let Some(reason) = &view.line.reason { ": " (show::reason(reason)) } "." }
                (show::given(view.line.stage, grant))
                (show::sessions(frame, grant))
            } @else { (home::left(frame, &view.line, grant)) }
        }
    }
}

fn review_section(frame: &Frame, view: &RequestView, review: &ReviewView) -> Markup {
    html! {
        section #review aria-labelledby="review-title" {
            h2 #review-title { "Review of the emergency" }
            @if let Some(answer) = &review.answered {
                p {
                    @if answer.justified { span.badge.good { "Justified" } }
                    @else { span.badge.bad { "Not justified" } }
                    " by " (show::person(&answer.by)) ", " (time::at(frame, answer.at))
                }
                blockquote dir="auto" { (answer.comment) }
            } @else {
                p {
                    "Due " (time::at_and_away(frame, review.deadline)) "."
                    @if review.deadline <= frame.now { " " span.badge.bad { "Overdue" } }
                }
                @if view.line.actions.review { (actions::review(frame, view)) }
            }
        }
    }
}

fn facts(frame: &Frame, view: &RequestView) -> Markup {
    let line = &view.line;
    let related = [
        ("Extends", &view.related.extends),
        ("Extended by", &view.related.extended_by),
        ("Emergency instead of", &view.related.escalates),
        ("Emergency in its place", &view.related.escalated_to),
    ];
    html! {
        dl.facts {
            dt { "Requester" } dd { (show::person(&line.requester)) }
            dt { "Account" } dd { bdi { (line.access.account.name) } " " span.id { (line.access.account.id) } }
            dt { "Permission set" }
            dd title=(line.access.permission_set.id) { bdi { (line.access.permission_set.name) } }
            dt { "Duration" } dd { (time::duration(line.duration)) }
            @if let Some(means) = line.grant.as_ref().map(|grant| &grant.means).or(view.means.as_ref()) {
                dt { "Given" } dd { (show::means(means)) }
            }
            @if let Some(ticket) = &line.ticket { dt { "Ticket" } dd { bdi { (ticket) } } }
            dt { "Submitted" } dd { (time::at(frame, line.submitted_at)) }
            @if let Some(channel) = &view.origin.channel { dt { "Through" } dd { (channel) } }
            @if let Some(address) = &view.origin.source_address { dt { "From address" } dd.id { (address) } }
            @if let Some(mfa) = view.origin.mfa { dt { "Second factor" } dd { (if mfa { "yes" } else { "no" }) } }
            @for (label, id) in related {
                @if let Some(id) = id { dt { (label) } dd { a.id href=(routes::request(id)) { (short(id)) } } }
            }
            dt { "Request" } dd.id { (line.id) }
        }
    }
}

/// The last part of an id: what tells two apart.
pub(super) fn short(id: &str) -> &str {
    id.rsplit('-').next().unwrap_or(id)
}

/// The errors of this form, if it is the one that came back.
pub(super) fn errors(view: &RequestView, action: Action) -> Errors {
    sent(view, action).map(|sent| sent.errors.clone()).unwrap_or_default()
}

/// What was entered into this field of this form, if it came back.
pub(super) fn value<'a>(view: &'a RequestView, action: Action, field: &str) -> &'a str {
    let values = sent(view, action).map_or(&[][..], |sent| &sent.values);
    values.iter().find(|(name, _)| name == field).map_or("", |(_, value)| value.as_str())
}

/// This form, if it came back.
pub(super) fn sent(view: &RequestView, action: Action) -> Option<&Sent> {
    view.sent.as_ref().filter(|sent| sent.action == action)
}
