//! What somebody wants to be told by mail, and how the console looks.

use maud::{Markup, html};

use crate::field::{Check, Form, csrf};
use crate::forms::NOTICE;
use crate::routes;
use crate::shell::{self, Place};
use crate::views::{Frame, NoticePreference, PreferencesView};

/// What the keyboard does, where `console.js` runs.
const KEYS: [(&[&str], &str); 6] = [
    (&["/"], "Search"),
    (&["j", "k"], "Next and previous line of a list"),
    (&["g", "h"], "My access"),
    (&["g", "r"], "Request"),
    (&["g", "a"], "Approvals"),
    (&["Esc"], "Close what is open"),
];

/// `GET /preferences`, and its form that came back.
pub fn preferences(frame: &Frame, view: &PreferencesView) -> String {
    let body = html! {
        (shell::heading("Preferences", None, &html! {}))
        (notices(frame, view))
        section aria-labelledby="keys" {
            h2 #keys { "Keyboard" }
            dl.facts.keys { @for (keys, what) in KEYS { dt { @for key in keys { kbd { (key) } " " } } dd { (what) } } }
            div.check hidden data-keys {
                input #shortcuts type="checkbox" checked;
                label for="shortcuts" { "Use these keys in this browser" }
            }
        }
    };
    shell::page(frame, "Preferences", Place::Preferences, &body)
}

fn notices(frame: &Frame, view: &PreferencesView) -> Markup {
    let form = Form { name: "notices", errors: &view.errors };
    html! {
        section aria-labelledby="mail" {
            h2 #mail { "Mail" }
            @match &view.mail {
                Some(mail) => { p { "Mail goes to " bdi { (mail) } ", as the directory says." } },
                None => { p.flash.note { "The directory has no mail address for you, so nothing can be sent." } },
            }
            form method="post" action=(routes::PREFERENCES) {
                (csrf(frame))
                (form.problems(&[NOTICE]))
                fieldset.list {
                    legend { "Tell me when" }
                    @for notice in &view.notices { (choice(form, notice)) }
                }
                button.primary type="submit" { "Save" }
            }
        }
    }
}

fn choice(form: Form<'_>, notice: &NoticePreference) -> Markup {
    let hint = if notice.fixed { format!("{} Always sent.", notice.hint) } else { notice.hint.clone() };
    form.check(&Check {
        value: &notice.kind,
        hint: Some(&hint),
        checked: notice.on || notice.fixed,
        fixed: notice.fixed,
        ..Check::new(NOTICE, &notice.label)
    })
}
