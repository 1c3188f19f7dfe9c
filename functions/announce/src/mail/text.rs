//! The plain text of a mail: for readers without HTML, and for those who prefer it.

use super::Said;

pub(super) fn render(said: &Said) -> String {
    let mut text = format!("{}\n", said.headline);
    for line in &said.lines {
        text += &format!("\n{line}\n");
    }
    text += &format!("\n{}:\n{}\n\n", said.action.0, said.action.1);
    for (name, value) in &said.facts {
        text += &format!("{name}: {value}\n");
    }
    for (who, words) in &said.quotes {
        text += &format!("\n{who} wrote:\n");
        for line in words.lines() {
            text += &format!("> {line}\n");
        }
    }
    // The line that mail programs take for the beginning of a signature.
    text += &format!("\n-- \n{}\nChoose what comes by mail: {}\n", said.why, said.preferences);
    text
}
