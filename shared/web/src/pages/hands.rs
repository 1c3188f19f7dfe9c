//! What people say about access that they give and take by hand.

use curfew_domain::request::Stage;
use curfew_domain::text::Comment;
use maud::{Markup, html};

use crate::field::{Form, Text, csrf};
use crate::forms::{Action, COMMENT};
use crate::views::{Errors, Frame, RequestLine, Sent};
use crate::{routes, show};

/// One thing that somebody can say.
struct Word<'a> {
    action: Action,
    /// On the button that opens it, and on the one that says it.
    label: &'a str,
    /// What saying it means.
    means: String,
    /// How the second button looks.
    look: &'static str,
}

/// The buttons for what the reader may say now; `sent` is the form that came back, if one did.
pub(super) fn buttons(frame: &Frame, line: &RequestLine, sent: Option<&Sent>) -> Markup {
    let taking = line.stage == Stage::Ending;
    let who = &line.requester.name;
    let given = Word {
        action: Action::Provisioned,
        label: "I have given it",
        means: format!("{who} can use it from now on, and is told so. Its time already counts."),
        look: "primary",
    };
    let taken = Word {
        action: Action::Removed,
        label: "I have taken it",
        means: format!("Say so only when {who} cannot use it any more: it closes the request, and the alarm."),
        look: "primary",
    };
    let never = Word {
        action: Action::Removed,
        label: "Nobody gives it",
        means: format!("Closes the request: {who} has no access, and is told so."),
        look: "danger",
    };
    html! {
        @if line.actions.given { (button(frame, line, &given, sent)) }
        @if line.actions.taken { (button(frame, line, if taking { &taken } else { &never }, sent)) }
    }
}

fn button(frame: &Frame, line: &RequestLine, word: &Word<'_>, sent: Option<&Sent>) -> Markup {
    let sent = sent.filter(|sent| sent.action == word.action);
    let errors = sent.map(|sent| sent.errors.clone()).unwrap_or_default();
    let entered = sent.and_then(|sent| sent.values.iter().find(|(name, _)| name == COMMENT));
    let name = format!("{}-{}", word.action.name(), line.id);
    let form = Form { name: &name, errors: &errors };
    let comment =
        Text { value: entered.map_or("", |(_, value)| value), ..Text::new(COMMENT, "Comment", Comment::LIMIT) };
    html! {
        details.confirm open[sent.is_some() && errors != Errors::default()] {
            summary.button.primary[word.look == "primary"] {
                (word.label) span.unseen { ": " (show::access(&line.access)) " for " (line.requester.name) }
            }
            form.sheet method="post" action=(routes::action(&line.id, word.action)) {
                (csrf(frame))
                p { (word.means) }
                (form.problems(&[COMMENT]))
                (form.lines(&comment, 2))
                button.(word.look) type="submit" { (word.label) }
            }
        }
    }
}
