//! Columns for terminals, and tables for Markdown.

use std::fmt::Write as _;

/// Rows under headings, aligned by characters.
pub(crate) fn columns(headings: &[&str], rows: &[Vec<String>]) -> String {
    let plain: Vec<Vec<String>> =
        std::iter::once(headings.iter().map(ToString::to_string).collect()).chain(rows.iter().cloned()).collect();
    let width = |column: usize| {
        plain.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..headings.len()).map(width).collect();
    let mut text = String::new();
    for row in &plain {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(&widths) {
            // Writing to a String cannot fail.
            let _ = write!(line, "{cell:<width$}  ");
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

/// The same as a Markdown table.
pub(crate) fn markdown(headings: &[&str], rows: &[Vec<String>]) -> String {
    let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
    let head: Vec<String> = headings.iter().map(ToString::to_string).collect();
    let rule: Vec<String> = headings.iter().map(|_| "---".to_owned()).collect();
    let body = rows.iter().map(|row| line(&row.iter().map(|cell| escaped(cell)).collect::<Vec<_>>()));
    line(&head) + &line(&rule) + &body.collect::<String>()
}

/// Names come from the directory: nothing in them may become markup, a mention or a link.
pub(crate) fn escaped(text: &str) -> String {
    let mut safe = String::new();
    for letter in text.chars() {
        match letter {
            '\\' | '|' | '*' | '_' | '`' | '[' | ']' | '<' | '>' | '#' | '~' | '!' => {
                safe.push('\\');
                safe.push(letter);
            }
            '@' => safe.push_str("@\u{200b}"),
            letter if letter.is_control() => safe.push(' '),
            letter => safe.push(letter),
        }
    }
    safe
}
