use curfew_local::Ready;
use serde_json::{Value, json};

use super::api::{Person, agent, call};
use super::witness::Clients;

/// A permission set that one test has for itself, to count calls about it.
pub(super) const COUNTED: &str = "Counted";
/// An account that the configuration names and the organisation does not have.
pub(super) const NO_ACCOUNT: &str = "999999999999";
/// A permission set that the configuration names and Identity Center does not have.
pub(super) const NO_PERMISSION_SET: &str = "arn:aws:sso:::permissionSet/ssoins-1111222233334444/ps-ffffffffffffffff";
/// An account that is nowhere.
pub(super) const UNKNOWN_ACCOUNT: &str = "888888888888";
/// A permission set that is nowhere.
pub(super) const UNKNOWN_PERMISSION_SET: &str =
    "arn:aws:sso:::permissionSet/ssoins-1111222233334444/ps-eeeeeeeeeeeeeeee";

/// Publishes, as an administrator, what tests need beyond the sample configuration. Called once, before any test.
pub(super) fn publish(ready: &mut Ready) {
    lift_quotas(ready);
    let counted = Clients::new(ready).create_permission_set(&ready.instance_arn, COUNTED);
    ready.permission_sets.insert(COUNTED.to_owned(), counted);
    let ben = Person::of(ready, "ben");
    let present = call(ready, &ben, "GET", "/v1/configuration").send("").json(200);
    let text = present["text"].as_str().expect("the configuration is text").to_owned() + &more(ready);
    let published = call(ready, &ben, "PUT", "/v1/configuration").content_type("application/toml").send(&text);
    assert_ne!(published.json(200)["version"], Value::Null, "{published}");
}

/// All tests at once ask for more than an organisation's quota. A throttled task is rightly tried again, which would make
/// exact counts a matter of luck; quotas are tried in the simulator and in the fake's own tests.
fn lift_quotas(ready: &Ready) {
    let url = format!("{}/_control/settings", ready.endpoints["sso-admin"]);
    let none = json!({ "calls_per_second": 0, "outstanding_operations": 0, "role_updates": "parallel" });
    let settings = agent().post(&url).send_json(none).unwrap().body_mut().read_json::<Value>().unwrap();
    assert_eq!(settings["calls_per_second"], 0, "{settings:#}");
}

fn more(ready: &Ready) -> String {
    let account = |name: &str| ready.accounts[name].clone();
    let set = |name: &str| ready.permission_sets[name].clone();
    let one_minute = |name: &str| format!("{{ approvers = [\"{}\"], timeout = \"PT1M\" }}", ready.users[name].id);
    let automatic = "\"automatic\"".to_owned();
    [
        entitlement(&account("sandbox"), &set(COUNTED), &automatic),
        entitlement(NO_ACCOUNT, &set("ReadOnly"), &automatic),
        entitlement(&account("sandbox"), NO_PERMISSION_SET, &automatic),
        // Nobody has long to answer here.
        entitlement(&account("log-archive"), &set("ReadOnly"), &one_minute("kira")),
        // Dan is the only one who could approve.
        entitlement(&account("shared-network"), &set("ReadOnly"), &one_minute("dan")),
    ]
    .concat()
}

fn entitlement(account: &str, permission_set: &str, approval: &str) -> String {
    format!(
        "\n[[entitlement]]\naccount = \"{account}\"\naccount_name = \"a\"\npermission_set = \"{permission_set}\"\n\
         permission_set_name = \"p\"\nmax_duration = \"PT2H\"\napproval = {approval}\n"
    )
}
