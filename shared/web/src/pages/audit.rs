//! Search over all requests, exports, and whether the audit chains hold.

use curfew_domain::request::Stage;
use maud::{Markup, html};

use crate::field::Form;
use crate::forms::{ACCOUNT, CURSOR, FROM, PERSON, STATE, TO, VERIFY};
use crate::shell::{self, Place};
use crate::views::{AuditFilter, AuditView, ChainCheck, Frame, RequestLine};
use crate::{routes, show, time};

/// `GET /audit`.
pub fn audit(frame: &Frame, view: &AuditView) -> String {
    let export = |path| address(path, &view.filter, &[]);
    let actions = html! {
        div.buttons {
            a.button href=(export(routes::AUDIT_CSV)) download { "CSV" span.unseen { " of what was found" } }
            a.button href=(export(routes::AUDIT_JSON)) download { "JSON" span.unseen { " of what was found" } }
        }
    };
    let body = html! {
        (shell::heading("Audit", Some("Every request, with everything that was decided and done."), &actions))
        (filter(view))
        (checked(frame, view))
        div #results {
            @if view.items.is_empty() {
                (show::empty("No request matches", "Try fewer conditions, or a longer time."))
            } @else { (table(frame, view)) }
            @if let Some(cursor) = &view.next {
                (show::next(&address(routes::AUDIT, &view.filter, &[(CURSOR, cursor)]), "Older"))
            }
        }
    };
    shell::page(frame, "Audit", Place::Audit, &body)
}

/// A path with the same filter.
fn address(path: &str, filter: &AuditFilter, more: &[(&str, &str)]) -> String {
    let state = filter.state.map_or("", Stage::name);
    let own = [
        (PERSON, filter.person.as_str()),
        (ACCOUNT, &filter.account),
        (STATE, state),
        (FROM, &filter.from),
        (TO, &filter.to),
    ];
    routes::with_query(path, &own.iter().chain(more).copied().collect::<Vec<_>>())
}

fn filter(view: &AuditView) -> Markup {
    let filter = &view.filter;
    let form = Form { name: "filter", errors: &view.errors };
    let texts = [
        (PERSON, "Person", "search", &filter.person),
        (ACCOUNT, "Account", "search", &filter.account),
        (FROM, "From (UTC)", "date", &day(&filter.from)),
        (TO, "To (UTC)", "date", &day(&filter.to)),
    ];
    html! {
        form.filter role="search" aria-label="Requests" method="get" action=(routes::AUDIT) {
            (form.problems(&[]))
            @for (name, label, kind, value) in texts {
                div.field {
                    label for={ "filter-" (name) } { (label) }
                    input id={ "filter-" (name) } type=(kind) name=(name) value=(value) maxlength="200"
                        autocomplete="off" spellcheck="false";
                }
            }
            div.field {
                label for="filter-state" { "State" }
                select #filter-state name=(STATE) {
                    option value="" { "Any" }
                    @for stage in Stage::ALL {
                        option value=(stage.name()) selected[filter.state == Some(stage)] { (show::stage(stage)) }
                    }
                }
            }
            button type="submit" { "Search" }
        }
    }
}

/// A day as browsers take it; what is none is left out.
fn day(text: &str) -> String {
    text.parse::<jiff::civil::Date>().map_or_else(|_| String::new(), |day| day.to_string())
}

fn checked(frame: &Frame, view: &AuditView) -> Markup {
    html! {
        @match &view.check {
            None => {
                p.verify {
                    a href=(address(routes::AUDIT, &view.filter, &[(VERIFY, "1")])) {
                        "Verify the audit chains of what is shown"
                    }
                }
            },
            Some(ChainCheck { at, requests, records, broken }) if broken.is_empty() => {
                p.flash.done role="status" {
                    "Verified " (time::at(frame, *at)) ": the chains of "
                    (show::count(*requests, "request", "requests")) ", "
                    (show::count(*records, "record", "records")) ", are intact."
                }
            },
            Some(ChainCheck { at, requests, broken, .. }) => {
                div.flash.problem role="alert" {
                    p {
                        "Verified " (time::at(frame, *at)) ": " (broken.len()) " of " (requests)
                        " chains cannot be trusted."
                    }
                    ul { @for (id, what) in broken { li { a.id href=(routes::request(id)) { (id) } ": " (what) } } }
                }
            },
        }
    }
}

fn table(frame: &Frame, view: &AuditView) -> Markup {
    html! {
        table.stacks {
            thead { tr {
                th scope="col" { "Submitted" } th scope="col" { "Person" } th scope="col" { "Access" }
                th scope="col" { "Duration" } th scope="col" { "State" }
            } }
            tbody { @for line in &view.items { (row(frame, line)) } }
        }
    }
}

fn row(frame: &Frame, line: &RequestLine) -> Markup {
    html! {
        tr {
            td.brief { (time::at(frame, line.submitted_at)) }
            td { (show::person(&line.requester)) }
            td {
                a.title href=(routes::request(&line.id)) { (show::access(&line.access)) }
                " " span.id { (line.access.account.id) }
            }
            td.brief { (time::duration(line.duration)) }
            td {
                (show::badge(line))
                @if let Some(reason) = &line.reason { p.detail { (show::sentence(show::reason(reason))) } }
            }
        }
    }
}
