//! One configuration version: its files, and what it changed.

use maud::{Markup, html};

use super::{diff, setup};
use crate::forms::FILE;
use crate::shell::{self, Place};
use crate::views::{Frame, VersionView};
use crate::{routes, show};

/// Longest part of a file that the page shows, in characters: the rest is what `curfew config` is for.
const MOST_SHOWN: usize = 20_000;

/// `GET /setup/versions/{version}`.
pub fn version(frame: &Frame, view: &VersionView) -> String {
    let title =
        view.line.number.map_or_else(|| "Proposed version".to_owned(), |number| format!("Version No. {number}"));
    let body = html! {
        p.crumb { a href=(routes::SETUP) { "Set-up" } }
        div.heading {
            div {
                p.badges { @if view.current { span.badge.good { "In force" } } }
                h1 { (title) }
                p.place { span.id { (view.line.version) } }
                p { (setup::published(frame, &view.line)) }
            }
        }
        @if view.may_roll_back {
            div.actions {
                (show::confirm(frame, "rollback", "Publish again", &routes::roll_back(&view.line.version),
                    "Puts this version into force instead of the present one. Requests keep the version that decided them.",
                    false, &html! {}))
            }
        }
        section aria-labelledby="changes" {
            h2 #changes { "What it changed" }
            @match &view.before {
                Some((before, files)) => {
                    p.detail { "Against " a.id href=(routes::version(before)) { (setup::digest(before)) } }
                    (diff::diff(files, &view.files))
                },
                None => { p { "It is the first." } },
            }
        }
        (files(view))
    };
    shell::page(frame, &title, Place::Setup, &body)
}

fn files(view: &VersionView) -> Markup {
    let chosen =
        view.file.as_ref().and_then(|path| view.files.get_key_value(path)).or_else(|| view.files.first_key_value());
    html! {
        section aria-labelledby="files" {
            h2 #files { "Files" }
            ul.files {
                @for path in view.files.keys() {
                    @let href = routes::with_query(&routes::version(&view.line.version), &[(FILE, path)]);
                    li {
                        a href={ (href) "#files" }
                        aria-current=[chosen.is_some_and(|(shown, _)| shown == path).then_some("true")] {
                            bdi { (path) }
                        }
                    }
                }
            }
            @if let Some((path, text)) = chosen {
                @let shown: String = text.chars().take(MOST_SHOWN).collect();
                pre.code tabindex="0" aria-label=(path) role="region" { code { (shown) } }
                @if shown.len() < text.len() {
                    p.note { "The file goes on; the whole is in " code { "curfew config versions" } "." }
                }
            }
        }
    }
}
