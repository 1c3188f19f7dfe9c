//! What will happen with a request, before it is sent.

use maud::{Markup, html};

use crate::views::{Preview, Prospect};
use crate::{show, time};

/// The panel beside the form; `console.js` replaces it while the form changes.
pub(super) fn preview(preview: &Preview) -> Markup {
    html! {
        section.panel #preview aria-labelledby="preview-title" aria-live="polite" {
            h2 #preview-title { "What will happen" }
            @match &preview.prospect {
                Prospect::Automatic { flow } => {
                    p.outcome.good { "Approved at once" }
                    p { "By flow " bdi { (flow) } (for_duration(preview)) ". Nobody has to answer." }
                },
                Prospect::Approval { flow, .. } => {
                    p.outcome.wait {
                        @if preview.steps.len() == 1 { "Needs one approval" }
                        @else { "Needs " (preview.steps.len()) " approvals" }
                    }
                    p { "By flow " bdi { (flow) } (for_duration(preview)) "." }
                    ol.steps { @for step in &preview.steps {
                        li {
                            p.title { bdi { (step.name) } }
                            div {
                                @if step.approvers.len() > 1 {
                                    @if step.quorum > 1 { (step.quorum) " of " } @else { "One of " }
                                }
                                (show::names(&step.approvers))
                            }
                            @if let Some(usually) = step.usually {
                                p.detail { "Usually answered in " (time::lasting(usually)) }
                            }
                        }
                    } }
                },
                Prospect::Denied { reasons } => {
                    p.outcome.bad { "Would be denied" }
                    (show::sentences(reasons))
                },
            }
            @if !preview.why.is_empty() {
                details { summary { "Why" } (show::sentences(&preview.why)) }
            }
        }
    }
}

fn for_duration(preview: &Preview) -> String {
    preview.duration.map_or_else(String::new, |duration| format!(", for {}", time::duration(duration)))
}
