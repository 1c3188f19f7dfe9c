//! What is active across the organisation.

use curfew_domain::request::Stage;
use maud::{Markup, html};

use super::chart;
use crate::field::csrf;
use crate::forms::{ACCOUNT, Action, CURSOR, PERMISSION_SET, PERSON};
use crate::shell::{self, Place};
use crate::views::{DriftLine, DriftPlace, EveryoneFilter, EveryoneView, Frame, Means, RequestLine};
use crate::{routes, show, time};

/// `GET /everyone`.
pub fn everyone(frame: &Frame, view: &EveryoneView) -> String {
    let body = html! {
        (shell::heading("Everyone's access", Some("What Curfew gave and has not taken back."), &html! {}))
        (overdue(frame, view))
        (drift(frame, view))
        (chart::chart(frame, &view.chart))
        section aria-labelledby="active" {
            h2 #active { "Active now" }
            (filter(&view.filter))
            div #results {
                @if let Some(total) = view.total.filter(|total| *total > 0) {
                    p.detail { (show::count(total, "grant", "grants")) }
                }
                @if view.items.is_empty() { (nothing(&view.filter)) } @else { (table(frame, view)) }
                @if let Some(cursor) = &view.next { (show::next(&more(&view.filter, cursor), "More")) }
            }
        }
    };
    shell::page(frame, "Everyone's access", Place::Everyone, &body)
}

fn more(filter: &EveryoneFilter, cursor: &str) -> String {
    let filter = [(ACCOUNT, &filter.account), (PERSON, &filter.person), (PERMISSION_SET, &filter.permission_set)];
    let mut query: Vec<(&str, &str)> = filter.map(|(name, value)| (name, value.as_str())).to_vec();
    query.push((CURSOR, cursor));
    routes::with_query(routes::EVERYONE, &query)
}

fn overdue(frame: &Frame, view: &EveryoneView) -> Markup {
    html! {
        @if !view.overdue.is_empty() {
            section.alert.bad aria-labelledby="overdue" {
                h2 #overdue { (show::count(view.overdue.len(), "removal is", "removals are")) " overdue" }
                p { "This access should be gone. Curfew keeps trying, or waits for those who take it by hand; operators were told." }
                ul.rows { @for line in &view.overdue {
                    (show::row(line, &html! {
                        (show::person(&line.requester))
                        @if let Some(grant) = &line.grant {
                            ", should have ended " (time::at_and_away(frame, grant.expires_at.min(line.since)))
                            @if let Means::Hands(hands) = &grant.means { ", to be taken by " (show::people(hands)) }
                        }
                    }, &html! {}))
                } }
            }
        }
    }
}

fn drift(frame: &Frame, view: &EveryoneView) -> Markup {
    html! {
        @if !view.drift.is_empty() {
            section.alert aria-labelledby="drift" {
                h2 #drift { "Access that Curfew did not give" }
                p {
                    "Found in Identity Center on what is Curfew's alone. Somebody should say where it comes from, and "
                    "take it away there."
                }
                ul.rows { @for line in &view.drift { (drifted(frame, line)) } }
            }
        }
    }
}

fn drifted(frame: &Frame, line: &DriftLine) -> Markup {
    html! {
        li.row {
            div.what {
                p.title {
                    @match &line.place {
                        DriftPlace::Assigned(access) => { (show::access(access)) },
                        DriftPlace::Member(group) => { "Member of " bdi { (group) } },
                    }
                }
                @if let DriftPlace::Assigned(access) = &line.place { p.place { (show::place(access)) } }
                p.detail {
                    bdi { (line.holder) } " · first seen " (time::at_and_away(frame, line.since)) " · last seen "
                    (time::away(frame, line.seen))
                }
            }
            div.state {
                @if let Some(id) = &line.request {
                    a.button href=(routes::request(id)) {
                        "Being removed" span.unseen { " from " (line.holder) }
                    }
                }
            }
        }
    }
}

fn filter(filter: &EveryoneFilter) -> Markup {
    let fields = [
        (PERSON, "Person", &filter.person),
        (ACCOUNT, "Account", &filter.account),
        (PERMISSION_SET, "Permission set", &filter.permission_set),
    ];
    html! {
        form.filter role="search" aria-label="Active access" method="get" action=(routes::EVERYONE)
            data-live="results" {
            @for (name, label, value) in fields {
                div.field {
                    label for={ "filter-" (name) } { (label) }
                    input id={ "filter-" (name) } type="search" name=(name) value=(value) maxlength="200"
                        autocomplete="off" spellcheck="false";
                }
            }
            button type="submit" { "Filter" }
        }
    }
}

fn nothing(filter: &EveryoneFilter) -> Markup {
    if *filter == EveryoneFilter::default() {
        show::empty("Nobody holds access through Curfew", "What is granted appears here while it lasts.")
    } else {
        show::empty("Nothing matches", "Try a part of a name or an account number, or clear the filter.")
    }
}

fn table(frame: &Frame, view: &EveryoneView) -> Markup {
    html! {
        // One form for all lines: its buttons say where it goes.
        @if view.items.iter().any(|line| line.actions.revoke) {
            form #revoke method="post" action=(routes::EVERYONE) { (csrf(frame)) }
        }
        table.stacks {
            thead { tr {
                th scope="col" { "Person" } th scope="col" { "Access" } th scope="col" { "Ends" }
                th scope="col" { span.unseen { "Actions" } }
            } }
            tbody { @for line in &view.items { (row(frame, line)) } }
        }
    }
}

fn row(frame: &Frame, line: &RequestLine) -> Markup {
    html! {
        tr {
            td { (show::person(&line.requester)) }
            td {
                a.title href=(routes::request(&line.id)) { (show::access(&line.access)) }
                p.place { (show::place(&line.access)) @if line.emergency { span.badge.bad { "Emergency" } } }
            }
            td {
                @if line.stage == Stage::Active {
                    @if let Some(grant) = &line.grant { (time::at_and_away(frame, grant.expires_at)) }
                } @else { (show::badge(line)) }
            }
            td.end {
                @if line.actions.revoke {
                    details.confirm {
                        summary.button { "Revoke" span.unseen { " from " (line.requester.name) } }
                        div.sheet {
                            p { "Ends it now." }
                            button.danger form="revoke" formaction=(routes::action(&line.id, Action::Revoke)) {
                                "Revoke now"
                            }
                        }
                    }
                }
            }
        }
    }
}
