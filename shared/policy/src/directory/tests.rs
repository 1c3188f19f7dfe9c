//! Any directory survives being stored, and only what is stored; every difference is told, and nothing else.

use proptest::collection::{btree_map, btree_set, vec};
use proptest::option;
use proptest::prelude::*;

use super::*;

fn user_id(n: usize) -> UserId {
    UserId::parse(&format!("00000000-0000-4000-8000-{n:012x}")).unwrap()
}

fn group_id(n: usize) -> GroupId {
    GroupId::parse(&format!("11111111-0000-4000-8000-{n:012x}")).unwrap()
}

fn account_id(n: usize) -> AccountId {
    AccountId::parse(&format!("{n:012}")).unwrap()
}

fn unit_id(n: usize) -> UnitId {
    let id = if n == 0 { "r-ab12".to_owned() } else { format!("ou-ab12-{n:08}") };
    UnitId::parse(&id).unwrap()
}

fn set_arn(n: usize) -> PermissionSetArn {
    PermissionSetArn::parse(&format!("arn:aws:sso:::permissionSet/ssoins-1111222233334444/ps-{n:016}")).unwrap()
}

fn taken_at() -> Timestamp {
    "2026-11-23T09:00:00Z".parse().unwrap()
}

fn people() -> impl Strategy<Value = BTreeMap<UserId, User>> {
    let attributes = btree_map("[a-c]", "\\PC{0,6}", 0..3);
    let user = ("\\PC{0,8}", option::of("[a-z]@b"), any::<bool>(), option::of(0usize..6), attributes);
    let user = (user, btree_set(0usize..4, 0..4));
    vec(option::of(user), 6).prop_map(|users| {
        let there: BTreeSet<usize> = (0..users.len()).filter(|n| users[*n].is_some()).collect();
        let known = |manager: Option<usize>| manager.filter(|n| there.contains(n)).map(user_id);
        let made = users.into_iter().enumerate().filter_map(|(n, user)| {
            let ((name, email, enabled, manager, attributes), groups) = user?;
            let (groups, manager) = (groups.into_iter().map(group_id).collect(), known(manager));
            let display_name = name.clone();
            Some((user_id(n), User { name, display_name, email, enabled, manager, attributes, groups }))
        });
        made.collect()
    })
}

fn directories() -> impl Strategy<Value = Directory> {
    // Every OU below one that comes before it.
    let units = vec(("[A-Z][a-z]{0,3}", any::<prop::sample::Index>()), 1..5).prop_map(|units| {
        let unit = |(n, (name, parent)): (usize, (String, prop::sample::Index))| {
            (unit_id(n), OrgUnit { name, parent: (n > 0).then(|| unit_id(parent.index(n))) })
        };
        units.into_iter().enumerate().map(unit).collect::<BTreeMap<_, _>>()
    });
    let tags = btree_map("[a-z]{1,3}", "\\PC{0,4}", 0..3);
    let account = ("\\PC{0,5}", 0usize..5, tags, any::<bool>(), any::<bool>()).prop_map(
        |(name, unit, tags, active, management)| Account { name, unit: unit_id(unit), tags, active, management },
    );
    let accounts = btree_map((0usize..12).prop_map(account_id), account, 0..10);
    let set = ("[A-Z]{1,3}", "\\PC{0,5}", 60i64..43_200, btree_set(0usize..12, 0..10));
    let sets = btree_map((0usize..4).prop_map(set_arn), set, 0..4);
    (units, accounts, sets, people()).prop_map(|(units, accounts, sets, users)| {
        let set = |(arn, (name, description, session, places)): (
            PermissionSetArn,
            (String, String, i64, BTreeSet<usize>),
        )| {
            let places = places.into_iter().map(account_id);
            let session = SignedDuration::from_secs(session);
            (arn, PermissionSet { name, description, session, provisioned_in: places.collect() })
        };
        let permission_sets = sets.into_iter().map(set).collect();
        let groups = (0..4).map(|n| (group_id(n), Group { name: format!("group {n}") })).collect();
        Directory { taken_at: taken_at(), units, accounts, permission_sets, users: users.into(), groups }
    })
}

proptest! {
    #[test]
    fn what_is_stored_is_what_is_read(directory in directories()) {
        let packed = pack(&directory).unwrap();
        prop_assert_eq!(unpack(&packed, directory.taken_at).unwrap(), directory.clone());
        prop_assert_eq!(StoredDirectory::from(&directory).into_directory().unwrap(), directory);
    }

    #[test]
    fn the_same_content_is_the_same_bytes_whenever_it_was_read(directory in directories()) {
        let later = Directory { taken_at: "2026-11-23T10:00:00Z".parse().unwrap(), ..directory.clone() };
        prop_assert_eq!(pack(&directory).unwrap(), pack(&later).unwrap());
    }

    #[test]
    fn harmed_bytes_never_panic(directory in directories(), at: prop::sample::Index, byte: u8, cut: prop::sample::Index) {
        let mut packed = pack(&directory).unwrap();
        let place = at.index(packed.len());
        packed[place] = byte;
        if let Ok(read) = unpack(&packed, directory.taken_at) {
            prop_assert_eq!(&read, &directory, "gzip has a checksum");
        }
        let short = &packed[..cut.index(packed.len())];
        prop_assert!(unpack(short, directory.taken_at).is_err());
    }

    #[test]
    fn there_are_changes_where_two_snapshots_differ_and_nowhere_else(before in directories(), after in directories()) {
        prop_assert_eq!(changes(&before, &before), []);
        prop_assert_eq!(changes(&before, &after).is_empty(), before == after);
        // There and back: what appeared vanishes again.
        let count = |kind: &str, a, b| changes(a, b).iter().filter(|change| change.kind() == kind).count();
        for thing in ["user", "group", "unit", "account", "permission_set"] {
            let (appeared, vanished) = (format!("{thing}_appeared"), format!("{thing}_vanished"));
            prop_assert_eq!(count(&appeared, &before, &after), count(&vanished, &after, &before));
        }
    }
}

fn read(json: &str) -> Result<Directory, Unreadable> {
    serde_json::from_str::<StoredDirectory>(json).unwrap().into_directory()
}

const EMPTY: &str = r#"{"schema":1,"taken_at":"2026-11-23T09:00:00Z","units":[],"accounts":[],"permission_sets":[],"groups":[],"users":[]}"#;

#[test]
fn what_does_not_hold_together_is_refused() {
    assert_eq!(read(EMPTY), Ok(Directory::empty(taken_at())));
    assert_eq!(read(&EMPTY.replace("\"schema\":1", "\"schema\":2")), Err(Unreadable::Schema(2)));
    let stranger = r#""users":[{"id":"00000000-0000-4000-8000-000000000001","name":"a","display_name":"A","enabled":true,"groups":[0]}]"#;
    let dangling = Unreadable::Dangling { what: "group", position: 0 };
    assert_eq!(read(&EMPTY.replace("\"users\":[]", stranger)), Err(dangling));
    let nowhere = r#""permission_sets":[{"arn":"arn:aws:sso:::permissionSet/ssoins-1111222233334444/ps-1111222233334444","name":"A","session":3600,"provisioned_in":[[1,0]]}]"#;
    assert!(read(&EMPTY.replace("\"permission_sets\":[]", nowhere)).is_err(), "a run that ends before it begins");
    assert!(matches!(read(&EMPTY.replace("\"taken_at\":\"2026-11-23T09:00:00Z\",", "")), Err(Unreadable::Form(_))));
}

#[test]
fn a_bomb_does_not_fill_the_memory() {
    let bomb = compress(&"x".repeat(65 << 20)).unwrap();
    assert!(bomb.len() < 100_000);
    assert_eq!(decompress::<String>(&bomb), Err(Unreadable::TooLarge));
}

/// The goal: 12,000 people in 60,000 memberships, 500 accounts, 200 permission sets.
#[test]
fn a_large_organisation_is_a_few_items_of_the_table() {
    let mut directory = Directory::empty(taken_at());
    directory.units.insert(unit_id(0), OrgUnit { name: "Root".to_owned(), parent: None });
    for n in 0..500 {
        let tags = BTreeMap::from([("owner".to_owned(), format!("team-{}", n % 70))]);
        let account = Account { name: format!("account-{n}"), unit: unit_id(0), tags, active: true, management: false };
        directory.accounts.insert(account_id(n), account);
    }
    directory.groups = (0..400).map(|n| (group_id(n), Group { name: format!("group-{n}") })).collect();
    for n in 0..200 {
        let provisioned_in = (0..500).filter(|account| (account * 7 + n) % 3 == 0).map(account_id).collect();
        let session = SignedDuration::from_hours(1);
        let set =
            PermissionSet { name: format!("Set{n}"), description: format!("Set number {n}"), session, provisioned_in };
        directory.permission_sets.insert(set_arn(n), set);
    }
    for n in 0..12_000 {
        let name = format!("person.{n}@example.com");
        let groups = (0..5).map(|k| group_id((n * 31 + k * 97) % 400)).collect();
        let attributes =
            [("department", n % 40), ("title", n % 150)].map(|(key, value)| (key.to_owned(), format!("{key} {value}")));
        // Ids that do not compress better than random ones do.
        let mixed = (n as u128 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835);
        let hex = format!("{mixed:032x}");
        let id = format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]);
        let user = User {
            display_name: format!("Person {n}"),
            email: Some(name.clone()),
            name,
            enabled: n % 50 != 0,
            manager: None,
            attributes: attributes.into(),
            groups,
        };
        directory.users.insert(UserId::parse(&id).unwrap(), user);
    }
    let packed = pack(&directory).unwrap();
    println!("{} bytes", packed.len());
    assert!(packed.len() < 4 * 350_000, "{} bytes", packed.len());
    assert_eq!(unpack(&packed, directory.taken_at).unwrap(), directory);
}
