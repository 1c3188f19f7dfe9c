//! Mails: what a notice says to one reader, as text and as HTML. Pure.
//!
//! Whatever people wrote is data: cleaned of what is invisible, bounded, escaped. No mail has a secret in it: a link to
//! decide leads only its own approver, signed in, to the decision.

mod clean;
mod html;
#[cfg(test)]
mod tests;
mod text;
mod words;

use curfew_aws::mail::Mail;
use curfew_engine::announce::Letter;

/// Longest subject, in characters: what a list of mails shows, and far below what a header line may have.
const SUBJECT: usize = 150;

/// What a mail says, before it is text or HTML.
struct Said {
    /// State and place.
    subject: String,
    /// What happened, in a sentence.
    headline: String,
    /// What the reader may want to know or to do.
    lines: Vec<String>,
    /// Facts: what each is called, and what it is.
    facts: Vec<(&'static str, String)>,
    /// What people wrote: who, and their words, which may have line breaks.
    quotes: Vec<(String, String)>,
    /// What to press, and where it leads.
    action: (&'static str, String),
    /// Why the reader gets this.
    why: &'static str,
    /// Where to choose what comes by mail.
    preferences: String,
}

/// The mail of a letter. `public_url`: the console, without a slash at the end.
pub fn render(letter: &Letter, public_url: &str) -> Mail {
    let said = words::say(letter, public_url);
    let subject = clean::line(&said.subject, SUBJECT);
    let id = letter.id.clone();
    Mail { id, text: text::render(&said), html: html::render(&said, &subject), subject }
}
