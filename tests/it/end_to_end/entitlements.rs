use std::time::{Duration, Instant};

use curfew_local::Ready;
use serde_json::{Value, json};

use super::api::{Person, agent, call};
use super::witness::Clients;

/// A permission set that one test has for itself, to count calls about it.
pub(super) const COUNTED: &str = "Counted";
/// An account that is nowhere.
pub(super) const UNKNOWN_ACCOUNT: &str = "888888888888";
/// A permission set that is nowhere.
pub(super) const UNKNOWN_PERMISSION_SET: &str =
    "arn:aws:sso:::permissionSet/ssoins-1111222233334444/ps-eeeeeeeeeeeeeeee";
/// How long the directory may take to be read.
const SYNCED: Duration = Duration::from_mins(2);

/// Publishes, as an administrator, what tests need beyond the example. Called once, before any test.
pub(super) fn publish(ready: &mut Ready) {
    lift_quotas(ready);
    let counted = Clients::new(ready).create_permission_set(&ready.instance_arn, COUNTED);
    ready.permission_sets.insert(COUNTED.to_owned(), counted);
    let ben = Person::of(ready, "ben");
    sync(ready, &ben);
    let mut change = call(ready, &ben, "GET", "/v1/configuration").send("").json(200);
    change["files"]["tests.toml"] = json!(MORE);
    change["files"]["tests.cedar"] = json!(MAY);
    let change = json!({ "files": change["files"], "based_on": change["version"], "comment": "For tests" });
    let published = call(ready, &ben, "PUT", "/v1/configuration").send(&change.to_string()).json(200);
    assert_eq!((&published["number"], &published["state"]), (&json!(2), &json!("published")), "{published:#}");
}

/// Has the new permission set read: what is not in the directory cannot be asked for.
fn sync(ready: &Ready, administrator: &Person) {
    let sets = ready.permission_sets.len();
    call(ready, administrator, "POST", "/v1/directory/sync").send("{}").json(202);
    let end = Instant::now() + SYNCED;
    loop {
        let directory = call(ready, administrator, "GET", "/v1/directory").send("").json(200);
        if directory["snapshot"]["counts"]["permission_sets"] == sets {
            return;
        }
        assert!(Instant::now() < end, "sync has not read {sets} permission sets: {directory:#}");
        std::thread::sleep(Duration::from_millis(250));
    }
}

/// All tests at once ask for more than an organisation's quota. A throttled task is rightly tried again, which would make
/// exact counts a matter of luck; quotas are tried in the simulator and in the fake's own tests.
fn lift_quotas(ready: &Ready) {
    let url = format!("{}/_control/settings", ready.endpoints["sso-admin"]);
    let none = json!({ "calls_per_second": 0, "outstanding_operations": 0, "role_updates": "parallel" });
    let settings = agent().post(&url).send_json(none).unwrap().body_mut().read_json::<Value>().unwrap();
    assert_eq!(settings["calls_per_second"], 0, "{settings:#}");
}

/// Tests have keys of their own, for which people need to see more than they do in the example; and there are cases that a
/// sensible configuration does not have.
const MORE: &str = r#"
[catalog.tests]
description = "What tests need beyond the example"
visible_to = { everybody = true }
entitlements = [
    { account = "sandbox", permission_set = "ReadOnly" },
    { account = "sandbox", permission_set = "Counted" },
    { account = "payments-production", permission_set = "Administrator" },
    { account = "payments-production", permission_set = "Billing" },
    { account = "shared-network", permission_set = "Administrator" },
    { account = "log-archive", permission_set = "SecurityAudit" },
]

# Two who may approve, each with a link.
[[access]]
on = { account = "payments-production", permission_set = "Administrator" }
entitlement_owner = ["user:elif", "user:ben"]

# Nobody has long to answer here.
[[access]]
on = { account = "log-archive", permission_set = "ReadOnly" }
policy = "hasty"
[policy.hasty]
description = "For who cannot wait"
flows = ["hasty"]
[flow.hasty]
description = "Kira approves within a minute"
[[flow.hasty.step]]
name = "kira"
approvers = ["user:kira"]
timeout = "PT1M"

# Dan is the only one who could approve.
[[access]]
on = { account = "shared-network", permission_set = "ReadOnly" }
policy = "dan"
[policy.dan]
description = "What dan decides"
flows = ["dan"]
[flow.dan]
description = "Dan approves"
[[flow.dan.step]]
name = "dan"
approvers = ["user:dan"]
timeout = "PT1M"
"#;

const MAY: &str = r#"
permit (
    principal,
    action in [Curfew::Action::"hasty", Curfew::Action::"dan"],
    resource
);
"#;
