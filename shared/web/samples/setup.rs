//! Set-up, sign-in, trouble.

use std::collections::BTreeMap;

use curfew_domain::time::SignedDuration;
use curfew_web::views::{
    DirectoryView, Errors, ExplainValues, ExplainView, ExplanationView, FlowView, Frame, HealthView, Outcome, Prospect,
    SetupView, SignInReason, SignInView, TermView, Trouble, VersionLine, VersionView, Writer,
};
use curfew_web::{explain, setup, sign_in, trouble, version};

use super::{Role, Sample, World, at, lasting};

pub(crate) fn all(w: World<'_>) -> Vec<Sample> {
    let door = |name, reason| {
        let frame = Frame { viewer: None, csrf: String::new(), ..w.frame(Role::Requester) };
        let view = SignInView { reason, provider: w.t("Okta"), start: "/sign-in/start?to=%2Fapprovals".to_owned() };
        Sample { name, html: sign_in(&frame, &view) }
    };
    let wrong = |name, what| Sample { name, html: trouble(&w.frame(Role::Requester), &what) };
    let reference = w.t("8f9c1a52-7b1d-4b0e-9a53-0d9b6b5f3c11");
    vec![
        Sample { name: "setup", html: setup(&w.frame(Role::Administrator), &present(w)) },
        Sample { name: "setup-trouble", html: setup(&w.frame(Role::Auditor), &troubled(w)) },
        Sample { name: "version", html: version(&w.frame(Role::Administrator), &changed(w)) },
        Sample { name: "explain", html: explain(&w.frame(Role::Administrator), &question(w, None)) },
        Sample { name: "explain-answer", html: explain(&w.frame(Role::Administrator), &question(w, Some(answer(w)))) },
        door("sign-in", SignInReason::Needed),
        door("signed-out", SignInReason::SignedOut),
        door("session-ended", SignInReason::SessionEnded),
        door(
            "sign-in-refused",
            SignInReason::Refused { why: w.t("Nobody of this name is in the directory. Ask an administrator.") },
        ),
        wrong("forbidden", Trouble::Forbidden { why: w.t("Only administrators and auditors see everyone's access.") }),
        wrong("not-found", Trouble::NotFound),
        wrong("stale-form", Trouble::StaleForm),
        wrong("refused", Trouble::Refused { why: w.t("This step is over."), back: "/approvals".to_owned() }),
        wrong("failed", Trouble::Failed { reference: reference.clone() }),
        wrong("unavailable", Trouble::Unavailable { reference }),
    ]
}

fn line(w: World<'_>, number: Option<u64>, version: &str, comment: &str) -> VersionLine {
    VersionLine {
        version: w.t(version),
        number,
        by: w.t("Kira Novak"),
        seconded_by: number.map(|_| w.t("Lena Fischer")),
        at: at("2026-11-20T09:12:00Z"),
        comment: Some(w.t(comment)),
        may_second: number.is_none(),
    }
}

fn present(w: World<'_>) -> SetupView {
    let current =
        line(w, Some(12), "4f1c9f7a2b6d4f1c9f7a2b6d4f1c9f7a2b6d4f1c9f7a2b6d", "Security decides on the log archive");
    SetupView {
        current: Some(current.clone()),
        proposed: vec![line(w, None, "a81b77d0e5a9a81b77d0e5a9a81b77d0e5a9", "Two hours on production")],
        versions: vec![
            current,
            line(w, Some(11), "77d0e5a9a81b77d0e5a9a81b77d0e5a9a81b", "On-call may read production"),
        ],
        older: Some(w.t("10")),
        directory: Some(DirectoryView {
            taken_at: at("2026-11-23T13:07:00Z"),
            max_age: Some(SignedDuration::from_hours(1)),
            accounts: 214,
            permission_sets: 18,
            users: 1_932,
            groups: 141,
        }),
        health: Some(HealthView {
            strays: 2,
            at: at(super::NOW),
            live: 52,
            unreadable: 0,
            active: 41,
            ending: 1,
            waiting: [1, 0, 3],
            oldest: Some(SignedDuration::from_secs(64)),
            overdue: 0,
            writer: Writer::Held(at("2026-11-23T13:19:00Z")),
        }),
        may_change: true,
    }
}

fn troubled(w: World<'_>) -> SetupView {
    let mut view = SetupView { may_change: false, proposed: Vec::new(), ..present(w) };
    if let Some(directory) = &mut view.directory {
        directory.taken_at = at("2026-11-23T10:00:00Z");
    }
    if let Some(health) = &mut view.health {
        health.overdue = 2;
        health.unreadable = 1;
        health.writer = Writer::RanOut(at("2026-11-23T13:10:00Z"));
    }
    view
}

fn files(w: World<'_>, hours: u8) -> BTreeMap<String, String> {
    let access = format!(
        "# On which terms.\n\n[default]\npolicy = \"standard\"\nmax_duration = \"PT4H\"\n\n[[access]]\non = {{ unit = \"/Workloads/Production/**\" }}\npolicy = \"production\"\nmax_duration = \"PT{hours}H\"\nrisk = \"high\"\n"
    );
    let permits = "permit (principal, action == Curfew::Action::\"owner\", resource)\nwhen { context.duration <= duration(\"2h\") };\n";
    [("access.toml", access.as_str()), ("permits.cedar", permits)]
        .into_iter()
        .map(|(path, text)| {
            (w.t(path), text.lines().map(|line| format!("{}\n", w.t(line))).collect::<Vec<_>>().concat())
        })
        .collect()
}

fn changed(w: World<'_>) -> VersionView {
    VersionView {
        line: line(w, Some(12), "4f1c9f7a2b6d4f1c9f7a2b6d4f1c9f7a2b6d4f1c9f7a2b6d", "Two hours on production"),
        current: false,
        files: files(w, 2),
        before: Some((w.t("77d0e5a9a81b77d0e5a9"), files(w, 1))),
        file: None,
        may_roll_back: true,
    }
}

fn question(w: World<'_>, answer: Option<ExplanationView>) -> ExplainView {
    let asked = answer.is_some();
    let value = |text: &str| if asked { w.t(text) } else { String::new() };
    ExplainView {
        values: ExplainValues {
            user: value("ana@example.com"),
            account: value("payments-production"),
            permission_set: value("Administrator"),
            duration: value("1h"),
            emergency: false,
        },
        errors: if asked { Errors::default() } else { Errors::at("user", w.t("There is nobody of this name.")) },
        people: vec![w.named("ana@example.com", "Ana Oliveira"), w.named("nils@example.com", "Nils Berg")],
        accounts: vec![w.named("222233334444", "payments-production")],
        permission_sets: vec![w.named("Administrator", "Administrator"), w.named("ReadOnly", "ReadOnly")],
        answer,
    }
}

fn answer(w: World<'_>) -> ExplanationView {
    let term = |name: &str, value: &str, from: &str| TermView { name: w.t(name), value: w.t(value), from: w.t(from) };
    let flow = |name: &str, applies, why_not: &str| FlowView {
        flow: w.t(name),
        applies,
        why_not: w.t(why_not),
        permitted_by: w.texts(&["owner-production"]),
        forbidden_by: if applies { Vec::new() } else { w.texts(&["never-alone-on-production"]) },
    };
    ExplanationView {
        configuration: w.t("4f1c9f7a2b6d4f1c9f7a2b6d"),
        requester: w.person("Nils Berg"),
        access: w.access("payments-production", "Administrator"),
        duration: lasting("PT1H"),
        outcome: Outcome::NeedsApproval,
        prospect: Prospect::Approval { flow: w.t("two-people"), steps: 2 },
        why: w.texts(&["flow `two-people` of policy `production` applies: `two-people-production` permits it"]),
        catalogs: vec![(w.t("payments"), true), (w.t("everything"), false)],
        terms: vec![
            term("policy", "production", "access.toml:9"),
            term("max_duration", "PT2H", "access.toml:10"),
            term("risk", "critical", "access.toml:34"),
        ],
        policy: Some(w.t("production")),
        flows: vec![flow("owner", false, "`never-alone-on-production` forbids it"), flow("two-people", true, " ")],
        steps: vec![(w.t("Production owners"), w.texts(&["Ben Tremblay", "Chidi Okafor"]), 2)],
        facts: vec![(w.t("requester groups"), w.t("payments, engineering")), (w.t("now"), w.t(super::NOW))],
    }
}
