//! Why a request would be decided as it would be, and where each of its terms comes from.

use maud::{Markup, html};

use crate::field::{Check, Form};
use crate::forms::{ACCOUNT, DURATION, EMERGENCY, PERMISSION_SET, USER};
use crate::shell::{self, Place};
use crate::views::{ExplainView, ExplanationView, FlowView, Frame, Named, Prospect};
use crate::{routes, show, time};

/// Most suggestions of one field: a page stays light.
const MOST_SUGGESTED: usize = 100;

/// `GET /setup/explain`.
pub fn explain(frame: &Frame, view: &ExplainView) -> String {
    let lead =
        "What would come of a request now, by which rules, and where each term comes from. Nothing is asked for.";
    let body = html! {
        p.crumb { a href=(routes::SETUP) { "Set-up" } }
        (shell::heading("Explain a request", Some(lead), &html! {}))
        (question(view))
        @if let Some(answer) = &view.answer { (shown(answer)) }
    };
    shell::page(frame, "Explain a request", Place::Setup, &body)
}

fn question(view: &ExplainView) -> Markup {
    let form = Form { name: "explain", errors: &view.errors };
    let values = &view.values;
    let fields = [
        (USER, "User", &values.user, &view.people),
        (ACCOUNT, "Account", &values.account, &view.accounts),
        (PERMISSION_SET, "Permission set", &values.permission_set, &view.permission_sets),
    ];
    html! {
        form.filter method="get" action=(routes::EXPLAIN) {
            (form.problems(&[]))
            @for (name, label, value, known) in fields {
                @let list = format!("{}-list", form.id(name));
                div.field {
                    label for=(form.id(name)) { (label) }
                    input id=(form.id(name)) type="text" name=(name) value=(value) maxlength="200" required
                        autocomplete="off"
                        spellcheck="false" list=[(!known.is_empty()).then_some(&list)];
                    @if !known.is_empty() { (suggestions(&list, known)) }
                }
            }
            div.field {
                label for=(form.id(DURATION)) { "Duration" }
                input id=(form.id(DURATION)) type="text" name=(DURATION) value=(values.duration) maxlength="40"
                    placeholder="1h" autocomplete="off";
            }
            (form.check(&Check { checked: values.emergency, ..Check::new(EMERGENCY, "As an emergency") }))
            button.primary type="submit" { "Explain" }
        }
    }
}

fn suggestions(id: &str, known: &[Named]) -> Markup {
    html! {
        datalist id=(id) { @for one in known.iter().take(MOST_SUGGESTED) { option value=(one.id) { (one.name) } } }
    }
}

fn shown(answer: &ExplanationView) -> Markup {
    html! {
        section aria-labelledby="answer" {
            h2 #answer {
                (show::person(&answer.requester)) ", " (show::access(&answer.access)) ", "
                (time::duration(answer.duration))
            }
            p { (show::prospect(&answer.prospect)) }
            @if let Prospect::Denied { reasons } = &answer.prospect { (show::sentences(reasons)) }
            (show::sentences(&answer.why))
        }
        @if !answer.flows.is_empty() { (flows(answer)) }
        @if !answer.steps.is_empty() {
            section aria-labelledby="steps" {
                h2 #steps { "Steps" }
                ol.steps { @for (name, approvers, quorum) in &answer.steps {
                    li {
                        p.title { bdi { (name) } } div { @if *quorum > 1 { (quorum) " of " } (show::names(approvers)) }
                    }
                } }
            }
        }
        section aria-labelledby="terms" {
            h2 #terms { "Terms" }
            p {
                "Offered by "
                @for (name, open) in &answer.catalogs {
                    span.badge.good[*open].over[!*open] { (name) @if !*open { ", closed" } } " "
                }
                @if answer.catalogs.is_empty() { "no catalog" } }
            table.stacks {
                thead { tr { th scope="col" { "Term" } th scope="col" { "Value" } th scope="col" { "From" } } }
                tbody {
                    @for term in &answer.terms {
                        tr { td { (term.name) } td { bdi { (term.value) } } td.id { bdi { (term.from) } } }
                    }
                }
            }
        }
        section aria-labelledby="facts" {
            h2 #facts { "What was known" }
            details.fold {
                summary { "All facts" }
                dl.facts.wide {
                    dt { "configuration" }
                    dd { a.id href=(routes::version(&answer.configuration)) { (answer.configuration) } }
                    @for (name, value) in &answer.facts { dt { (name) } dd { bdi { (value) } } }
                }
            }
        }
    }
}

fn flows(answer: &ExplanationView) -> Markup {
    html! {
        section aria-labelledby="flows" {
            h2 #flows { "Flows" @if let Some(policy) = &answer.policy { " of policy " bdi { (policy) } } }
            ol.approvals { @for flow in &answer.flows { (tried(flow)) } }
        }
    }
}

fn tried(flow: &FlowView) -> Markup {
    html! {
        li {
            p.title {
                bdi { (flow.flow) } " "
                @if flow.applies { span.badge.good { "Applies" } } @else { span.badge.over { "Passed over" } }
            }
            @if !flow.why_not.is_empty() { p.detail { (show::sentence(&flow.why_not)) } }
            @for (label, ids) in [("Permitted by ", &flow.permitted_by), ("Forbidden by ", &flow.forbidden_by)] {
                @if !ids.is_empty() { p.detail { (label) @for id in ids { span.id { (id) } " " } } }
            }
        }
    }
}
