//! Lists: what somebody has, may ask for, is to decide.

use curfew_domain::request::Stage;
use curfew_web::views::{
    Actions, ApprovalLine, ApprovalsView, AuditFilter, AuditView, ChainCheck, ChartPoint, DriftLine, DriftPlace,
    Errors, EveryoneFilter, EveryoneView, HomeView, Means, NoticePreference, Offer, PreferencesView, Prospect,
    RequestLine, ReviewLine, ReviewView, ReviewsView, SearchView, TaskLine, Usual,
};
use curfew_web::{approvals, audit, everyone, home, preferences, reviews, search};

use super::requests::{line, open_review};
use super::{Role, Sample, World, at, lasting};

pub(crate) fn all(w: World<'_>) -> Vec<Sample> {
    vec![
        Sample { name: "home", html: home(&w.frame(Role::Requester), &mine(w)) },
        Sample { name: "home-approver", html: home(&w.frame(Role::Approver), &mine(w)) },
        Sample { name: "search", html: search(&w.frame(Role::Requester), &offers(w)) },
        Sample { name: "search-matches", html: search(&w.frame(Role::Requester), &matches(w)) },
        Sample { name: "approvals", html: approvals(&w.frame(Role::Approver), &waiting(w)) },
        Sample { name: "approvals-by-hand", html: approvals(&w.frame(Role::Approver), &by_hand(w)) },
        Sample { name: "reviews", html: reviews(&w.frame(Role::Administrator), &to_review(w)) },
        Sample { name: "everyone", html: everyone(&w.frame(Role::Administrator), &organisation(w)) },
        Sample { name: "everyone-auditor", html: everyone(&w.frame(Role::Auditor), &calm(w)) },
        Sample { name: "audit", html: audit(&w.frame(Role::Auditor), &found(w, None)) },
        Sample { name: "audit-verified", html: audit(&w.frame(Role::Auditor), &found(w, Some(check(w, false)))) },
        Sample { name: "audit-broken", html: audit(&w.frame(Role::Auditor), &found(w, Some(check(w, true)))) },
        Sample { name: "preferences", html: preferences(&w.frame(Role::Requester), &mail(w)) },
    ]
}

/// Lists as long as they may be.
pub(crate) fn full(w: World<'_>) -> Vec<Sample> {
    fn repeated<T: Clone>(of: &[T]) -> Vec<T> {
        of.iter().cycle().take(curfew_web::PAGE_SIZE).cloned().collect()
    }
    let (organisation, offers, found, mine) = (organisation(w), offers(w), found(w, None), mine(w));
    let organisation = EveryoneView { items: repeated(&organisation.items), ..organisation };
    let offers = SearchView { offers: repeated(&offers.offers), ..offers };
    let found = AuditView { items: repeated(&found.items), ..found };
    let mine = HomeView { over: repeated(&mine.over), ..mine };
    vec![
        Sample { name: "everyone", html: everyone(&w.frame(Role::Administrator), &organisation) },
        Sample { name: "search", html: search(&w.frame(Role::Requester), &offers) },
        Sample { name: "audit", html: audit(&w.frame(Role::Auditor), &found) },
        Sample { name: "home", html: home(&w.frame(Role::Requester), &mine) },
    ]
}

fn on(w: World<'_>, account: &str, set: &str, of: RequestLine) -> RequestLine {
    let id = w.t(&format!("019ab2c3-0000-7000-8000-{account}-{set}"));
    RequestLine { id, access: w.access(account, set), ..of }
}

fn mine(w: World<'_>) -> HomeView {
    let actions = Actions { give_back: true, extend: true, ..Actions::default() };
    let active = RequestLine { actions, ..line(w, Stage::Active) };
    let mut short = on(w, "data-lake-production", "ReadOnly", active.clone());
    short.emergency = true;
    if let Some(grant) = &mut short.grant {
        grant.expires_at = at("2026-11-23T13:24:00Z");
        grant.sessions_until = Some(at("2026-11-23T14:24:00Z"));
    }
    let ending = on(w, "sandbox-ana", "PowerUser", line(w, Stage::Ending));
    let scheduled = RequestLine { start: Some(at("2026-11-24T08:00:00Z")), ..line(w, Stage::Scheduled) };
    let over = |account, set, stage, reason: &str, since| RequestLine {
        reason: Some(w.t(reason)),
        since: at(since),
        ..on(w, account, set, line(w, stage))
    };
    HomeView {
        active: vec![short, active, ending],
        pending: vec![
            on(w, "log-archive", "ReadOnly", line(w, Stage::AwaitingApproval)),
            on(w, "payments-development", "Administrator", scheduled),
        ],
        over: vec![
            over("payments-production", "ReadOnly", Stage::Ended, "returned", "2026-11-23T09:12:00Z"),
            over("log-archive", "Auditor", Stage::Denied, "nobody decided in time", "2026-11-20T17:00:00Z"),
            over("payments-development", "PowerUser", Stage::Ended, "expired", "2025-12-19T17:00:00Z"),
        ],
        older: Some(w.t("019ab2c3")),
        shortcuts: vec![
            offer(w, "payments-production", "ReadOnly", Prospect::Automatic { flow: w.t("read") }),
            offer(w, "payments-development", "Administrator", approval(w, 1)),
            offer(w, "sandbox-ana", "PowerUser", approval(w, 2)),
        ],
    }
}

fn approval(w: World<'_>, steps: usize) -> Prospect {
    Prospect::Approval { flow: w.t("two-people"), steps }
}

fn offer(w: World<'_>, account: &str, set: &str, prospect: Prospect) -> Offer {
    Offer {
        access: w.access(account, set),
        catalogs: w.texts(&["payments"]),
        max_duration: lasting("PT4H"),
        prospect,
        emergency: account == "payments-production",
        favourite: Some(set == "ReadOnly"),
        active_until: None,
    }
}

fn offers(w: World<'_>) -> SearchView {
    let denied = Prospect::Denied { reasons: w.texts(&["flow `owner`: nothing permits it outside working hours"]) };
    let mut held = offer(w, "payments-production", "Administrator", approval(w, 2));
    held.active_until = Some(at("2026-11-23T14:00:00Z"));
    SearchView {
        query: String::new(),
        shortcuts: vec![offer(w, "payments-production", "ReadOnly", Prospect::Automatic { flow: w.t("read") }), held],
        offers: vec![
            offer(w, "data-lake-production", "Administrator", approval(w, 2)),
            offer(w, "data-lake-production", "ReadOnly", approval(w, 1)),
            offer(w, "log-archive", "Auditor", denied),
            offer(w, "payments-development", "Administrator", Prospect::Automatic { flow: w.t("open") }),
            offer(w, "sandbox-ana", "PowerUser", Prospect::Automatic { flow: w.t("open") }),
        ],
        next: Some(w.t("666677778888 arn")),
        total: Some(1_284),
    }
}

fn matches(w: World<'_>) -> SearchView {
    SearchView { query: w.t("pay read"), shortcuts: Vec::new(), total: None, next: None, ..offers(w) }
}

fn waiting(w: World<'_>) -> ApprovalsView {
    let asked = |name: &str, account, set| RequestLine {
        requester: w.person(name),
        ..on(w, account, set, line(w, Stage::AwaitingApproval))
    };
    let usual = Usual { times: 7, since: at("2026-08-25T00:00:00Z"), last: Some(at("2026-11-12T08:00:00Z")) };
    let urgent = RequestLine { emergency: true, ..asked("Nils Berg", "payments-production", "Administrator") };
    let mut second = asked("Priya Raman", "log-archive", "ReadOnly");
    if let Some(waiting) = &mut second.waiting {
        waiting.have = waiting.can.clone();
    }
    ApprovalsView {
        items: vec![
            ApprovalLine { line: urgent, usual: Some(usual) },
            ApprovalLine { line: second, usual: Some(Usual { times: 0, last: None, ..usual }) },
        ],
        tasks: Vec::new(),
    }
}

/// What an approver is asked to do by hand besides, one of it in the place of others.
fn by_hand(w: World<'_>) -> ApprovalsView {
    let task = |name: &str, account, stage| {
        let mut line = RequestLine { requester: w.person(name), ..on(w, account, "Operator", line(w, stage)) };
        let grant = super::requests::grant(w, stage);
        line.grant = Some(curfew_web::views::GrantView {
            means: Means::Hands(w.people(if name == "Nils Berg" {
                &["Chidi Okafor"]
            } else {
                &["Ana Oliveira", "Chidi Okafor"]
            })),
            ..grant
        });
        line.actions = Actions { given: stage == Stage::Provisioning, taken: true, ..Actions::default() };
        line
    };
    let tasks = vec![
        TaskLine { line: task("Omar Said", "log-archive", Stage::Ending), named: true },
        TaskLine { line: task("Priya Raman", "payments-production", Stage::Provisioning), named: true },
        TaskLine { line: task("Nils Berg", "data-lake-production", Stage::Provisioning), named: false },
    ];
    ApprovalsView { tasks, ..waiting(w) }
}

fn to_review(w: World<'_>) -> ReviewsView {
    let mut over = RequestLine { emergency: true, requester: w.person("Nils Berg"), ..line(w, Stage::Ended) };
    over.actions.review = true;
    let later = ReviewView { deadline: at("2026-11-26T12:00:00Z"), ..open_review() };
    ReviewsView {
        items: vec![
            ReviewLine { line: over.clone(), review: open_review() },
            ReviewLine { line: on(w, "data-lake-production", "PowerUser", over), review: later },
        ],
    }
}

fn organisation(w: World<'_>) -> EveryoneView {
    let mut late =
        RequestLine { requester: w.person("Omar Said"), ..on(w, "log-archive", "Auditor", line(w, Stage::Ending)) };
    if let Some(grant) = &mut late.grant {
        grant.expires_at = at("2026-11-23T13:04:00Z");
    }
    let drift = |place, holder: &str, request: Option<&str>| DriftLine {
        place,
        holder: w.t(holder),
        since: at("2026-11-23T12:58:00Z"),
        seen: at("2026-11-23T13:12:00Z"),
        request: request.map(|id| w.t(id)),
    };
    let drift = vec![
        drift(DriftPlace::Assigned(w.access("data-lake-production", "Administrator")), "data-engineers", None),
        drift(
            DriftPlace::Assigned(w.access("log-archive", "Auditor")),
            "Omar Said",
            Some("019ab2c3-0000-7000-8000-000000000009"),
        ),
        drift(DriftPlace::Member(w.t("curfew-emergency")), "Lena Fischer", None),
    ];
    let chart = (0..=168).map(|hour| {
        let day = [3, 2, 2, 4, 9, 17, 22, 25, 21, 24, 19, 8][usize::try_from(hour % 24 / 2).unwrap()];
        let at = at("2026-11-16T13:00:00Z").checked_add(jiff::SignedDuration::from_hours(hour)).unwrap();
        let active = if (96..144).contains(&hour) { day / 6 } else { day };
        ChartPoint { at, active, emergencies: u32::from((50..54).contains(&hour)) * 2 }
    });
    EveryoneView { overdue: vec![late], drift, chart: chart.collect(), ..calm(w) }
}

fn calm(w: World<'_>) -> EveryoneView {
    let mut held = line(w, Stage::Active);
    held.actions.revoke = true;
    let names = ["Nils Berg", "Priya Raman", "Omar Said", "Ana Oliveira", "Lena Fischer", "Mateo Rojas"];
    let items = names.iter().enumerate().map(|(i, name)| {
        let account = ["payments-production", "data-lake-production", "sandbox-ana"][i % 3];
        RequestLine { requester: w.person(name), emergency: i == 1, ..on(w, account, "ReadOnly", held.clone()) }
    });
    EveryoneView {
        filter: EveryoneFilter { account: w.t("production"), person: w.t("n"), permission_set: w.t("Read") },
        items: items.collect(),
        next: Some(w.t("next")),
        total: Some(41),
        overdue: Vec::new(),
        drift: Vec::new(),
        chart: Vec::new(),
    }
}

fn found(w: World<'_>, check: Option<ChainCheck>) -> AuditView {
    let items = Stage::ALL.map(|stage| RequestLine {
        reason: (stage == Stage::Failed).then(|| w.t("the account refused the role: it has 1,000 roles already")),
        ..line(w, stage)
    });
    AuditView {
        filter: AuditFilter {
            person: w.t("ana"),
            account: w.t("payments"),
            state: Some(Stage::Ended),
            from: w.t("2026-11-01"),
            to: w.t("2026-11-23"),
        },
        errors: Errors::at("from", w.t("Write a day as 2026-11-23.")),
        items: items.to_vec(),
        next: Some(w.t("next")),
        check,
    }
}

fn check(w: World<'_>, broken: bool) -> ChainCheck {
    let wrong = (w.t("019ab2c3-0000-7000-8000-000000000001"), w.t("record 3 does not match its own hash"));
    ChainCheck { at: at(super::NOW), requests: 12, records: 96, broken: if broken { vec![wrong] } else { Vec::new() } }
}

fn mail(w: World<'_>) -> PreferencesView {
    let notice = |kind: &str, label: &str, hint: &str, on, fixed| NoticePreference {
        kind: w.t(kind),
        label: w.t(label),
        hint: w.t(hint),
        on,
        fixed,
    };
    PreferencesView {
        mail: Some(w.t("ana@example.com")),
        notices: vec![
            notice(
                "needed",
                "Somebody needs my decision",
                "Once when the step begins, and once before its time runs out.",
                true,
                true,
            ),
            notice("decided", "My request was decided", "Approved or denied, with the approver's words.", true, false),
            notice("ends_soon", "My access ends soon", "At a tenth of the time that is left.", false, false),
        ],
        errors: Errors::default(),
    }
}
