//! How long the search of the console takes over many entitlements: `cargo run --release -p curfew-policy --example search`.

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::time::{Duration, Instant};

use curfew_domain::id::{AccountId, GroupId, PermissionSetArn, UnitId, UserId};
use curfew_domain::time::{SignedDuration, Timestamp};
use curfew_policy::directory::{Account, Directory, Group, OrgUnit, PermissionSet, User};
use curfew_policy::model::Circumstances;
use curfew_policy::{Bundle, Configuration, Facts, Page};

/// Accounts; each has as many entitlements as there are permission sets.
const ACCOUNTS: usize = 500;
/// Permission sets.
const SETS: usize = 20;
/// Searches that are measured.
const ROUNDS: u32 = 40;

const SETTINGS: &str = r#"
[roles]
administrators = { groups = ["builders"] }

[catalog.all]
description = "Everything"
visible_to = { everybody = true }
entitlements = [{ unit = "/**", permission_set = "Role*" }]

[default]
policy = "usual"
max_duration = "PT4H"
strategy = "connector"
risk = "low"

[[access]]
on = { unit = "/Production/**" }
policy = "careful"

[policy.usual]
description = "Nothing can break"
flows = ["automatic"]

[policy.careful]
description = "Production"
flows = ["person"]

[flow.automatic]
description = "Approved at once"

[flow.person]
description = "One person approves"
[[flow.person.step]]
name = "builder"
approvers = ["group:builders"]
timeout = "PT1H"
on_timeout = "deny"
"#;
const RULES: &str = "@id(\"everything\")\npermit (principal, action in Curfew::Action::\"anyFlow\", resource);\n";

fn directory(now: Timestamp) -> Result<Directory, Box<dyn Error>> {
    let (root, unit) = (UnitId::parse("r-ab12")?, UnitId::parse("ou-ab12-11111111")?);
    let group = GroupId::parse("10000000-0000-4000-8000-000000000001")?;
    let mut directory = Directory::empty(now);
    directory.units.insert(root.clone(), OrgUnit { name: "Root".to_owned(), parent: None });
    directory.units.insert(unit.clone(), OrgUnit { name: "Production".to_owned(), parent: Some(root.clone()) });
    directory.groups.insert(group.clone(), Group { name: "builders".to_owned() });
    for n in 0..ACCOUNTS {
        let account = Account {
            name: format!("team-{}-{}", n / 2, if n % 2 == 0 { "production" } else { "development" }),
            unit: if n % 2 == 0 { unit.clone() } else { root.clone() },
            tags: BTreeMap::new(),
            active: true,
            management: false,
        };
        directory.accounts.insert(AccountId::parse(&format!("{:012}", 100_000_000_000 + n))?, account);
    }
    for n in 0..SETS {
        let arn = PermissionSetArn::parse(&format!("arn:aws:sso:::permissionSet/ssoins-1111222233334444/ps-{n:016}"))?;
        let (name, session) = (format!("Role{n}"), SignedDuration::from_hours(1));
        let set = PermissionSet { name, description: String::new(), session, provisioned_in: BTreeSet::new() };
        directory.permission_sets.insert(arn, set);
    }
    for n in 0..100 {
        let user = User {
            name: format!("user{n}"),
            display_name: format!("User {n}"),
            email: None,
            enabled: true,
            manager: None,
            attributes: BTreeMap::new(),
            groups: BTreeSet::from([group.clone()]),
        };
        directory.users.insert(UserId::parse(&format!("00000000-0000-4000-8000-{n:012}"))?, user);
    }
    Ok(directory)
}

fn main() -> Result<(), Box<dyn Error>> {
    let now: Timestamp = "2026-11-23T08:30:00Z".parse()?;
    let files = [("curfew.toml", SETTINGS), ("rules.cedar", RULES)];
    let bundle = Bundle::new(files.map(|(path, text)| (path.to_owned(), text.to_owned())).into())?;
    let (configuration, _) = Configuration::load(&bundle)
        .map_err(|problems| problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))?;
    let directory = directory(now)?;
    let who = UserId::parse("00000000-0000-4000-8000-000000000001")?;
    let circumstances = Circumstances {
        channel: "console".to_owned(),
        source_address: None,
        mfa: None,
        active: Vec::new(),
        review_overdue: BTreeSet::new(),
    };
    let facts = Facts { directory: &directory, circumstances: &circumstances, now };
    for words in [&["production", "role7"][..], &["team-249"], &["nothing"], &[]] {
        let mut times: Vec<Duration> = Vec::new();
        let mut found = 0;
        for _ in 0..ROUNDS {
            let began = Instant::now();
            let page = Page { after: None, limit: 25, words: &[] };
            let (_, total) = configuration.matching(&facts, &who, &page, |it| {
                let texts = [it.account_name.to_lowercase(), it.permission_set_name.to_lowercase()];
                words.iter().all(|word| texts.iter().any(|text| text.contains(word)))
            });
            times.push(began.elapsed());
            found = total;
        }
        times.sort();
        let (median, worst) = (times.get(times.len() / 2), times.last());
        println!("{words:?}: {found} of {} found, median {median:?}, worst {worst:?}", ACCOUNTS * SETS);
    }
    Ok(())
}
