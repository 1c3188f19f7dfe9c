//! Pages that are shown instead of the one that was asked for.

use curfew_api::Problem;
use curfew_web::routes::HOME;
use curfew_web::views::{Frame, Trouble};

use crate::Console;
use crate::reply::Reply;
use crate::sign_in::Call;
use crate::visit::Visit;

impl Console {
    /// There is nothing at this address.
    pub(crate) fn nowhere(&self, visit: &Visit) -> Reply {
        Reply::page(404, curfew_web::trouble(&self.bare_frame(visit), &Trouble::NotFound))
    }

    /// A page of trouble for who signed in.
    pub(crate) fn trouble(&self, call: &Call<'_>, trouble: &Trouble) -> Reply {
        self.page(call, status(trouble), |frame| curfew_web::trouble(frame, trouble))
    }

    /// A problem of the engine as a page of its own.
    pub(crate) fn problem(&self, call: &Call<'_>, problem: &Problem) -> Reply {
        self.problem_page(&self.frame(call), problem, call.visit)
    }

    /// The same, around which there may be nobody.
    #[expect(clippy::unused_self, reason = "reads as the other pages do")]
    pub(crate) fn problem_page(&self, frame: &Frame, problem: &Problem, visit: &Visit) -> Reply {
        tracing::info!(code = problem.code, status = problem.status, route = visit.route, "a page of trouble");
        let reference = visit.reference.clone();
        let why = sentence(problem);
        let trouble = match problem.status {
            403 => Trouble::Forbidden { why },
            404 => Trouble::NotFound,
            503 if problem.code == "unavailable" => Trouble::Unavailable { reference },
            500.. if problem.code != "not_configured" => Trouble::Failed { reference },
            _ => Trouble::Refused { why, back: HOME.to_owned() },
        };
        Reply::page(problem.status, curfew_web::trouble(frame, &trouble))
    }
}

/// What is wrong, for people; hints about calls of the API are none for them.
pub(crate) fn sentence(problem: &Problem) -> String {
    let hint = problem.hint.as_deref().filter(|hint| !hint.contains('`'));
    match hint {
        Some(hint) => format!("{} {hint}", plain(&problem.detail)),
        None => plain(&problem.detail),
    }
}

/// Without the field's name in front, which the form shows already.
fn plain(detail: &str) -> String {
    let named = detail.strip_prefix('`').and_then(|rest| rest.split_once("`: "));
    let text = named.map_or(detail, |(_, text)| text);
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

fn status(trouble: &Trouble) -> u16 {
    match trouble {
        Trouble::Forbidden { .. } | Trouble::StaleForm => 403,
        Trouble::NotFound => 404,
        Trouble::Refused { .. } => 409,
        Trouble::Failed { .. } => 500,
        Trouble::Unavailable { .. } => 503,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_are_told_what_is_wrong_without_the_words_of_programs() {
        let problem = Problem::invalid("justification", "expected some words");
        assert_eq!(sentence(&problem), "Expected some words.");
        let problem = Problem::new(409, "busy", "Busy", "nothing was changed.").with_hint("Try again in a moment.");
        assert_eq!(sentence(&problem), "Nothing was changed. Try again in a moment.");
        assert_eq!(sentence(&problem.with_hint("Use `PUT /v1/x`.")), "Nothing was changed.");
    }
}
