//! Before sign-in.

use maud::html;

use crate::routes;
use crate::shell::{self, Place};
use crate::views::{Frame, SignInReason, SignInView};

/// `GET /sign-in`.
pub fn sign_in(frame: &Frame, view: &SignInView) -> String {
    let (title, text) = match &view.reason {
        SignInReason::Needed => ("Sign in to Curfew", "Access to AWS that ends on time."),
        SignInReason::SignedOut => {
            ("You are signed out", "This browser has no session any more. Your access goes on until its end.")
        }
        SignInReason::SessionEnded => (
            "Your session has ended",
            "It was idle for a while, or is old. Nothing was lost; access goes on until its end.",
        ),
        SignInReason::Refused { .. } => ("You could not be signed in", ""),
    };
    let body = html! {
        div.door {
            svg.mark viewBox="0 0 24 24" aria-hidden="true" {
                rect.ground width="24" height="24" rx="6" {}
                circle.face cx="12" cy="12" r="6.5" {}
                path.hands d="M12 8v4l2.6 1.8" {}
            }
            h1 { (title) }
            @if let SignInReason::Refused { why } = &view.reason { p.flash.problem { (why) } } @else { p { (text) } }
            a.button.primary href=(routes::local(&view.start)) {
                "Continue" @if !view.provider.is_empty() { " with " bdi { (view.provider) } }
            }
        }
    };
    shell::page(frame, title, Place::None, &body)
}
