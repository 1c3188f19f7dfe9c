//! Pages with nothing in them, and pages that everybody should be warned on.

use std::collections::BTreeMap;

use curfew_domain::request::Stage;
use curfew_web::forms::{self, Action};
use curfew_web::views::{
    Actions, Alert, ApprovalsView, AuditFilter, AuditView, Errors, EveryoneFilter, EveryoneView, ExplainView,
    ExplanationView, GrantView, HomeView, Means, Outcome, PreferencesView, Prospect, RequestLine, RequestView,
    ReviewsView, SearchView, Sent, SetupView, StepState, Tone, VersionLine, VersionView,
};
use curfew_web::{approvals, audit, everyone, explain, home, preferences, request, reviews, search, setup, version};

use super::{Role, Sample, World, at, lasting, requests};

pub(crate) fn all(w: World<'_>) -> Vec<Sample> {
    let old = Alert::DirectoryTooOld { taken_at: Some(at("2026-11-23T10:00:00Z")) };
    let never = Alert::DirectoryTooOld { taken_at: None };
    let nothing =
        HomeView { active: Vec::new(), pending: Vec::new(), over: Vec::new(), older: None, shortcuts: Vec::new() };
    let search_for =
        |query: String| SearchView { query, shortcuts: Vec::new(), offers: Vec::new(), next: None, total: Some(0) };
    let sample = |name, html| Sample { name, html };
    let plain = w.frame(Role::Requester);
    vec![
        sample("home-empty", home(&plain, &nothing)),
        sample("home-directory-old", home(&w.alerted(Role::Requester, vec![old]), &nothing)),
        sample("request-by-hand", request(&w.frame(Role::Approver), &by_hand(w))),
        sample(
            "home-no-configuration",
            home(&w.alerted(Role::Administrator, vec![Alert::NoConfiguration, never]), &nothing),
        ),
        sample(
            "home-flash-problem",
            home(&w.after(Role::Requester, Tone::Problem, "The grant could not be given back."), &nothing),
        ),
        sample(
            "home-alert",
            home(&w.alerted(Role::Requester, vec![Alert::Other(w.t("Identity Center is slow today."))]), &nothing),
        ),
        sample("search-empty", search(&plain, &search_for(String::new()))),
        sample("search-nothing", search(&plain, &search_for(w.t("paymetns")))),
        sample(
            "approvals-empty",
            approvals(&w.frame(Role::Auditor), &ApprovalsView { items: Vec::new(), tasks: Vec::new() }),
        ),
        sample("reviews-empty", reviews(&w.frame(Role::Administrator), &ReviewsView { items: Vec::new() })),
        sample("everyone-empty", everyone(&w.frame(Role::Administrator), &nobody())),
        sample("audit-empty", audit(&w.frame(Role::Auditor), &no_requests())),
        sample("setup-empty", setup(&w.alerted(Role::Administrator, vec![Alert::NoConfiguration]), &unset())),
        sample("version-first", version(&w.frame(Role::Auditor), &first(w))),
        sample(
            "preferences-no-mail",
            preferences(&plain, &PreferencesView { mail: None, notices: Vec::new(), errors: Errors::default() }),
        ),
        sample("explain-denied", explain(&w.frame(Role::Auditor), &impossible(w))),
    ]
}

fn nobody() -> EveryoneView {
    EveryoneView {
        filter: EveryoneFilter::default(),
        items: Vec::new(),
        next: None,
        total: None,
        overdue: Vec::new(),
        drift: Vec::new(),
        chart: Vec::new(),
    }
}

fn no_requests() -> AuditView {
    AuditView { filter: AuditFilter::default(), errors: Errors::default(), items: Vec::new(), next: None, check: None }
}

fn unset() -> SetupView {
    SetupView {
        current: None,
        proposed: Vec::new(),
        versions: Vec::new(),
        older: None,
        directory: None,
        health: None,
        may_change: true,
    }
}

fn first(w: World<'_>) -> VersionView {
    let line = VersionLine {
        version: w.t("77d0e5a9a81b"),
        number: Some(1),
        by: w.t("arn:aws:sts::111122223333:assumed-role/pipeline/run-7"),
        seconded_by: None,
        at: at("2026-06-01T09:00:00Z"),
        comment: None,
        may_second: false,
    };
    let files = BTreeMap::from([(w.t("curfew.toml"), w.t("time_zone = \"Europe/Berlin\""))]);
    VersionView { line, current: true, files, before: None, file: Some(w.t("curfew.toml")), may_roll_back: false }
}

/// What somebody of those says who give it by hand, that came back.
fn by_hand(w: World<'_>) -> RequestView {
    let actions = Actions { given: true, taken: true, revoke: true, ..Actions::default() };
    let hands = Means::Hands(w.people(&["Ana Oliveira", "Chidi Okafor"]));
    let grant = GrantView { means: hands, ..requests::grant(w, Stage::Provisioning) };
    let line = requests::line(w, Stage::Provisioning);
    let line = RequestLine { requester: w.person("Nils Berg"), grant: Some(grant), actions, ..line };
    let values = vec![(forms::COMMENT.to_owned(), w.t("As agreed on the phone."))];
    let errors = Errors::at(forms::COMMENT, w.t("Write at most 500 characters."));
    RequestView {
        steps: requests::steps(w, StepState::Approved),
        sent: Some(Sent { action: Action::Provisioned, values, errors }),
        ..requests::whole(w, line)
    }
}

fn impossible(w: World<'_>) -> ExplainView {
    let answer = ExplanationView {
        configuration: w.t("77d0e5a9a81b"),
        requester: w.person("Nils Berg"),
        access: w.access("log-archive", "Administrator"),
        duration: lasting("PT1M"),
        outcome: Outcome::Denied,
        prospect: Prospect::Denied { reasons: w.texts(&["no catalog offers it"]) },
        why: w.texts(&["configuration decided this before any flow was tried"]),
        catalogs: Vec::new(),
        terms: Vec::new(),
        policy: None,
        flows: Vec::new(),
        steps: Vec::new(),
        facts: Vec::new(),
    };
    ExplainView { answer: Some(answer), ..ExplainView::default() }
}
