//! What comes from outside, made harmless for one line or one paragraph.

/// One line of at most so many characters: no line break, nothing invisible, nothing that changes the direction of its
/// neighbours; runs of white space are one space. A header cannot be broken out of with it.
pub(super) fn line(text: &str, limit: usize) -> String {
    let visible: String = text.chars().map(|c| if is_hidden(c) { ' ' } else { c }).collect();
    cut(&visible.split_whitespace().collect::<Vec<_>>().join(" "), limit)
}

/// The same with its line breaks.
pub(super) fn paragraph(text: &str, limit: usize) -> String {
    let lines: Vec<String> = text.lines().map(|part| line(part, limit)).collect();
    cut(lines.join("\n").trim(), limit)
}

fn cut(text: &str, limit: usize) -> String {
    if text.chars().count() <= limit {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(limit.saturating_sub(1)).collect();
    short.push('…');
    short
}

/// Control characters, and the marks that reorder or hide text (Unicode Technical Report 36).
fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{00AD}' | '\u{061C}' | '\u{115F}' | '\u{180E}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}'
            | '\u{E0000}'..='\u{E007F}')
}
