//! Lists of requests: filters and pages.

use serde_json::Value;

use super::api::{Reply, person};
use super::asked::{account_id, ask_for, permission_set_arn, wish};

fn ids(page: &Value) -> Vec<String> {
    page["items"].as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap().to_owned()).collect()
}

fn list(name: &str, query: &str) -> Reply {
    person(name).get(&format!("/v1/requests{query}"))
}

/// All of them are denied by policy, and so at rest.
fn five_requests() -> Vec<String> {
    let billing = wish("payments-production", "Billing", "PT1H");
    let mut emergency = wish("sandbox", "ReadOnly", "PT1H");
    emergency["emergency"] = true.into();
    let wishes = [&billing, &emergency, &billing, &emergency, &billing];
    let mut asked: Vec<String> = wishes
        .iter()
        .map(|wish| {
            let asked = ask_for("liam", wish);
            asked.until("denied");
            asked.id
        })
        .collect();
    asked.reverse();
    asked
}

#[test]
fn requests_are_listed_newest_first_by_filter_and_page() {
    let all = five_requests();
    let odd = |rest: usize| all.iter().skip(rest).step_by(2).cloned().collect::<Vec<_>>();
    let liam = person("liam").id;
    let (sandbox, billing) = (account_id("sandbox"), permission_set_arn("Billing"));
    let cases = [
        (String::new(), all.clone()),
        ("?requester=me".to_owned(), all.clone()),
        (format!("?requester={liam}"), all.clone()),
        ("?state=denied".to_owned(), all.clone()),
        ("?state=active".to_owned(), Vec::new()),
        (format!("?account={sandbox}"), odd(1)),
        (format!("?permission_set={billing}&state=denied"), odd(0)),
        (format!("?account={sandbox}&permission_set={billing}"), Vec::new()),
        ("?limit=3".to_owned(), all[..3].to_vec()),
        (format!("?cursor={}", all[2]), all[3..].to_vec()),
    ];
    for (query, expected) in cases {
        assert_eq!(ids(&list("liam", &query).json(200)), expected, "{query}");
    }

    let (mut seen, mut query) = (Vec::new(), "?limit=2".to_owned());
    loop {
        let page = list("liam", &query).json(200);
        assert!(ids(&page).len() <= 2, "{page:#}");
        seen.extend(ids(&page));
        let Some(cursor) = page["next_cursor"].as_str() else { break };
        query = format!("?limit=2&cursor={cursor}");
    }
    assert_eq!(seen, all, "pages join without gap or repetition");

    // Others' requests are for administrators and auditors.
    for name in ["kira", "ben"] {
        assert_eq!(ids(&list(name, &format!("?requester={liam}")).json(200)), all, "{name}");
        let everybody = list(name, "?requester=all&state=denied&limit=100").json(200);
        assert!(all.iter().all(|id| ids(&everybody).contains(id)), "{name}: {everybody:#}");
    }
    list("grace", &format!("?requester={liam}")).problem(403, "not_yours", Some("requester"));
    list("grace", "?requester=all").problem(403, "not_yours", Some("requester"));
}

#[test]
fn a_filter_that_means_nothing_is_refused() {
    let cases = [
        ("state=open", "invalid_field", "state"),
        ("limit=0", "invalid_field", "limit"),
        ("limit=101", "invalid_field", "limit"),
        ("limit=ten", "invalid_field", "limit"),
        ("account=sandbox", "invalid_field", "account"),
        ("permission_set=ReadOnly", "invalid_field", "permission_set"),
        ("cursor=next", "invalid_field", "cursor"),
        ("requester=liam", "invalid_field", "requester"),
        ("user=me", "unknown_parameter", "user"),
    ];
    for (query, code, field) in cases {
        list("grace", &format!("?{query}")).problem(400, code, Some(field));
    }
}
