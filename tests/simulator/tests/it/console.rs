//! The console's pages over the in-memory AWS: what each costs in calls, and that forms do what the API does.

use curfew_domain::request::Stage;
use curfew_domain::time::SignedDuration;
use curfew_sim::{Options, Service, World, run};
use serde_json::json;

fn options() -> Options {
    Options { sweep: false, ..Options::default() }
}

/// AWS calls of one page in a warm function, all of them to DynamoDB or not.
async fn cost(world: &World, who: &str, target: &str) -> (u16, u64, u64) {
    let user = world.user(who);
    world.browse(&user, target, None).await;
    world.pass(SignedDuration::from_secs(20)).await;
    let before = world.counts();
    let (status, ..) = world.browse(&user, target, None).await;
    let spent = world.counts().since(&before);
    (status, spent.calls_of(Service::DynamoDb), spent.all_calls() - spent.calls_of(Service::DynamoDb))
}

async fn asked(world: &World, permission_set: &str) -> String {
    let set = world.permission_set(permission_set).to_string();
    let body =
        json!({ "account": "111122223333", "permission_set": set, "duration": "PT30M", "justification": "count" });
    let (status, asked) = world.api("ana", "POST", "/v1/requests", Some(body)).await;
    assert_eq!(status, 202, "{asked}");
    world.pass(SignedDuration::from_secs(10)).await;
    asked["id"].as_str().unwrap().to_owned()
}

/// The numbers are those of functions/console/README.md.
#[test]
fn a_page_costs_this_much() {
    run(options(), async |world| {
        let id = asked(&world, "Operator").await;
        let request = format!("/requests/{id}");
        let form = format!("/request/new?account=111122223333&permission_set={}", world.permission_set("Reader"));
        // Whether the session was ended; which configuration and which directory are in force: two reads for each page.
        let expected = [
            ("ana", "/request?q=reader", 3),
            ("ana", "/request", 5),
            ("ana", "/", 8),
            ("ana", form.as_str(), 7),
            ("ana", request.as_str(), 4),
            ("ben", request.as_str(), 9),
            ("ben", "/approvals", 6),
            ("ada", "/everyone", 8),
            ("ana", "/preferences", 3),
        ];
        let mut found = Vec::new();
        for (who, target, _) in expected {
            let (status, reads, others) = cost(&world, who, target).await;
            assert_eq!((status, others), (200, 0), "{who} {target}: only DynamoDB is asked");
            found.push((who, target, reads));
        }
        assert_eq!(found, expected);
    });
}

#[test]
fn a_form_asks_once_however_often_it_is_sent_and_an_approver_decides_on_what_was_shown() {
    run(options(), async |world| {
        let (ana, ben) = (world.user("ana"), world.user("ben"));
        let set = world.permission_set("Operator").to_string().replace(':', "%3A").replace('/', "%2F");
        let key = "00112233445566778899aabbccddeeff";
        let form = format!(
            "account=111122223333&permission_set={set}&duration=PT30M&justification=because&idempotency_key={key}"
        );
        let (status, leads, _) = world.browse(&ana, "/request/new", Some(&form)).await;
        let page = leads.unwrap();
        assert_eq!((status, page.starts_with("/requests/")), (303, true));
        let again = world.browse(&ana, "/request/new", Some(&form)).await;
        assert_eq!((again.0, again.1.as_deref()), (303, Some(page.as_str())), "the same request");
        world.pass(SignedDuration::from_secs(10)).await;

        let (status, _, shown) = world.browse(&ben, &page, None).await;
        assert_eq!(status, 200);
        let digest = shown.split("name=\"digest\" value=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap();
        let decide = |digest: &str| format!("decision=approve&digest={digest}&duration=&comment=fine");
        let path = format!("{page}/decisions");
        let (status, ..) = world.browse(&ben, &path, Some(&decide(&"0".repeat(64)))).await;
        assert_eq!(status, 409, "not what was shown");
        assert_eq!(world.requests()[0].state.stage(), Stage::AwaitingApproval);
        let (status, ..) = world.browse(&ana, &path, Some(&decide(digest))).await;
        assert_eq!(status, 403, "nobody approves their own request");
        let (status, leads, _) = world.browse(&ben, &path, Some(&decide(digest))).await;
        assert_eq!((status, leads.as_deref()), (303, Some(page.as_str())));
        world.pass(SignedDuration::from_secs(10)).await;
        assert_eq!(world.requests()[0].state.stage(), Stage::Active);

        let (status, ..) = world.browse(&ana, &format!("{page}/return"), Some("x=y")).await;
        assert_eq!(status, 303);
        world.pass(SignedDuration::from_secs(20)).await;
        assert_eq!((world.requests().len(), world.requests()[0].state.stage()), (1, Stage::Ended));
    });
}

#[test]
fn a_mistake_comes_back_at_its_field_with_what_was_entered() {
    run(options(), async |world| {
        let ana = world.user("ana");
        let set = world.permission_set("Operator").to_string().replace(':', "%3A").replace('/', "%2F");
        let form = format!(
            "account=111122223333&permission_set={set}&duration=custom&custom_duration=900h&justification=%3Cb%3Ehi&idempotency_key=00112233445566778899aabbccddeeff"
        );
        let (status, _, page) = world.browse(&ana, "/request/new", Some(&form)).await;
        assert_eq!(status, 422);
        assert!(page.contains("900h") && page.contains("&lt;b&gt;hi") && !page.contains("<b>hi"), "{page}");
        assert!(world.requests().is_empty());
    });
}

#[test]
fn a_star_puts_an_entitlement_first_until_it_is_taken_away() {
    run(options(), async |world| {
        let ana = world.user("ana");
        let set = world.permission_set("Operator").to_string();
        let star = |value: &str| format!("favourite={}&back=%2Frequest", value.replace(' ', "+").replace(':', "%3A"));
        let on = star(&format!("on 111122223333 {set}"));
        // Twice is once.
        for _ in 0..2 {
            let (status, leads, _) = world.browse(&ana, "/favourites", Some(&on)).await;
            assert_eq!((status, leads.as_deref()), (303, Some("/request")));
        }
        let (_, _, page) = world.browse(&ana, "/request", None).await;
        let first = page.split("<h2").nth(1).unwrap();
        assert!(first.contains("Favourites") && first.contains("Operator") && !first.contains("Reader"), "{first}");
        let (_, _, found) = world.browse(&ana, "/request?q=operator", None).await;
        assert!(found.contains("aria-pressed=\"true\" ") || found.contains("aria-pressed=\"true\">"), "{found}");
        let (_, _, others) = world.browse(&world.user("ben"), "/request", None).await;
        assert!(!others.contains(">Favourites<"), "they are everybody's own");

        let (status, ..) = world.browse(&ana, "/favourites", Some(&star(&format!("off 111122223333 {set}")))).await;
        assert_eq!(status, 303);
        let (_, _, page) = world.browse(&ana, "/request", None).await;
        assert!(!page.contains(">Favourites<"), "{page}");
        // Nothing that is not offered, and nowhere else to go back to.
        for form in [star(&format!("on 444455556666 {set}")), star("on nothing"), star("")] {
            assert_eq!(world.browse(&ana, "/favourites", Some(&form)).await.0, 404, "{form}");
        }
        let away = on.replace("%2Frequest", "%2F%2Fevil.example");
        assert_eq!(world.browse(&ana, "/favourites", Some(&away)).await.1.as_deref(), Some("/request"));
    });
}
