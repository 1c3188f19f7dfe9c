//! Set-up: what is in force, how fresh the directory is, how all access stands.

use maud::{Markup, html};

use crate::field::{csrf, hidden};
use crate::forms::BASED_ON;
use crate::shell::{self, Place};
use crate::views::{DirectoryView, Frame, HealthView, SetupView, VersionLine, Writer};
use crate::{routes, show, time};

/// `GET /setup`.
pub fn setup(frame: &Frame, view: &SetupView) -> String {
    let explain = html! { a.button href=(routes::EXPLAIN) { "Explain a request" } };
    let body = html! {
        (shell::heading("Set-up", None, &explain))
        div.cards.three {
            (configuration(frame, view))
            (directory(frame, view))
            (health(frame, view.health.as_ref()))
        }
        @if !view.proposed.is_empty() {
            section aria-labelledby="proposed" {
                h2 #proposed { "Waiting for a second administrator" }
                ul.rows { @for line in &view.proposed { (version(frame, view, line)) } }
            }
        }
        section aria-labelledby="versions" {
            h2 #versions { "Versions" }
            @if view.versions.is_empty() {
                div.empty {
                    p.title { "Curfew has no configuration yet" }
                    p {
                        "Write a folder of settings and policies, check it with " code { "curfew config check" }
                        ", and publish it with " code { "curfew config publish" } "."
                    }
                }
            } @else {
                ul.rows { @for line in &view.versions { (version(frame, view, line)) } }
            }
            @if let Some(before) = &view.older {
                (show::next(&routes::with_query(routes::SETUP, &[("before", before)]), "Older"))
            }
        }
    };
    shell::page(frame, "Set-up", Place::Setup, &body)
}

fn configuration(frame: &Frame, view: &SetupView) -> Markup {
    html! {
        section.card aria-labelledby="configuration" {
            h2 #configuration { "Configuration" }
            @if let Some(current) = &view.current {
                p.left { span.big { @if let Some(number) = current.number { "No. " (number) } @else { "In force" } } }
                p { a.id href=(routes::version(&current.version)) { (digest(&current.version)) } }
                p.detail { (published(frame, current)) }
            } @else {
                p.left { span.big { "None" } }
                p.detail { "Nothing can be asked for." }
            }
        }
    }
}

fn directory(frame: &Frame, view: &SetupView) -> Markup {
    html! {
        section.card aria-labelledby="directory" {
            h2 #directory { "Directory" }
            @match &view.directory {
                Some(directory) => { (snapshot(frame, directory)) },
                None => { p.left { span.big { "Never read" } } p.detail { "Nothing is granted before it was." } },
            }
            @if view.may_change {
                form method="post" action=(routes::SYNC) { (csrf(frame)) button type="submit" { "Read it now" } }
            }
        }
    }
}

fn snapshot(frame: &Frame, directory: &DirectoryView) -> Markup {
    let age = frame.now.duration_since(directory.taken_at);
    let old = directory.max_age.is_some_and(|most| age > most);
    html! {
        p.left {
            span.big { (time::words(age.as_secs().max(0))) } span { "old" }
            @if old { span.badge.bad { "Too old" } }
        }
        p.detail {
            (show::count(directory.users, "person", "people")) ", "
            (show::count(directory.groups, "group", "groups")) ", "
            (show::count(directory.accounts, "account", "accounts")) ", "
            (show::count(directory.permission_sets, "permission set", "permission sets"))
        }
        @if let Some(most) = directory.max_age {
            p.detail { "Nothing is granted by one older than " (time::lasting(most)) "." }
        }
    }
}

fn health(frame: &Frame, health: Option<&HealthView>) -> Markup {
    let Some(health) = health else {
        return html! {
            section.card aria-labelledby="health" {
                h2 #health { "Health" } p { "The state of access could not be read." }
            }
        };
    };
    let [removals, emergencies, grants] = health.waiting;
    html! {
        section.card aria-labelledby="health" {
            h2 #health { "Health" }
            p.left {
                @if health.overdue > 0 {
                    span.big.bad { (health.overdue) } span { "overdue" } a href=(routes::EVERYONE) { "Look" }
                }
                @else { span.big { "On time" } span { "nothing is overdue" } }
            }
            dl.facts {
                dt { "Active" } dd { (health.active) }
                dt { "Ending" } dd { (health.ending) }
                dt { "Waiting" }
                dd {
                    (show::count(removals, "removal", "removals")) ", "
                    (show::count(emergencies, "emergency", "emergencies")) ", "
                    (show::count(grants, "grant", "grants"))
                    @if let Some(oldest) = health.oldest { ", the oldest for " (time::lasting(oldest)) }
                }
                dt { "Writer" }
                dd { @match health.writer {
                    Writer::Free => "free",
                    Writer::Held(until) => { "at work, until " (time::at(frame, until)) " at most" },
                    Writer::RanOut(at) => {
                        span.badge.wait { "Died" } " " (time::at(frame, at)) "; the next takes over"
                    },
                } }
                @if health.strays > 0 {
                    dt { "Not ours" }
                    dd { span.badge.wait { (health.strays) } " that Curfew did not give: " a href=(routes::EVERYONE) { "Look" } }
                }
                @if health.unreadable > 0 {
                    dt { "Unreadable" }
                    dd { span.badge.bad { (health.unreadable) } " of " (health.live) " requests; the log names them" }
                }
            }
        }
    }
}

/// By whom, when, in which words.
pub(super) fn published(frame: &Frame, line: &VersionLine) -> Markup {
    html! {
        bdi { (line.by) } @if let Some(second) = &line.seconded_by { " and " bdi { (second) } }
        ", " (time::at_and_away(frame, line.at))
        @if let Some(comment) = &line.comment { ": " bdi { (comment) } }
    }
}

/// The beginning of a digest.
pub(super) fn digest(version: &str) -> String {
    version.chars().take(12).collect()
}

fn version(frame: &Frame, view: &SetupView, line: &VersionLine) -> Markup {
    let current =
        view.current.as_ref().is_some_and(|current| current.number == line.number && current.version == line.version);
    let based_on = view.current.as_ref().map_or("", |current| current.version.as_str());
    html! {
        li.row {
            div.what {
                a.title href=(routes::version(&line.version)) {
                    @if let Some(number) = line.number { "No. " (number) " " } span.id { (digest(&line.version)) }
                }
                p.detail { (published(frame, line)) }
            }
            div.state {
                @if current { span.badge.good { "In force" } }
                @if line.may_second {
                    form method="post" action=(routes::approve_version(&line.version)) {
                        (csrf(frame)) (hidden(BASED_ON, based_on)) button.primary type="submit" { "Agree and publish" }
                    }
                }
            }
        }
    }
}
