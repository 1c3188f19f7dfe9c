//! One request at each point of its life, links to it, and the form that begins it.

use curfew_domain::request::{Answer, Stage};
use curfew_domain::time::SignedDuration;
use curfew_web::forms::{self, Action};
use curfew_web::views::{
    Actions, Asked, Chain, DecisionPanel, DecisionView, Demand, Errors, FieldError, Frame, GrantView, LinkClosed,
    LinkView, Means, NewRequestView, OnTimeout, Origin, Outcome, Permissions, Preview, PreviewStep, Prospect,
    RecordView, Related, RequestLine, RequestValues, RequestView, ReviewAnswer, ReviewView, Sent, StepState, StepView,
    Tone, Usual, VerdictView, Waiting,
};
use curfew_web::{link, new_request, request};

use super::{Role, Sample, World, at, lasting};

pub(crate) fn all(w: World<'_>) -> Vec<Sample> {
    let page = |name, frame: Frame, view: RequestView| Sample { name, html: request(&frame, &view) };
    vec![
        page("request-waiting", w.after(Role::Requester, Tone::Done, "Your request was sent."), waiting(w)),
        page("request-decide", w.frame(Role::Approver), decide(w)),
        page("request-decide-error", w.frame(Role::Approver), refused(w)),
        page("request-active", w.frame(Role::Requester), active(w)),
        page("request-extend-error", w.frame(Role::Requester), extend_refused(w)),
        page("request-auditor", w.frame(Role::Auditor), ended(w, Chain::Intact)),
        page(
            "request-broken-chain",
            w.frame(Role::Auditor),
            ended(w, Chain::Broken(w.t("record 3 does not match its own hash"))),
        ),
        page("request-review", w.frame(Role::Administrator), review(w)),
        page("request-denied", w.frame(Role::Requester), denied(w)),
        Sample { name: "link-open", html: link(&w.frame(Role::Approver), &LinkView::Open(Box::new(decide(w)))) },
        closed(w, "link-used", LinkClosed::Used),
        closed(w, "link-late", LinkClosed::Late),
        closed(w, "link-cancelled", LinkClosed::Cancelled),
        closed(w, "link-step-over", LinkClosed::StepOver),
        closed(w, "link-denied", LinkClosed::Denied),
        closed(
            w,
            "link-not-allowed",
            LinkClosed::NotAllowed(w.t("This step needs people who have not approved it before.")),
        ),
        Sample { name: "link-forwarded", html: link(&w.frame(Role::Approver), &LinkView::NotYours) },
        Sample { name: "link-unknown", html: link(&w.frame(Role::Approver), &LinkView::Unknown) },
        form(w, "new-approval", approval(w), Errors::default()),
        form(w, "new-automatic", automatic(w), Errors::default()),
        form(w, "new-denied", denial(w), Errors::default()),
        form(w, "new-error", approval(w), wrong(w)),
    ]
}

/// A line of a list, as the most of them are.
pub(crate) fn line(w: World<'_>, stage: Stage) -> RequestLine {
    let began = matches!(stage, Stage::Provisioning | Stage::Active | Stage::Ending | Stage::Ended);
    RequestLine {
        id: w.t("019ab2c3-0000-7000-8000-000000000001"),
        requester: w.person("Ana Oliveira"),
        access: w.access("payments-production", "Administrator"),
        stage,
        since: at("2026-11-23T12:30:00Z"),
        reason: None,
        emergency: false,
        justification: w.t("Rotate the database credentials that leaked into a log.\nThe runbook needs write access to Secrets Manager."),
        ticket: Some(w.t("PAY-4211")),
        duration: lasting("PT1H30M"),
        start: None,
        submitted_at: at("2026-11-23T12:21:00Z"),
        grant: began.then(|| grant(w, stage)),
        waiting: (stage == Stage::AwaitingApproval).then(|| wait(w)),
        actions: Actions::default(),
    }
}

pub(crate) fn grant(w: World<'_>, stage: Stage) -> GrantView {
    let link =
        curfew_web::portal_link("https://example.awsapps.com/start", &w.t("222233334444"), &w.t("Administrator"));
    GrantView {
        started_at: at("2026-11-23T12:30:00Z"),
        expires_at: at("2026-11-23T14:00:00Z"),
        sessions_until: (stage != Stage::Ending).then(|| at("2026-11-23T15:00:00Z")),
        standing: false,
        means: Means::Assignment,
        portal: link.filter(|_| stage == Stage::Active),
    }
}

fn wait(w: World<'_>) -> Waiting {
    Waiting {
        step: w.t("Production owners"),
        deadline: at("2026-11-23T16:21:00Z"),
        quorum: 2,
        can: w.people(&[
            "Ben Tremblay",
            "Chidi Okafor",
            "Dana Levy",
            "Emre Yilmaz",
            "Fatima Haddad",
            "Goran Petrov",
            "Hana Sato",
        ]),
        have: w.people(&["Ines Castro"]),
    }
}

pub(crate) fn whole(w: World<'_>, line: RequestLine) -> RequestView {
    RequestView {
        line,
        asked: None,
        origin: Origin { channel: Some(w.t("console")), source_address: Some(w.t("203.0.113.7")), mfa: Some(true) },
        related: Related::default(),
        means: None,
        verdict: Some(verdict(w, Outcome::NeedsApproval)),
        steps: steps(w, StepState::Waiting),
        decisions: vec![approved(w)],
        history: None,
        chain: None,
        review: None,
        panel: None,
        extend_max: None,
        idempotency_key: w.t("7d1f2b"),
        sent: None,
    }
}

fn verdict(w: World<'_>, outcome: Outcome) -> VerdictView {
    VerdictView {
        outcome,
        policy: w.t("production"),
        flow: Some(w.t("two-people")),
        configuration: w.t("4f1c9f7a2b6d4f1c9f7a2b6d4f1c9f7a2b6d4f1c9f7a2b6d"),
        why: w.texts(&[
            "flow `two-people` of policy `production` applies: `two-people-production` permits it and nothing forbids it",
            "flow `owner` was passed over: `never-alone-on-production` forbids it",
        ]),
        permitted_by: w.texts(&["two-people-production"]),
        passed_over: vec![(w.t("owner"), w.texts(&["never-alone-on-production"])), (w.t("on-call"), Vec::new())],
        facts: vec![(w.t("duration"), w.t("PT1H30M")), (w.t("requester groups"), w.t("payments, engineering"))],
    }
}

pub(crate) fn steps(w: World<'_>, state: StepState) -> Vec<StepView> {
    let step = |name: &str, people: &[&str], quorum, state| StepView {
        name: w.t(name),
        state,
        approvers: w.people(people),
        quorum,
        deadline: (state == StepState::Waiting).then(|| at("2026-11-23T16:21:00Z")),
        timeout: SignedDuration::from_hours(4),
        on_timeout: OnTimeout::Lapse,
    };
    let next = if state == StepState::Waiting { StepState::Next } else { state };
    let late = if state == StepState::Waiting { StepState::Standby } else { StepState::Over };
    vec![
        StepView {
            on_timeout: OnTimeout::Escalate(2),
            ..step("Production owners", &["Ben Tremblay", "Chidi Okafor", "Dana Levy", "Ines Castro"], 2, state)
        },
        step("Security", &["Kira Novak"], 1, next),
        step("Platform leads", &["Lena Fischer", "Mateo Rojas"], 1, late),
    ]
}

fn approved(w: World<'_>) -> DecisionView {
    DecisionView {
        step: 0,
        by: w.person("Ines Castro"),
        answer: Answer::Approve,
        comment: Some(w.t("Fine, but take the shorter time.")),
        at: at("2026-11-23T12:40:00Z"),
        duration: Some(lasting("PT1H30M")),
        start: Some(at("2026-11-23T14:00:00Z")),
    }
}

fn waiting(w: World<'_>) -> RequestView {
    let actions = Actions { cancel: true, escalate: true, ..Actions::default() };
    let asked = Asked { duration: lasting("PT4H"), start: None };
    let means = Some(Means::Membership(w.t("curfew-payments-administrators")));
    RequestView { asked: Some(asked), means, ..whole(w, RequestLine { actions, ..line(w, Stage::AwaitingApproval) }) }
}

fn decide(w: World<'_>) -> RequestView {
    let panel = DecisionPanel {
        path: "/requests/019ab2c3-0000-7000-8000-000000000001/decisions".to_owned(),
        step: w.t("Production owners"),
        deadline: at("2026-11-23T16:21:00Z"),
        digest: w.t("9b74c9897bac770ffc029102a200c5de"),
        comment_on_denial: true,
        permissions: Permissions {
            description: w.t("Full access to everything in the account but billing."),
            session: Some(SignedDuration::from_hours(1)),
            policies: Some(w.texts(&["AdministratorAccess", "DenyBilling"])),
            inline: Some(true),
        },
        usual: Some(Usual { times: 7, since: at("2026-08-25T00:00:00Z"), last: Some(at("2026-11-12T08:00:00Z")) }),
        holders: Some(w.people(&["Omar Said"])),
        rule: w.t("Policy production sends Administrator on production to two of its owners."),
    };
    let mut view = whole(w, RequestLine { requester: w.person("Nils Berg"), ..line(w, Stage::AwaitingApproval) });
    view.line.actions.decide = true;
    RequestView { panel: Some(panel), ..view }
}

/// An approval that came back, with everything that was entered.
fn refused(w: World<'_>) -> RequestView {
    let entered = |field: &str, value: String| (field.to_owned(), value);
    let values = vec![
        entered(forms::DECISION, forms::APPROVE.to_owned()),
        entered(forms::DURATION, forms::CUSTOM.to_owned()),
        entered(forms::CUSTOM_DURATION, w.t("9h")),
        entered(forms::START, w.t("2026-11-23T15:00")),
        entered(forms::COMMENT, w.t("Not longer than a working day.")),
    ];
    let errors = Errors::at(forms::CUSTOM_DURATION, w.t("An approval can only shorten: at most 1 h 30 min."));
    RequestView { sent: Some(Sent { action: Action::Decisions, values, errors }), ..decide(w) }
}

fn active(w: World<'_>) -> RequestView {
    let actions = Actions { give_back: true, extend: true, ..Actions::default() };
    RequestView {
        steps: steps(w, StepState::Approved),
        extend_max: Some(lasting("PT2H")),
        ..whole(w, RequestLine { actions, ..line(w, Stage::Active) })
    }
}

fn extend_refused(w: World<'_>) -> RequestView {
    let values = vec![
        (forms::DURATION.to_owned(), forms::CUSTOM.to_owned()),
        (forms::CUSTOM_DURATION.to_owned(), w.t("soon")),
        (forms::JUSTIFICATION.to_owned(), w.t("The migration takes longer.")),
        (forms::TICKET.to_owned(), w.t("PAY-4211")),
    ];
    let errors = Errors {
        fields: vec![FieldError {
            field: forms::CUSTOM_DURATION.to_owned(),
            text: w.t("Write a duration such as 45m."),
        }],
        whole: Some(w.t("The grant could not be extended.")),
    };
    RequestView { sent: Some(Sent { action: Action::Extend, values, errors }), ..active(w) }
}

fn ended(w: World<'_>, chain: Chain) -> RequestView {
    let over = RequestLine {
        requester: w.person("Nils Berg"),
        reason: Some(w.t("expired")),
        since: at("2026-11-23T14:00:02Z"),
        emergency: true,
        ..line(w, Stage::Ended)
    };
    let record = |seq, event: &str, actor: &str, time| RecordView {
        seq,
        at: at(time),
        actor: w.t(actor),
        event: w.t(event),
        facts: vec![(w.t("from"), w.t("submitted")), (w.t("to"), w.t("active"))],
        hash: w.t("4355a46b19d348dc2f57c046f8ef63d4538ebb936000f3c9ee954a27460dd865"),
    };
    let history = vec![
        record(1, "submitted", "Nils Berg", "2026-11-23T12:21:00Z"),
        record(2, "evaluated", "Curfew", "2026-11-23T12:21:01Z"),
        record(3, "activated", "Curfew", "2026-11-23T12:30:00Z"),
        record(4, "ended", "Curfew", "2026-11-23T14:00:02Z"),
    ];
    let related = Related { escalates: Some(w.t("019ab2c3-0000-7000-8000-0000000000aa")), ..Related::default() };
    let answer = ReviewAnswer {
        by: w.person("Kira Novak"),
        at: at("2026-11-23T15:00:00Z"),
        justified: true,
        comment: w.t("The incident was real; the access was used for the rollback only."),
    };
    RequestView {
        history: Some(history),
        chain: Some(chain),
        related,
        review: Some(ReviewView { answered: Some(answer), ..open_review() }),
        steps: steps(w, StepState::Approved),
        ..whole(w, over)
    }
}

pub(crate) fn open_review() -> ReviewView {
    ReviewView { since: at("2026-11-21T14:00:02Z"), deadline: at("2026-11-23T12:00:02Z"), answered: None }
}

fn review(w: World<'_>) -> RequestView {
    let mut view = RequestView { review: Some(open_review()), ..ended(w, Chain::Intact) };
    view.line.actions.review = true;
    view
}

fn denied(w: World<'_>) -> RequestView {
    let no = DecisionView {
        answer: Answer::Deny,
        comment: Some(w.t("Use the read-only set; nothing has to be changed for that.")),
        duration: None,
        start: None,
        ..approved(w)
    };
    let mut steps = steps(w, StepState::Over);
    steps[0].state = StepState::Denied;
    RequestView { decisions: vec![no], steps, ..whole(w, line(w, Stage::Denied)) }
}

fn closed(w: World<'_>, name: &'static str, why: LinkClosed) -> Sample {
    let line = Box::new(RequestLine { requester: w.person("Nils Berg"), ..line(w, Stage::Active) });
    Sample { name, html: link(&w.frame(Role::Approver), &LinkView::Closed { why, line }) }
}

fn approval(w: World<'_>) -> Preview {
    let step = |name: &str, people: &[&str], quorum, usually| PreviewStep {
        name: w.t(name),
        approvers: w.texts(people),
        quorum,
        usually,
    };
    Preview {
        prospect: Prospect::Approval { flow: w.t("two-people"), steps: 2 },
        duration: Some(lasting("PT1H")),
        steps: vec![
            step(
                "Production owners",
                &["Ben Tremblay", "Chidi Okafor", "Dana Levy"],
                2,
                Some(SignedDuration::from_mins(12)),
            ),
            step("Security", &["Kira Novak"], 1, None),
        ],
        why: w.texts(&["flow `owner` was passed over: `never-alone-on-production` forbids it"]),
    }
}

fn automatic(w: World<'_>) -> Preview {
    Preview { prospect: Prospect::Automatic { flow: w.t("on-call") }, steps: Vec::new(), ..approval(w) }
}

fn denial(w: World<'_>) -> Preview {
    let reasons =
        w.texts(&["flow `owner`: nothing permits it outside working hours", "flow `two-people`: nobody may decide"]);
    Preview { prospect: Prospect::Denied { reasons }, steps: Vec::new(), ..approval(w) }
}

fn wrong(w: World<'_>) -> Errors {
    let error = |field: &str, text: &str| FieldError { field: field.to_owned(), text: w.t(text) };
    Errors {
        fields: vec![
            error(forms::CUSTOM_DURATION, "Write a duration in hours and minutes, such as 45m or 1h 30m."),
            error(forms::JUSTIFICATION, "Say why, in at least one sentence."),
            error(forms::TICKET, "Write the ticket as PAY-123."),
            error("source_address", "Requests from this address are not taken."),
        ],
        whole: None,
    }
}

fn form(w: World<'_>, name: &'static str, preview: Preview, errors: Errors) -> Sample {
    let values = if errors.is_empty() {
        RequestValues::default()
    } else {
        RequestValues {
            duration: forms::CUSTOM.to_owned(),
            custom: w.t("soon"),
            justification: w.t("asap"),
            ticket: w.t("none"),
            start: w.t("2026-11-24T09:00"),
            emergency: true,
        }
    };
    let view = NewRequestView {
        access: w.access("payments-production", "Administrator"),
        max_duration: lasting("PT4H"),
        session: SignedDuration::from_hours(1),
        means: Some(match name {
            "new-automatic" => Means::Membership(w.t("curfew-payments-administrators")),
            "new-denied" => Means::Hands(w.people(&["Ben Tremblay", "Chidi Okafor"])),
            _ => Means::Assignment,
        }),
        ticket: Demand::Required { pattern: Some(w.t("PAY-[0-9]+")) },
        justification_pattern: None,
        emergency: name != "new-automatic",
        preview,
        values,
        errors,
        idempotency_key: w.t("7d1f2b"),
        same: (name == "new-approval").then(|| line(w, Stage::Active)),
    };
    Sample { name, html: new_request(&w.frame(Role::Requester), &view) }
}
