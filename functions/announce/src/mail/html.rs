//! The HTML of a mail: one column, no picture, nothing that is fetched from anywhere; readable in light and in dark, with a
//! screen reader, and in programs that drop all style.

use maud::{DOCTYPE, PreEscaped, html};

use super::Said;

/// Colours in both modes have a contrast of at least 4.5:1 (WCAG 2.2, 1.4.3).
const STYLE: &str = "\
:root{color-scheme:light dark;supported-color-schemes:light dark}\
body{margin:0;padding:24px 16px;background:#ffffff;color:#1c2127;font:16px/1.5 system-ui,-apple-system,'Segoe UI',sans-serif}\
main{max-width:560px;margin:0 auto}\
h1{font-size:20px;line-height:1.3;margin:0 0 12px}\
p{margin:0 0 12px}\
a{color:#0b57a4}\
.go{display:inline-block;padding:10px 18px;border-radius:6px;background:#0b57a4;color:#ffffff;text-decoration:none;font-weight:600}\
th{text-align:left;font-weight:600;padding:3px 16px 3px 0;vertical-align:top}\
td{padding:3px 0;vertical-align:top}\
table{border-collapse:collapse;margin:20px 0}\
blockquote{margin:4px 0 16px;padding:2px 0 2px 12px;border-left:3px solid #6b7684;white-space:pre-line;overflow-wrap:anywhere}\
footer{margin-top:28px;padding-top:12px;border-top:1px solid #c9d0d8;font-size:14px;color:#4b5563}\
@media(prefers-color-scheme:dark){\
body{background:#15191e;color:#e8ebee}a{color:#8ec1f5}.go{background:#8ec1f5;color:#10151a}\
blockquote{border-color:#8b96a3}footer{border-color:#39424c;color:#b3bcc6}}";

pub(super) fn render(said: &Said, subject: &str) -> String {
    let page = html! {
        (DOCTYPE)
        html lang="en" dir="ltr" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width";
                meta name="color-scheme" content="light dark";
                meta name="supported-color-schemes" content="light dark";
                // Programs that make links of whatever looks like a date or an address leave this alone.
                meta name="format-detection" content="telephone=no,date=no,address=no,email=no,url=no";
                title { (subject) }
                // Our own constant: the only text here that is not escaped.
                style { (PreEscaped(STYLE)) }
            }
            body {
                main {
                    h1 { (said.headline) }
                    @for line in &said.lines { p { (line) } }
                    p { a class="go" href=(said.action.1) { (said.action.0) } }
                    table {
                        @for (name, value) in &said.facts {
                            tr { th scope="row" { (name) } td { (value) } }
                        }
                    }
                    @for (who, words) in &said.quotes {
                        p { strong { (who) } " wrote:" }
                        blockquote { (words) }
                    }
                    footer {
                        p { (said.why) }
                        p { a href=(said.preferences) { "Choose what comes by mail" } }
                    }
                }
            }
        }
    };
    page.into_string()
}
