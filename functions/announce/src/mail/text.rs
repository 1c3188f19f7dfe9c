//! The plain text of a mail: for readers without HTML, and for those who prefer it.

use super::Said;

pub(super) fn render(said: &Said) -> String {
    let mut lines = vec![said.headline.clone(), String::new()];
    for line in &said.lines {
        lines.extend([line.clone(), String::new()]);
    }
    lines.extend([format!("{}:", said.action.0), said.action.1.clone(), String::new()]);
    lines.extend(said.facts.iter().map(|(name, value)| format!("{name}: {value}")));
    for (who, words) in &said.quotes {
        lines.extend([String::new(), format!("{who} wrote:")]);
        lines.extend(words.lines().map(|line| format!("> {line}")));
    }
    // The line that mail programs take for the beginning of a signature.
    lines.extend([String::new(), "-- ".to_owned(), said.why.to_owned()]);
    lines.push(format!("Choose what comes by mail: {}", said.preferences));
    lines.join("\n") + "\n"
}
