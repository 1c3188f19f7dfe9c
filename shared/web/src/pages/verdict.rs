//! Why policy said what it said, whom it asks, and what they answered.

use curfew_domain::request::Answer;
use maud::{Markup, html};

use crate::views::{DecisionView, Frame, OnTimeout, Outcome, RequestView, StepState, StepView, VerdictView};
use crate::{routes, show, time};

/// The steps with their people and answers.
pub(super) fn steps(frame: &Frame, view: &RequestView) -> Markup {
    html! {
        section aria-labelledby="approvals" {
            h2 #approvals { "Approvals" }
            ol.approvals {
                @for (index, step) in view.steps.iter().enumerate() {
                    li {
                        p.title { bdi { (step.name) } " " (state(step.state)) }
                        div.detail {
                            @if step.quorum > 1 { (step.quorum) " of " }
                            @if step.approvers.is_empty() { "Nobody" } @else { (show::people(&step.approvers)) }
                        }
                        @if matches!(step.state, StepState::Waiting | StepState::Next | StepState::Standby) {
                            p.detail { (patience(frame, view, step)) }
                        }
                        @for decision in view.decisions.iter().filter(|decision| decision.step == index) {
                            (answer(frame, decision))
                        }
                    }
                }
            }
        }
    }
}

fn state(state: StepState) -> Markup {
    let (tone, word) = match state {
        StepState::Waiting => ("wait", "Waits"),
        StepState::Next => ("over", "Next"),
        StepState::Standby => ("over", "Standby"),
        StepState::Approved => ("good", "Approved"),
        StepState::Denied => ("bad", "Denied"),
        StepState::TimedOut => ("over", "Timed out"),
        StepState::Over => ("over", "Not needed"),
    };
    html! { span.badge.(tone) { (word) } }
}

/// For how long it waits, and what then.
fn patience(frame: &Frame, view: &RequestView, step: &StepView) -> Markup {
    let then = match step.on_timeout {
        OnTimeout::Lapse => html! { "the request lapses" },
        OnTimeout::Deny => html! { "the request is denied" },
        OnTimeout::Escalate(next) => html! {
            @if let Some(next) = view.steps.get(next) { bdi { (next.name) } " takes over" } @else { "others take over" }
        },
    };
    html! {
        @if let Some(deadline) = step.deadline { "Waits until " (time::at_and_away(frame, deadline)) }
        @else { "Waits " (time::lasting(step.timeout)) }
        "; if nobody answers, " (then) "."
    }
}

/// One answer, with its words.
pub(super) fn answer(frame: &Frame, decision: &DecisionView) -> Markup {
    html! {
        div.answer {
            p {
                (show::person(&decision.by))
                (match decision.answer { Answer::Approve => " approved ", Answer::Deny => " denied " })
                (time::at_and_away(frame, decision.at))
                @if let Some(duration) = decision.duration { ", shortened to " (time::duration(duration)) }
                @if let Some(start) = decision.start { ", from " (time::at(frame, start)) }
            }
            @if let Some(comment) = &decision.comment { blockquote dir="auto" { (comment) } }
        }
    }
}

/// The verdict, in short and folded away in full.
pub(super) fn verdict(verdict: &VerdictView) -> Markup {
    let outcome = match verdict.outcome {
        Outcome::Denied => "Policy denied it",
        Outcome::NeedsApproval => "Policy put it to approvers",
        Outcome::Approved => "Policy approved it at once",
    };
    html! {
        section aria-labelledby="verdict" {
            h2 #verdict { "Verdict" }
            p {
                (outcome)
                @if let Some(flow) = &verdict.flow { ", by flow " bdi.id { (flow) } }
                @if !verdict.policy.is_empty() { " of policy " bdi.id { (verdict.policy) } }
                "."
            }
            details.fold {
                summary { "How it came about" }
                (show::sentences(&verdict.why))
                dl.facts.wide {
                    dt { "Configuration" }
                    dd { a.id href=(routes::version(&verdict.configuration)) { (verdict.configuration) } }
                    @if !verdict.permitted_by.is_empty() {
                        dt { "Permitted by" } dd { @for id in &verdict.permitted_by { span.id { (id) } " " } }
                    }
                    @for (flow, forbidden_by) in &verdict.passed_over {
                        dt { "Passed over: " bdi { (flow) } }
                        dd {
                            @if forbidden_by.is_empty() { "nothing permits it" }
                            @else { "forbidden by " @for id in forbidden_by { span.id { (id) } " " } }
                        }
                    }
                    @for (name, value) in &verdict.facts { dt { (name) } dd { bdi { (value) } } }
                }
            }
        }
    }
}
