//! The audit records of one request as a time line.

use maud::{Markup, html};

use crate::views::{Chain, Frame, RecordView};
use crate::{show, time};

/// Facts longer than this many characters are cut in the page; the export has them whole.
const MOST_SHOWN: usize = 400;

/// The time line, and whether its chain holds.
pub(super) fn history(frame: &Frame, records: &[RecordView], chain: Option<&Chain>) -> Markup {
    html! {
        section aria-labelledby="history" {
            h2 #history { "Time line" }
            @match chain {
                Some(Chain::Intact) => {
                    p.chain.good { "Audit chain intact: " (show::count(records.len(), "record", "records")) }
                },
                Some(Chain::Broken(what)) => {
                    p.flash.problem role="alert" { "The audit chain cannot be trusted: " (what) "." }
                },
                None => {},
            }
            ol.timeline { @for record in records { (entry(frame, record)) } }
        }
    }
}

fn entry(frame: &Frame, record: &RecordView) -> Markup {
    html! {
        li {
            p {
                b { (event(&record.event)) } " by " bdi { (record.actor) }
                " " span.detail { (time::at(frame, record.at)) " " }
            }
            details.more {
                summary { "Record " (record.seq) }
                dl.facts.wide {
                    @for (name, value) in &record.facts { dt { (name) } dd { bdi { (cut(value)) } } }
                    dt { "hash" } dd.id { (record.hash) }
                }
            }
        }
    }
}

/// What happened, in a word that people use.
fn event(event: &str) -> String {
    let mut letters = event.replace('_', " ").chars().collect::<Vec<_>>().into_iter();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

fn cut(text: &str) -> String {
    let mut cut: String = text.chars().take(MOST_SHOWN).collect();
    if cut.len() < text.len() {
        cut.push('…');
    }
    cut
}
