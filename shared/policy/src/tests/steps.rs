use std::collections::{BTreeMap, BTreeSet};

use curfew_domain::id::UserId;
use curfew_domain::time::AccessDuration;
use curfew_domain::verdict::{OnTimeout, Step};
use proptest::prelude::*;

use super::world::*;
use crate::approvers::{Resolver, Roll};
use crate::directory::Directory;
use crate::distinct;
use crate::model::{Approver, Flow, FlowStep, Model, Origin, Terms, TimeoutRule};
use crate::steps::{Flattened, MOST_STEPS, flatten};

const PLAIN: &str = "[flow.start]\ndescription = \"x\"\n[policy.standard]\ndescription = \"x\"\nflows = [\"start\"]\n\
    [policy.break-glass]\ndescription = \"x\"\nflows = [\"start\"]\n";
/// Names of flows; each escalates only to later ones, but for a careless test below.
const NAMES: [&str; 4] = ["start", "second", "third", "fourth"];

fn terms(model: &Model, directory: &Directory) -> Terms {
    crate::catalog::terms(model, directory, &account(PROD), &set(ADMIN)).unwrap()
}

fn walk(
    model: &Model,
    directory: &Directory,
    admits: &dyn Fn(&str) -> Result<(), String>,
) -> Result<Flattened, String> {
    let (terms, roll, requester) = (terms(model, directory), Roll::new(directory), user(ANA));
    flatten("start", &Resolver { model, roll: &roll, requester: &requester, terms: &terms, now: now() }, admits)
}

fn hour() -> AccessDuration {
    AccessDuration::parse("PT1H").unwrap()
}

fn origin() -> Origin {
    Origin { file: "flows.toml".into(), line: 1, column: 1 }
}

/// Everybody and everything that an approver can name, with some who are nobody.
fn approvers() -> impl Strategy<Value = Vec<Approver>> {
    let one = prop_oneof![
        prop::sample::select(vec!["ana", "ben", "cleo", "dora", "emil", "nobody"])
            .prop_map(|n| Approver::User(n.into())),
        prop::sample::select(vec!["builders", "security", "ghosts"]).prop_map(|n| Approver::Group(n.into())),
        Just(Approver::Manager),
        Just(Approver::EntitlementOwner),
        Just(Approver::AccountOwner),
        Just(Approver::Named("everybody".into())),
    ];
    prop::collection::vec(one, 0..3)
}

fn step(flow: usize) -> impl Strategy<Value = FlowStep> {
    let rule = prop_oneof![
        Just(TimeoutRule::Lapse),
        Just(TimeoutRule::Deny),
        approvers().prop_map(|approvers| TimeoutRule::Ask { approvers, timeout: hour() }),
        prop::sample::select(NAMES.to_vec()).prop_map(|name| TimeoutRule::Flow(name.into())),
    ];
    (approvers(), approvers(), 1_u8..4, rule, any::<bool>(), any::<bool>()).prop_map(
        move |(approvers, fallback, quorum, on_timeout, distinct, self_approval)| FlowStep {
            name: format!("{flow}"),
            approvers,
            fallback,
            quorum,
            timeout: hour(),
            on_timeout,
            distinct,
            comment_on_denial: false,
            self_approval,
            origin: origin(),
        },
    )
}

fn flows() -> impl Strategy<Value = BTreeMap<String, Flow>> {
    let flow = |at: usize| {
        prop::collection::vec(step(at), usize::from(at == 0)..5).prop_map(move |steps| {
            let (description, origin) = (String::new(), origin());
            (
                NAMES[at].to_owned(),
                Flow { description, steps, justification_pattern: None, ticket_required: false, origin },
            )
        })
    };
    (flow(0), flow(1), flow(2), flow(3)).prop_map(|(a, b, c, d)| BTreeMap::from([a, b, c, d]))
}

/// Every way through the steps, each as the steps that are approved on it.
fn ways(steps: &[Step], from: usize, approved: &[usize]) -> Vec<Vec<usize>> {
    let mut found = Vec::new();
    if let OnTimeout::Escalate(target) = steps[from].on_timeout {
        found.extend(ways(steps, target, approved));
    }
    let approved: Vec<usize> = approved.iter().copied().chain([from]).collect();
    match steps[from].then {
        Some(then) => found.extend(ways(steps, then, &approved)),
        None => found.push(approved),
    }
    found
}

fn hold(model: &Model, directory: &Directory, admitted: &BTreeSet<&str>, laid: &Flattened) {
    let steps = &laid.steps;
    assert!(!steps.is_empty() && steps.len() <= MOST_STEPS);
    let mut reached = BTreeSet::from([0]);
    for (index, step) in steps.iter().enumerate() {
        let target = if let OnTimeout::Escalate(target) = step.on_timeout { Some(target) } else { None };
        for next in step.then.into_iter().chain(target) {
            assert!(next > index && next < steps.len(), "only forward");
            reached.insert(next);
        }
        assert!(step.quorum >= 1 && step.approvers.len() >= usize::from(step.quorum), "I1: the quorum can be reached");
        assert!(step.approvers.is_sorted_by(|a, b| a < b), "each once");
        assert!(step.approvers.iter().all(|who| directory.users[who].enabled), "who has left decides nothing");
        assert!(step.self_approval || !step.approvers.contains(&user(ANA)), "I3: nobody decides their own request");
    }
    assert_eq!(reached.len(), steps.len(), "each can be reached");
    // Nothing is skipped: who answers in time walks the flow as it is written.
    let written = model.flows["start"].steps.len();
    assert_eq!(std::iter::successors(Some(0), |at| steps[*at].then).count(), written);
    for way in ways(steps, 0, &[]) {
        let way: Vec<&Step> = way.iter().map(|at| &steps[*at]).collect();
        assert!(distinct::reachable(&way), "distinct people can be found on every way");
        // Approved in the end by the steps of one whole flow: the names of steps are the numbers of their flows.
        let last = &way.last().unwrap().name;
        let flow = &model.flows[NAMES[last.parse::<usize>().unwrap()]];
        assert!(way.iter().rev().take_while(|step| step.name == *last).count() >= flow.steps.len());
    }
    for (first, flow) in &laid.escalations {
        assert!(admitted.contains(flow.as_str()), "I1: only a flow that is open takes over");
        assert_eq!(NAMES[steps[*first].name.parse::<usize>().unwrap()], flow);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3_000))]
    #[test]
    fn whatever_a_flow_says_its_steps_lead_forward_to_enough_people(
        flows in flows(),
        admitted in prop::collection::btree_set(prop::sample::select(NAMES.to_vec()), 0..4),
    ) {
        let mut model = model(PLAIN);
        model.flows = flows;
        // Groups that name each other end somewhere.
        let circle = vec![Approver::Named("everybody".into()), Approver::Group("security".into())];
        model.approver_groups.insert("everybody".into(), circle);
        let directory = directory();
        let admits = |name: &str| if admitted.contains(name) { Ok(()) } else { Err("closed".to_owned()) };
        if let Ok(laid) = walk(&model, &directory, &admits) {
            hold(&model, &directory, &admitted, &laid);
        } else {
            // With enough people for all steps together, nothing could be in the way.
            let flow = &model.flows["start"];
            let needed: usize = flow.steps.iter().map(|step| usize::from(step.quorum)).sum();
            let plenty = |step: &FlowStep| people(&model, &directory, step) >= needed;
            prop_assert!(!flow.steps.iter().all(plenty));
        }
    }
}

fn people(model: &Model, directory: &Directory, step: &FlowStep) -> usize {
    let (terms, roll, requester) = (terms(model, directory), Roll::new(directory), user(ANA));
    let resolver = Resolver { model, roll: &roll, requester: &requester, terms: &terms, now: now() };
    let able = |who: &UserId| step.self_approval || *who != requester;
    resolver.people(&step.approvers).iter().filter(|who| able(who)).count()
}

fn of(flows: &str) -> Result<Flattened, String> {
    let flows = format!(
        "{flows}[policy.standard]\ndescription = \"x\"\nflows = [\"start\"]\n[policy.break-glass]\ndescription = \"x\"\nflows = [\"start\"]\n"
    );
    walk(&model(&flows), &directory(), &|_| Ok(()))
}

fn shown(laid: &Flattened) -> Vec<(String, Vec<u32>, Option<usize>, OnTimeout)> {
    let number = |id: &UserId| id.as_str().trim_start_matches("00000000-0000-4000-8000-").parse().unwrap();
    let one =
        |step: &Step| (step.name.clone(), step.approvers.iter().map(number).collect(), step.then, step.on_timeout);
    laid.steps.iter().map(one).collect()
}

#[test]
fn others_are_asked_and_another_flow_takes_over_as_the_flow_says() {
    let laid = of(r#"
[flow.start]
description = "x"
step = [
    { name = "manager", approvers = ["manager"], timeout = "PT1H", on_timeout = { ask = ["group:security"], timeout = "PT2H" } },
    { name = "owner", approvers = ["entitlement-owner"], timeout = "PT1H", on_timeout = { flow = "rescue" } },
]
[flow.rescue]
description = "x"
step = [{ name = "rescue", approvers = ["user:cleo", "user:ana"], timeout = "PT1H", on_timeout = "deny" }]
"#)
    .unwrap();
    assert_eq!(
        shown(&laid),
        [
            ("manager".into(), vec![BEN], Some(2), OnTimeout::Escalate(1)),
            ("manager".into(), vec![CLEO, DORA], Some(2), OnTimeout::Lapse),
            ("owner".into(), vec![DORA], None, OnTimeout::Escalate(3)),
            ("rescue".into(), vec![CLEO], None, OnTimeout::Deny),
        ]
    );
    assert_eq!(laid.escalations, [(3, "rescue".to_owned())]);
    assert_eq!(laid.steps[1].timeout.as_hours(), 2);
}

#[test]
fn a_fallback_stands_in_and_without_one_the_flow_is_refused() {
    let flow = |approvers: &str, quorum: u8, fallback: &str, distinct: bool| {
        of(&format!(
            "[flow.start]\ndescription = \"x\"\nstep = [\n{{ name = \"first\", approvers = [\"user:dora\"], timeout = \"PT1H\" }},\n\
             {{ name = \"second\", approvers = [{approvers}], quorum = {quorum}, fallback = [{fallback}], timeout = \"PT1H\", distinct = {distinct} }}]\n"
        ))
    };
    let second = |laid: Result<Flattened, String>| shown(&laid.unwrap())[1].1.clone();
    assert_eq!(second(flow("\"manager\"", 1, "", true)), [BEN]);
    assert_eq!(second(flow("\"user:emil\"", 1, "\"group:security\"", true)), [CLEO, DORA], "who has left is nobody");
    assert_eq!(second(flow("\"user:ana\"", 1, "\"user:cleo\"", true)), [CLEO], "the requester is nobody");
    assert_eq!(
        second(flow("\"entitlement-owner\"", 1, "\"user:cleo\"", true)),
        [CLEO],
        "who approved before is nobody"
    );
    assert_eq!(second(flow("\"entitlement-owner\"", 1, "\"user:cleo\"", false)), [DORA], "unless people may repeat");
    let laid = flow("\"user:ana\"", 1, "\"user:cleo\"", true).unwrap();
    assert_eq!(laid.notes, ["step `second` goes to its fallback: it has no approver"]);
    for (laid, reason) in [
        (flow("\"user:ana\"", 1, "", true), "step `second` cannot be approved: it has no approver"),
        (
            flow("\"group:security\"", 3, "\"manager\"", false),
            "it needs 3 approvers and has 2; of its fallback, it needs 3 approvers and has 1",
        ),
        (flow("\"entitlement-owner\"", 1, "", true), "everybody who could approve it is needed by the steps before it"),
    ] {
        let refusal = laid.unwrap_err();
        assert!(refusal.contains(reason), "{refusal}");
    }
}

/// Silence never approves, and never goes round in circles.
#[test]
fn what_cannot_take_over_lets_the_request_lapse_and_says_so() {
    let step = |rule| FlowStep {
        name: "only".into(),
        approvers: vec![Approver::Group("security".into())],
        fallback: vec![],
        quorum: 1,
        timeout: hour(),
        on_timeout: rule,
        distinct: true,
        comment_on_denial: false,
        self_approval: false,
        origin: origin(),
    };
    let flow = |steps| Flow {
        description: String::new(),
        steps,
        justification_pattern: None,
        ticket_required: false,
        origin: origin(),
    };
    let mut model = model(PLAIN);
    for (target, other, reason) in [
        ("second", flow(vec![]), "it has no steps, and silence approves nothing"),
        ("start", flow(vec![]), "it leads back to itself"),
        ("third", flow(vec![]), "there is no flow `third`"),
        (
            "second",
            flow(vec![FlowStep { approvers: vec![], ..step(TimeoutRule::Deny) }]),
            "step `only` cannot be approved",
        ),
        ("second", flow(vec![step(TimeoutRule::Deny); MOST_STEPS]), "there would be more than 64 steps"),
    ] {
        model.flows.insert("start".into(), flow(vec![step(TimeoutRule::Flow(target.into()))]));
        let distinct = |step: FlowStep| FlowStep { distinct: false, ..step };
        let other = Flow { steps: other.steps.into_iter().map(distinct).collect(), ..other };
        model.flows.insert("second".into(), other);
        let laid = walk(&model, &directory(), &|_| Ok(())).unwrap();
        assert_eq!((laid.steps.len(), laid.steps[0].on_timeout), (1, OnTimeout::Lapse), "{reason}");
        assert!(laid.notes.iter().any(|note| note.contains(reason)), "{reason}: {:?}", laid.notes);
    }
}
