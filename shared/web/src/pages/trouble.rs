//! What is shown instead of a page.

use maud::{Markup, html};

use crate::routes;
use crate::shell::{self, Place};
use crate::views::{Frame, Trouble};

impl Trouble {
    /// HTTP status.
    pub fn status(&self) -> u16 {
        match self {
            Self::Forbidden { .. } | Self::StaleForm => 403,
            Self::NotFound => 404,
            Self::Refused { .. } => 409,
            Self::Failed { .. } => 500,
            Self::Unavailable { .. } => 503,
        }
    }
}

/// Instead of any page.
pub fn trouble(frame: &Frame, trouble: &Trouble) -> String {
    let (title, body) = match trouble {
        Trouble::Forbidden { why } => ("Not open to you", html! { p { (why) } (home()) }),
        Trouble::NotFound => {
            ("Nothing here", html! { p { "There is nothing at this address, or nothing that you may see." } (home()) })
        }
        Trouble::StaleForm => (
            "This form is too old",
            html! {
                p {
                    "It was opened in another session. Nothing was changed. Go back, reload the page and send it again."
                }
                (home())
            },
        ),
        Trouble::Refused { why, back } => (
            "That cannot be done now",
            html! {
                p { (why) } p { "Nothing was changed." }
                div.buttons { a.button.primary href=(routes::local(back)) { "See how it stands" } }
            },
        ),
        Trouble::Failed { reference } => (
            "Something failed",
            html! {
                p {
                    "It is our fault, not yours. What you sent may or may not have been done: look before you send it again."
                }
                p.detail { "Tell an operator this reference: " span.id { (reference) } }
                (home())
            },
        ),
        Trouble::Unavailable { reference } => (
            "Not reachable for the moment",
            html! {
                p { "A part that Curfew needs does not answer. Try again in a minute. Access still ends on time." }
                p.detail { "Reference: " span.id { (reference) } }
                (home())
            },
        ),
    };
    shell::page(frame, title, Place::None, &html! { div.message { h1 { (title) } (body) } })
}

fn home() -> Markup {
    html! { div.buttons { a.button.primary href=(routes::HOME) { "My access" } } }
}
