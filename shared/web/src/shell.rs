//! What surrounds every page: head, navigation, alerts, who is signed in.

use maud::{DOCTYPE, Markup, html};

use crate::assets::assets;
use crate::field::{csrf, hidden};
use crate::views::{Alert, Flash, Frame, Theme, Tone, Viewer};
use crate::{forms, routes, time};

/// Where a page belongs in the navigation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    Home,
    Request,
    Approvals,
    Reviews,
    Everyone,
    Audit,
    Setup,
    Preferences,
    /// Nowhere.
    None,
}

/// One link of the navigation.
struct Link {
    place: Place,
    href: &'static str,
    label: &'static str,
    /// Pressed after `g`.
    key: &'static str,
    /// What waits there.
    count: usize,
}

/// A whole page.
pub(crate) fn page(frame: &Frame, title: &str, place: Place, body: &Markup) -> String {
    let assets = assets();
    let theme = frame.theme.name();
    let html = html! {
        (DOCTYPE)
        html lang="en" data-theme=(theme) {
            head {
                meta charset="utf-8";
                title { (title) " · Curfew" }
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content=(if frame.theme == Theme::System { "light dark" } else { theme });
                meta name="robots" content="noindex";
                link rel="icon" type="image/svg+xml" href=(assets.icon.path);
                link rel="stylesheet" href=(assets.css.path) integrity=(assets.css.integrity);
                script src=(assets.js.path) integrity=(assets.js.integrity) defer {}
            }
            body {
                a.skip href="#main" { "Skip to content" }
                @if let Some(viewer) = &frame.viewer { (side(frame, viewer, place)) }
                main #main tabindex="-1" {
                    @for alert in &frame.alerts { (shown(frame, alert)) }
                    (flash(frame.flash.as_ref()))
                    (body)
                    // What `console.js` has to say to those who listen.
                    p #said.unseen role="status" {}
                }
            }
        }
    };
    visible(&html.into_string())
}

/// Control characters, and marks that turn text round, shown as what they are: something odd. An isolate that is left
/// open in a name would turn round what follows it, such as for how long the access is asked.
fn visible(html: &str) -> String {
    let is_odd = |c: char| {
        (c.is_control() && !matches!(c, '\n' | '\r' | '\t'))
            || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    html.replace(is_odd, "\u{fffd}")
}

/// The heading of a page, with what can be done there.
pub(crate) fn heading(title: &str, lead: Option<&str>, actions: &Markup) -> Markup {
    html! {
        div.heading {
            div {
                h1 { (title) }
                @if let Some(lead) = lead { p.lead { (lead) } }
            }
            (actions)
        }
    }
}

fn links(viewer: &Viewer) -> Vec<Link> {
    let link = |place, href, label, key| Link { place, href, label, key, count: 0 };
    let mut links = vec![
        link(Place::Home, routes::HOME, "My access", "h"),
        link(Place::Request, routes::REQUEST, "Request", "r"),
        Link { count: viewer.approvals, ..link(Place::Approvals, routes::APPROVALS, "Approvals", "a") },
    ];
    if let Some(count) = viewer.reviews {
        links.push(Link { count, ..link(Place::Reviews, routes::REVIEWS, "Reviews", "v") });
    }
    if viewer.administrator || viewer.auditor {
        links.push(link(Place::Everyone, routes::EVERYONE, "Everyone's access", "e"));
        links.push(link(Place::Audit, routes::AUDIT, "Audit", "u"));
        links.push(link(Place::Setup, routes::SETUP, "Set-up", "s"));
    }
    links
}

fn side(frame: &Frame, viewer: &Viewer, place: Place) -> Markup {
    html! {
        header.side { div.inner {
            a.brand href=(routes::HOME) { (mark()) "Curfew" }
            nav aria-label="Main" {
                ul {
                    @for link in links(viewer) {
                        li {
                            a href=(link.href) data-key=(link.key)
                                aria-current=[(link.place == place).then_some("page")] {
                                (link.label)
                                @if link.count > 0 {
                                    " " span.count { (link.count) span.unseen { " waiting" } }
                                }
                            }
                        }
                    }
                }
            }
            (account(frame, viewer, place))
        } }
    }
}

/// Who is signed in, and what is theirs to set.
fn account(frame: &Frame, viewer: &Viewer, place: Place) -> Markup {
    let current = (place == Place::Preferences).then_some("page");
    html! {
        details.who {
            summary {
                span.initial aria-hidden="true" { (viewer.name.chars().next().unwrap_or('?').to_uppercase()) }
                bdi.name { (viewer.name) }
                span.unseen { " – your menu" }
            }
            div.menu {
                p.detail { bdi { (viewer.user_name) } }
                @if let Some(role) = role(viewer) { p.detail { (role) } }
                a href=(routes::PREFERENCES) aria-current=[current] { "Preferences" }
                form.theme method="post" action=(routes::THEME) {
                    (csrf(frame))
                    (hidden(forms::BACK, routes::local(&frame.path)))
                    fieldset {
                        legend { "Colours" }
                        div.segments {
                            @for theme in Theme::ALL {
                                button type="submit" name=(forms::THEME) value=(theme.name())
                                    aria-pressed=(theme == frame.theme) { (capital(theme.name())) }
                            }
                        }
                    }
                }
                form method="post" action=(routes::SIGN_OUT) {
                    (csrf(frame))
                    button.plain type="submit" { "Sign out" }
                }
            }
        }
    }
}

fn role(viewer: &Viewer) -> Option<&'static str> {
    match (viewer.administrator, viewer.auditor) {
        (true, true) => Some("Administrator and auditor"),
        (true, false) => Some("Administrator"),
        (false, true) => Some("Auditor"),
        (false, false) => None,
    }
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// The live region is always there, so that what `console.js` puts into it is read out.
fn flash(flash: Option<&Flash>) -> Markup {
    html! {
        div #flash role="status" aria-live="polite" {
            @if let Some(flash) = flash {
                p.flash.(tone(flash.tone)) { (flash.text) }
            }
        }
    }
}

fn tone(tone: Tone) -> &'static str {
    match tone {
        Tone::Done => "done",
        Tone::Note => "note",
        Tone::Problem => "problem",
    }
}

fn shown(frame: &Frame, alert: &Alert) -> Markup {
    let administrator = frame.viewer.as_ref().is_some_and(|viewer| viewer.administrator);
    html! {
        div.alert {
            @match alert {
                Alert::NoConfiguration => {
                    p.title { "Curfew has no configuration yet" }
                    p {
                        "Nothing can be asked for until one is published. "
                        @if administrator { "Publish a folder with " code { "curfew config publish" } "." }
                        @else { "An administrator has to publish one." }
                    }
                },
                Alert::DirectoryTooOld { taken_at } => {
                    p.title { "Nothing is granted now: the directory is too old" }
                    p {
                        @if let Some(taken_at) = taken_at {
                            "People, accounts and permission sets were last read "
                            (time::at_and_away(frame, *taken_at)) ". "
                        } @else { "People, accounts and permission sets were never read. " }
                        "Access still ends on time. "
                        @if administrator { a href=(routes::SETUP) { "Look at the set-up" } }
                        @else { "An administrator has been told." }
                    }
                },
                Alert::Other(text) => { p { (text) } },
            }
        }
    }
}

/// The mark beside the name.
fn mark() -> Markup {
    html! {
        svg.mark viewBox="0 0 24 24" aria-hidden="true" {
            rect.ground width="24" height="24" rx="6" {}
            circle.face cx="12" cy="12" r="6.5" {}
            path.hands d="M12 8v4l2.6 1.8" {}
        }
    }
}
