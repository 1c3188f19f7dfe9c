//! Who may do what to a request, in which state, through which channel: written down once, apart from the code, and every
//! cell of it tried: through the one function that decides (`curfew_domain::request`), and through the handlers of the API,
//! of the console and of callback links; what is refused through all of them.

use std::rc::Rc;

use curfew_domain::id::{LinkId, RequestId, UserId};
use curfew_domain::person::Person;
use curfew_domain::request::{Answer, Command, Context, Narrowing, Request, State, apply, may_see};
use curfew_domain::time::SignedDuration;
use curfew_sim::scenario::cast::{Access, with_strategies};
use curfew_sim::scenario::named;
use curfew_sim::{Options, Plan, World, run};
use serde_json::{Value, json};

/// Roles, by letter and user: the requester; a requester who is an administrator; an approver; somebody who gives access by
/// hand; an administrator; an auditor; somebody else.
const ROLES: [(char, &str); 7] =
    [('R', "ana"), ('X', "ana"), ('A', "ben"), ('H', "gus"), ('D', "dan"), ('U', "ivy"), ('S', "eve")];

/// Ways to each state, and for each action the letters of those who may do it then.
#[rustfmt::skip]
const TABLE: [(&str, &[&str], [&str; 9]); 12] = [
    // state          how it comes there                  see      approve cancel return revoke escalate extend given taken
    ("submitted",    &[],                                ["RXDU",   "",  "RX", "",   "",    "RX", "",   "",   ""]),
    ("awaiting",     &["wait"],                          ["RXADU",  "A", "RX", "",   "XAD", "RX", "",   "",   ""]),
    ("scheduled",    &["later", "approve"],              ["RXADU",  "",  "RX", "",   "XAD", "",   "",   "",   ""]),
    ("provisioning", &["approve"],                       ["RXAHDU", "",  "",   "RX", "XAD", "",   "",   "HD", "HD"]),
    // Whoever has it may ask for more time; that access by hand is not prolonged is for policy to say.
    ("active",       &["approve", "given"],              ["RXAHDU", "",  "",   "RX", "XAD", "",   "RX", "",   ""]),
    ("ending",       &["approve", "given", "return"],    ["RXAHDU", "",  "",   "",   "",    "",   "",   "",   "HD"]),
    ("ended", &["approve", "given", "return", "taken"],  ["RXAHDU", "",  "",   "",   "",    "",   "",   "",   ""]),
    ("denied",       &["deny"],                          ["RXADU",  "",  "",   "",   "",    "",   "",   "",   ""]),
    ("cancelled",    &["wait", "cancel"],                ["RXADU",  "",  "",   "",   "",    "",   "",   "",   ""]),
    ("lapsed",       &["wait", "sleep"],                 ["RXADU",  "",  "",   "",   "",    "",   "",   "",   ""]),
    ("failed",       &["approve", "taken"],              ["RXADU",  "",  "",   "",   "",    "",   "",   "",   ""]),
    // Given by assignment, where nothing is done by hand.
    ("assigned",     &["connector", "approve"],          ["RXADU",  "",  "",   "RX", "XAD", "",   "RX", "",   ""]),
];

const ACTIONS: [&str; 9] =
    ["see", "approve", "cancel", "return", "revoke", "escalate", "extend", "provisioned", "removed"];

fn options(requester_administers: bool) -> Options {
    let mut options = named("automatic").unwrap().options(1, Plan::default());
    options.sweep = false;
    let organisation = &mut options.organisation;
    organisation.people.extend(["gus", "ivy", "eve"].map(str::to_owned));
    with_strategies(organisation);
    organisation.configuration += "\n[emergency]\nreviewers = [\"user:dan\"]\n";
    let mut change = |from: &str, to: &str| {
        assert!(organisation.configuration.contains(from), "{from}");
        organisation.configuration = organisation.configuration.replace(from, to);
    };
    change(
        "strategy = { manual = [\"user:ben\", \"user:cyn\"] }",
        "strategy = { manual = [\"user:gus\"] }\npolicy = \"guarded\"\nemergency_policy = \"guarded\"",
    );
    let too = if requester_administers { ", \"ana\"" } else { "" };
    let roles = format!("administrators = {{ users = [\"dan\"{too}] }}\nauditors = {{ users = [\"ivy\"] }}");
    change("administrators = { users = [\"dan\"] }", &roles);
    options
}

fn person(world: &World, (role, name): (char, &str)) -> Person {
    Person { id: world.user(name), administrator: matches!(role, 'X' | 'D'), auditor: role == 'U' }
}

/// Ana's request, in this state.
async fn bring(world: &World, way: &[&str]) -> RequestId {
    let access = if way.contains(&"connector") { Access::Approved } else { Access::ByHand };
    let mut body = json!({
        "account": access.account(), "permission_set": world.permission_set(access.set()).to_string(),
        "duration": "PT30M", "justification": "there is work to do",
    });
    if way.contains(&"later") {
        let later = world.now().checked_add(SignedDuration::from_hours(1)).unwrap();
        body["start"] = json!(later.to_string());
    }
    let (status, asked) = world.api("ana", "POST", "/v1/requests", Some(body)).await;
    assert_eq!(status, 202, "{asked}");
    let id = RequestId::parse(asked["id"].as_str().unwrap()).unwrap();
    for step in way {
        let (who, action) = match *step {
            "later" | "connector" => continue,
            "sleep" => {
                world.pass(SignedDuration::from_mins(11)).await;
                continue;
            }
            "wait" => {
                world.pass(SignedDuration::from_secs(20)).await;
                continue;
            }
            "approve" | "deny" => ("ben", *step),
            "given" => ("gus", "provisioned"),
            "taken" => ("gus", "removed"),
            other => ("ana", other),
        };
        if who == "ben" {
            world.pass(SignedDuration::from_secs(20)).await;
        }
        let (status, answer) = through_the_api(world, who, &id, action).await;
        assert!(matches!(status, 200 | 202), "{step}: {status} {answer}");
        world.pass(SignedDuration::from_secs(20)).await;
    }
    id
}

/// The same through the API: status and body.
async fn through_the_api(world: &World, who: &str, id: &RequestId, action: &str) -> (u16, Value) {
    let path = format!("/v1/requests/{id}");
    match action {
        "see" => world.api(who, "GET", &path, None).await,
        "approve" | "deny" => {
            let decision = json!({ "decision": action, "comment": "so be it" });
            world.api(who, "POST", &format!("{path}/decisions"), Some(decision)).await
        }
        "extend" => {
            let more = json!({ "duration": "PT30M", "justification": "not done yet" });
            world.api_once(who, "POST", &format!("{path}/extend"), Some(more), "a-key").await
        }
        other => world.api(who, "POST", &format!("{path}/{other}"), None).await,
    }
}

/// Through the console: status.
async fn through_the_console(world: &World, who: &str, id: &RequestId, action: &str, digest: &str) -> u16 {
    let (user, page) = (world.user(who), format!("/requests/{id}"));
    let (path, form) = match action {
        "see" => return world.browse(&user, &page, None).await.0,
        "approve" => (format!("{page}/decisions"), format!("decision=approve&digest={digest}&duration=")),
        "extend" => {
            let form = "duration=PT30M&justification=more&idempotency_key=00112233445566778899aabbccddeeff";
            (format!("{page}/extend"), form.to_owned())
        }
        other => (format!("{page}/{other}"), "comment=".to_owned()),
    };
    world.browse(&user, &path, Some(&form)).await.0
}

/// What the function that decides says.
fn decided(request: &Request, who: &Person, action: &str, now: curfew_domain::time::Timestamp) -> Option<bool> {
    let by = who.clone();
    let step = if let State::AwaitingApproval { step, .. } = request.state { step } else { 0 };
    let command = match action {
        "see" => return Some(may_see(request, who)),
        "approve" => Command::Decide {
            by,
            step,
            answer: Answer::Approve,
            comment: None,
            digest: request.digest(),
            narrowed: Narrowing::default(),
        },
        "cancel" => Command::Cancel { by, comment: None },
        "return" => Command::Return { by, comment: None },
        "revoke" => Command::Revoke { by, comment: None },
        "escalate" => Command::Escalate { by, manager: None, to: request.ask.id.clone() },
        "provisioned" => Command::Given { by, comment: None },
        "removed" => Command::Taken { by, comment: None },
        // More time is a new request, which the engine makes.
        _ => return None,
    };
    Some(apply(request, command, Context { now }).is_ok())
}

/// The request as it is, to see that nothing was changed.
fn untouched(world: &World, id: &RequestId) -> (usize, Rc<Request>) {
    (world.requests().len(), world.request(id).unwrap())
}

/// Everything that is refused in one state changes nothing, whichever way it comes; and what is only looked at is shown.
fn refused(state: &str, way: &[&str], may: [&str; 9], requester_administers: bool) -> usize {
    run(options(requester_administers), async |world| {
        let id = bring(&world, way).await;
        let mut cells = 0;
        let roles = ROLES.into_iter().filter(|(role, _)| (*role == 'X') == requester_administers);
        for (role, name) in roles {
            let who = person(&world, (role, name));
            for (action, letters) in ACTIONS.into_iter().zip(may) {
                let (allowed, cell) = (letters.contains(role), format!("{role} {action} {state}"));
                let before = untouched(&world, &id);
                let decided = decided(&before.1, &who, action, world.now());
                assert_eq!(decided.unwrap_or(allowed), allowed, "{cell}: the function that decides");
                cells += 1;
                // A request is judged while somebody reads it: only the function is asked.
                if state == "submitted" || (allowed && action != "see") {
                    continue;
                }
                let digest = before.1.digest();
                let (api, answer) = through_the_api(&world, name, &id, action).await;
                let console = through_the_console(&world, name, &id, action, digest.as_str()).await;
                if allowed {
                    assert_eq!((api, console), (200, 200), "{cell}: {answer}");
                } else {
                    let no = |status| matches!(status, 403 | 404 | 409 | 422);
                    assert!(no(api) && no(console), "{cell}: {api} {console} {answer}");
                    let hidden = !may_see(&before.1, &who);
                    assert!(!hidden || (api, console) == (404, 404), "{cell}: tells that it is there: {api} {console}");
                }
                assert_eq!(untouched(&world, &id), before, "{cell}: changed something");
            }
        }
        cells + links(&world, &id, state, requester_administers).await
    })
}

/// The approver's own link in the hands of everybody: it decides for nobody else, and only while the step waits.
async fn links(world: &World, id: &RequestId, state: &str, requester_administers: bool) -> usize {
    let Some(link) = link(world, id, &world.user("ben")) else { return 0 };
    let mut cells = 0;
    for (role, name) in ROLES.into_iter().filter(|(role, _)| (*role == 'X') == requester_administers) {
        if role == 'A' && state == "awaiting" {
            continue;
        }
        let before = untouched(world, id);
        let body = json!({ "decision": "approve", "digest": before.1.digest().as_str() });
        let (api, _) = world.api(name, "POST", &format!("/v1/links/{link}"), Some(body)).await;
        let form = format!("decision=approve&digest={}&duration=", before.1.digest().as_str());
        let (console, ..) = world.browse(&world.user(name), &format!("/a/{link}"), Some(&form)).await;
        let cell = format!("{role} by link {state}: {api} {console}");
        // A link that is over has a page of its own, which says why.
        assert!(matches!(api, 403 | 404 | 409), "{cell}");
        assert!(matches!(console, 403 | 404 | 409 | 422) || (role == 'A' && console == 200), "{cell}");
        assert_eq!(untouched(world, id), before, "{cell}: changed something");
        cells += 1;
    }
    cells
}

/// The link that an approver was sent, if the step was ever asked.
fn link(world: &World, id: &RequestId, approver: &UserId) -> Option<LinkId> {
    let of_step = |item: &&Rc<Value>| item["sk"]["S"].as_str().is_some_and(|sk| sk.starts_with("L#"));
    let items = world.items(&format!("REQ#{id}"));
    let mine = items.iter().filter(of_step).find(|item| item.to_string().contains(approver.as_str()))?;
    LinkId::parse(mine["link"]["S"].as_str().unwrap()).ok()
}

/// One cell that is allowed, in a world of its own, through one channel.
fn allowed(state: &str, way: &[&str], (role, name): (char, &str), action: &str, channel: &str) {
    run(options(role == 'X'), async |world| {
        let id = bring(&world, way).await;
        let before = untouched(&world, &id);
        let digest = before.1.digest();
        let status = match channel {
            "api" => through_the_api(&world, name, &id, action).await.0,
            "console" => through_the_console(&world, name, &id, action, digest.as_str()).await,
            _ => {
                let link = link(&world, &id, &world.user(name)).unwrap();
                let form = format!("decision=approve&digest={}&duration=", digest.as_str());
                world.browse(&world.user(name), &format!("/a/{link}"), Some(&form)).await.0
            }
        };
        let cell = format!("{role} {action} {state} through the {channel}");
        assert!(matches!(status, 200 | 202 | 303), "{cell}: {status}");
        assert_ne!(untouched(&world, &id), before, "{cell}: changed nothing");
    });
}

#[test]
fn every_role_may_do_in_every_state_through_every_channel_what_is_written_here_and_nothing_else() {
    let mut cells = 0;
    for (state, way, may) in TABLE {
        for requester_administers in [false, true] {
            cells += refused(state, way, may, requester_administers);
        }
        for (action, letters) in ACTIONS.into_iter().zip(may).skip(1).filter(|_| state != "submitted") {
            for role in ROLES.into_iter().filter(|(role, _)| letters.contains(*role)) {
                // Each in a world of its own, which costs: what is allowed is tried through API and console in turn; a decision
                // through all three.
                let channels: &[&str] = match action {
                    "approve" => &["api", "console", "link"],
                    _ if cells % 2 == 0 => &["api"],
                    _ => &["console"],
                };
                for channel in channels {
                    allowed(state, way, role, action, channel);
                    cells += 1;
                }
            }
        }
    }
    assert!(cells > 12 * 9 * 7, "{cells} cells");
}
