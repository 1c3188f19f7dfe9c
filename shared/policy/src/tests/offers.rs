use curfew_domain::time::AccessDuration;

use super::world::*;
use crate::evaluator::Configuration;
use crate::judge::Wish;
use crate::model::Circumstances;
use crate::offers::{Offer, Page, Prospect};

const FLOWS: &str = r#"
[flow.automatic]
description = "at once"
[flow.ticketed]
description = "at once with a ticket"
ticket_required = true
[flow.owner]
description = "owner, then security"
step = [
    { name = "owner", approvers = ["entitlement-owner"], timeout = "PT1H", on_timeout = { ask = ["manager"], timeout = "PT1H" } },
    { name = "security", approvers = ["group:security"], timeout = "PT1H" },
]
[policy.standard]
description = "standard"
flows = ["automatic", "ticketed", "owner"]
[policy.break-glass]
description = "emergencies"
flows = ["automatic"]
"#;

const RULES: &str = r#"
permit (principal, action == Curfew::Action::"automatic", resource in Curfew::PermissionSet::"Read");
permit (principal, action == Curfew::Action::"automatic", resource) when { context.emergency };
permit (principal, action == Curfew::Action::"ticketed", resource in Curfew::OrgUnit::"/Development");
permit (principal, action == Curfew::Action::"owner", resource);
@id("one-at-a-time")
forbid (principal, action, resource) when { context.activeCount > 3 };
"#;

fn standard() -> Configuration {
    configuration(FLOWS, RULES)
}

fn prospect(prospect: &Prospect) -> (String, usize, usize) {
    match prospect {
        Prospect::Automatic { flow, demands } => (flow.clone(), 0, demands.len()),
        Prospect::Approval { flow, steps, demands } => (flow.clone(), *steps, demands.len()),
        Prospect::Denied { reasons } => (format!("denied: {}", reasons.join("; ")), 0, 0),
    }
}

#[test]
fn everybody_is_offered_what_their_catalogs_show_with_what_would_come_of_asking() {
    let (configuration, directory, fine) = (standard(), directory(), circumstances());
    let all = Page { after: None, limit: 100, words: &[] };
    let offers = configuration.offers(&facts(&directory, &fine), &user(ANA), &all);
    assert!(!offers.more);
    let found: Vec<_> = offers
        .offers
        .iter()
        .filter(|offer| offer.prospect.is_open())
        .map(|offer| {
            let of = &offer.entitlement;
            let name = format!("{} in {}", of.permission_set_name, of.account_name);
            (name, prospect(&offer.prospect), offer.emergency)
        })
        .collect();
    let open = |name: &str, flow: &str, steps, demands, emergency| {
        (name.to_owned(), (flow.to_owned(), steps, demands), emergency)
    };
    assert_eq!(
        found,
        [
            open("Admin in prod", "owner", 2, 0, true),
            open("Read in prod", "automatic", 0, 0, true),
            open("Admin in dev", "ticketed", 0, 1, false),
            open("Read in dev", "automatic", 0, 0, false),
        ]
    );
    assert_eq!(offers.offers.len(), 12, "what is closed now is shown with the reason");
    for nobody in [CLEO, EMIL, 99] {
        assert!(configuration.offers(&facts(&directory, &fine), &user(nobody), &all).offers.is_empty());
    }
}

/// One evaluator: what is offered is what a wish would come to.
#[test]
fn offers_page_by_page_and_who_can_tell_what_explain_tells() {
    let (configuration, directory) = (standard(), directory());
    let owing = Circumstances { review_overdue: [user(ANA)].into(), ..circumstances() };
    let busy = Circumstances { active: vec![(account(DEV), set(READ)); 4], ..circumstances() };
    for circumstances in [circumstances(), owing, busy] {
        let facts = facts(&directory, &circumstances);
        let mut offers = Vec::new();
        loop {
            let after = offers.last().map(|offer: &crate::offers::Offer| offer.entitlement.clone());
            let after = after.as_ref().map(|of| (&of.account, &of.permission_set));
            let part = configuration.offers(&facts, &user(ANA), &Page { after, limit: 5, words: &[] });
            offers.extend(part.offers);
            if !part.more {
                break;
            }
        }
        assert_eq!(offers.len(), 12);
        for offer in offers {
            let of = &offer.entitlement;
            let requester = user(ANA);
            let mut wish = Wish {
                requester: &requester,
                account: &of.account,
                permission_set: &of.permission_set,
                duration: AccessDuration::MIN,
                justification: None,
                ticket: None,
                emergency: false,
            };
            let explained = configuration.explain(&facts, &wish).prospect;
            let who_can = configuration.who_can(&facts, of, AccessDuration::MIN);
            assert_eq!(who_can.iter().map(|(id, _)| id.clone()).collect::<Vec<_>>(), [user(ANA), user(BEN)]);
            assert_eq!(who_can[0].1, explained);
            match offer.prospect {
                // A preview asks no further than it must.
                Prospect::Denied { .. } => assert!(!explained.is_open()),
                open => assert_eq!(open, explained),
            }
            wish.emergency = true;
            assert_eq!(offer.emergency, configuration.explain(&facts, &wish).prospect.is_open());
        }
    }
}

#[test]
fn an_explanation_reads_from_top_to_bottom() {
    let (configuration, directory, fine) = (standard(), directory(), circumstances());
    let ask = ask();
    let explanation = configuration.explain(&facts(&directory, &fine), &Wish::from(&ask));
    let version = configuration.version();
    let expected = format!(
        "ana asks for Admin in prod (111111111111),
for PT1H at 2026-11-23T08:30:00Z

Needs 2 approvals, by flow owner
  flow `owner` of policy `standard` in configuration `{version}` applies: `rules.cedar:5` permits it and nothing forbids it
  access begins once its steps are approved
  flow `automatic` was passed over: nothing permits it
  flow `ticketed` was passed over: nothing permits it

Catalogs
  all

Terms
  policy             standard     access.toml:5
  max_duration       PT4H         access.toml:5
  strategy           connector    access.toml:5
  risk               low          access.toml:5
  emergency_policy   break-glass  access.toml:11
  entitlement_owner  user:dora    access.toml:5

Flows of policy standard
  automatic  no: nothing permits it
  ticketed   no: nothing permits it
  owner      applies, permitted by rules.cedar:5

Steps
  1. owner: 1 of dora
     then step 3; without an answer in 1 h, step 2 takes over
  2. owner: 1 of ben, who approved no step before
     then step 3; without an answer in 1 h, the request lapses
  3. security: 1 of cleo, dora, who approved no step before
     then the request is approved; without an answer in 1 h, the request lapses

Configuration {version}"
    );
    assert_eq!(explanation.to_string(), expected);
    let json = serde_json::to_value(&explanation).unwrap();
    assert_eq!(json["prospect"]["outcome"], "approval");
    assert_eq!(json["steps"][0]["approvers"][0], "dora");
    assert_eq!(json["terms"][4]["from"], "access.toml:11");
}

/// Growth, not speed: every part of an offer is shared between entitlements that are alike.
#[test]
#[ignore = "a measurement: cargo test --release -p curfew-policy offers_of_a_large -- --ignored --nocapture"]
fn offers_of_a_large_organisation() {
    let (configuration, mut directory, fine) = (standard(), directory(), circumstances());
    let (place, kind) = (directory.accounts[&account(DEV)].clone(), directory.permission_sets[&set(READ)].clone());
    for n in 0..500_u32 {
        let name = format!("team-{n}");
        directory
            .accounts
            .insert(account(&format!("{:012}", 500_000 + n)), crate::directory::Account { name, ..place.clone() });
    }
    for n in 100..300_u32 {
        directory
            .permission_sets
            .insert(set(n), crate::directory::PermissionSet { name: format!("Set{n}"), ..kind.clone() });
    }
    let person = directory.users[&user(BEN)].clone();
    for n in 100..12_100_u32 {
        directory.users.insert(user(n), crate::directory::User { name: format!("user-{n}"), ..person.clone() });
    }
    for limit in [50, 200_000] {
        let begun = std::time::Instant::now();
        let offers =
            configuration.offers(&facts(&directory, &fine), &user(ANA), &Page { after: None, limit, words: &[] });
        println!("{} offers in {:?}", offers.offers.len(), begun.elapsed());
    }
    let begun = std::time::Instant::now();
    for _ in 0..100 {
        assert!(!configuration.decide(&facts(&directory, &fine), &ask()).steps().is_empty());
    }
    println!("a verdict in {:?}", begun.elapsed() / 100);
    let entitlement = configuration.entitlement(&directory, &account(DEV), &set(ADMIN)).unwrap();
    let begun = std::time::Instant::now();
    let who_can = configuration.who_can(&facts(&directory, &fine), &entitlement, AccessDuration::MIN);
    println!("who can, {} people in {:?}", who_can.len(), begun.elapsed());
}

#[test]
fn every_word_of_a_search_occurs_in_account_permission_set_or_catalog() {
    let (directory, fine) = (directory(), circumstances());
    let configuration = standard();
    let found = |query: &str| {
        let words: Vec<String> = query.split_whitespace().map(str::to_lowercase).collect();
        let page = Page { after: None, limit: 100, words: &words };
        let offers = configuration.offers(&facts(&directory, &fine), &user(ANA), &page).offers;
        let name =
            |offer: &Offer| format!("{} {}", offer.entitlement.account_name, offer.entitlement.permission_set_name);
        offers.iter().map(name).collect::<Vec<_>>()
    };
    let everything = found("");
    let plainly = |query: &str| {
        let words: Vec<String> = query.split_whitespace().map(str::to_lowercase).collect();
        let ids = directory.accounts.iter().map(|(id, account)| (account.name.clone(), id.to_string()));
        let ids: std::collections::BTreeMap<String, String> = ids.collect();
        let text = |name: &String| format!("{name} {} all", ids[name.split(' ').next().unwrap()]).to_lowercase();
        let all = everything.iter().filter(|name| words.iter().all(|word| text(name).contains(word.as_str())));
        all.cloned().collect::<Vec<_>>()
    };
    for query in ["PROD", "admin", "prod read", "1111", "all", "all dev", "nowhere", "prod nowhere", "2222 ADMIN"] {
        assert_eq!(found(query), plainly(query), "{query}");
    }
    assert!(!found("prod read").is_empty() && found("prod read").len() < everything.len());
    assert_eq!(found("nowhere"), [""; 0]);
}
