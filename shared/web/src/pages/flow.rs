//! A request's way as a small diagram: what is behind it, where it stands, what comes.

use curfew_domain::request::Stage;
use maud::{Markup, html};

use crate::views::{Frame, Outcome, RequestView, StepState, StepView};
use crate::{show, time};

/// How a mark looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mark {
    Done,
    Present,
    Ahead,
    Failed,
    Skipped,
}

/// One mark of the diagram.
struct Node {
    mark: Mark,
    label: String,
    note: Markup,
}

/// The diagram: a list for those who listen, marks joined by a line for those who look.
pub(super) fn flow(frame: &Frame, view: &RequestView) -> Markup {
    html! {
        ol.flow {
            @for node in nodes(frame, view) {
                li.(class(node.mark)) aria-current=[(node.mark == Mark::Present).then_some("step")] {
                    (picture(node.mark))
                    div {
                        span.label { bdi { (node.label) } span.unseen { (spoken(node.mark)) } }
                        span.note { (node.note) }
                    }
                }
            }
        }
    }
}

fn nodes(frame: &Frame, view: &RequestView) -> Vec<Node> {
    let stage = view.line.stage;
    let first = Node { mark: Mark::Done, label: "Asked".to_owned(), note: time::at(frame, view.line.submitted_at) };
    let steps = view.steps.iter().filter(|step| step.state != StepState::Standby || stage == Stage::AwaitingApproval);
    std::iter::once(first)
        .chain(std::iter::once(judged(view)))
        .chain(steps.map(|step| approval(frame, view, step)))
        .chain(out_of_the_way(frame, view))
        .chain(access(frame, view))
        .collect()
}

fn judged(view: &RequestView) -> Node {
    let (mark, note) = match view.verdict.as_ref().map(|verdict| verdict.outcome) {
        None if view.line.stage == Stage::Submitted => (Mark::Present, "being judged"),
        None => (Mark::Skipped, "not judged"),
        Some(Outcome::Denied) => (Mark::Failed, "denied"),
        Some(Outcome::NeedsApproval) => (Mark::Done, "needs approval"),
        Some(Outcome::Approved) => (Mark::Done, "approved at once"),
    };
    Node { mark, label: "Policy".to_owned(), note: html! { (note) } }
}

fn approval(frame: &Frame, view: &RequestView, step: &StepView) -> Node {
    let have =
        view.decisions.iter().filter(|decision| view.steps.get(decision.step).is_some_and(|s| std::ptr::eq(s, step)));
    let (mark, note) = match step.state {
        StepState::Approved => (Mark::Done, html! { "approved" }),
        StepState::Waiting => {
            let note = html! {
                @if step.quorum > 1 { (have.count()) " of " (step.quorum) ", " }
                @if let Some(deadline) = step.deadline { "until " (time::at(frame, deadline)) } @else { "waits" }
            };
            (Mark::Present, note)
        }
        StepState::Next => (Mark::Ahead, html! { "next" }),
        StepState::Standby => (Mark::Skipped, html! { "if nobody answers" }),
        StepState::Denied => (Mark::Failed, html! { "denied" }),
        StepState::TimedOut => (Mark::Skipped, html! { "nobody answered" }),
        StepState::Over => (Mark::Skipped, html! { "not needed" }),
    };
    Node { mark, label: step.name.clone(), note }
}

/// The end of a request that never became access.
fn out_of_the_way(frame: &Frame, view: &RequestView) -> Option<Node> {
    let label = match view.line.stage {
        // Who denied says so already.
        Stage::Cancelled => "Cancelled",
        Stage::Lapsed => "Lapsed",
        Stage::Failed => "Failed",
        Stage::Denied => "Denied",
        _ => return None,
    };
    Some(Node { mark: Mark::Failed, label: label.to_owned(), note: time::at(frame, view.line.since) })
}

fn access(frame: &Frame, view: &RequestView) -> Vec<Node> {
    let line = &view.line;
    let node = |mark, label: &str, note: Markup| Node { mark, label: label.to_owned(), note };
    let begins = || {
        html! {
            @if let Some(start) = line.start { (time::at(frame, start)) } @else { (time::duration(line.duration)) }
        }
    };
    let ends = || html! { @if let Some(grant) = &line.grant { (time::at(frame, grant.expires_at)) } };
    match line.stage {
        Stage::Denied | Stage::Cancelled | Stage::Lapsed | Stage::Failed => Vec::new(),
        Stage::Submitted | Stage::AwaitingApproval => {
            vec![node(Mark::Ahead, "Access", begins()), node(Mark::Ahead, "End", ends())]
        }
        Stage::Approved | Stage::Scheduled | Stage::Provisioning => {
            vec![node(Mark::Present, show::stage(line.stage), begins()), node(Mark::Ahead, "End", ends())]
        }
        Stage::Active => vec![node(Mark::Present, "Active", begins()), node(Mark::Ahead, "End", ends())],
        Stage::Ending => vec![node(Mark::Done, "Active", begins()), node(Mark::Present, "Ending", ends())],
        Stage::Ended => {
            vec![node(Mark::Done, "Active", begins()), node(Mark::Done, "Ended", time::at(frame, line.since))]
        }
    }
}

fn class(mark: Mark) -> &'static str {
    match mark {
        Mark::Done => "done",
        Mark::Present => "present",
        Mark::Ahead => "ahead",
        Mark::Failed => "failed",
        Mark::Skipped => "skipped",
    }
}

fn spoken(mark: Mark) -> &'static str {
    match mark {
        Mark::Done => ", done",
        Mark::Present => ", now",
        Mark::Ahead => ", to come",
        Mark::Failed | Mark::Skipped => "",
    }
}

fn picture(mark: Mark) -> Markup {
    html! {
        svg viewBox="0 0 20 20" aria-hidden="true" {
            circle.disc cx="10" cy="10" r="8" {}
            @match mark {
                Mark::Done => { path.sign d="M6.5 10.3l2.4 2.4 4.7-5" {} },
                Mark::Present => { circle.dot cx="10" cy="10" r="3.5" {} },
                Mark::Failed => { path.sign d="M7.3 7.3l5.4 5.4M12.7 7.3l-5.4 5.4" {} },
                Mark::Skipped => { path.sign d="M7 10h6" {} },
                Mark::Ahead => {},
            }
        }
    }
}
