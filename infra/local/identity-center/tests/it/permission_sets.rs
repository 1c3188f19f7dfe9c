use crate::{World, code};
use curfew_identity_center::{SSO_ADMIN, Settings};
use serde_json::json;

#[test]
fn a_permission_set_shows_its_session_duration_and_can_change_it() {
    let mut world = World::new();
    let body = json!({ "PermissionSetArn": world.permission_set });
    let shown = world.sso("DescribePermissionSet", body.clone()).unwrap();
    assert_eq!(shown["PermissionSet"]["SessionDuration"], "PT1H");
    assert_eq!(shown["PermissionSet"]["Name"], "ReadOnly");
    let update = json!({ "PermissionSetArn": world.permission_set, "SessionDuration": "PT4H" });
    world.sso("UpdatePermissionSet", update).unwrap();
    let shown = world.sso("DescribePermissionSet", body).unwrap();
    assert_eq!(shown["PermissionSet"]["SessionDuration"], "PT4H");
}

#[test]
fn a_permission_set_name_is_unique() {
    let mut world = World::new();
    assert_eq!(code(world.sso("CreatePermissionSet", json!({ "Name": "ReadOnly" }))), "ConflictException");
}

#[test]
fn a_permission_set_cannot_be_deleted_while_it_is_assigned() {
    let mut world = World::new();
    let body = json!({ "PermissionSetArn": world.permission_set });
    world.create().unwrap();
    assert_eq!(code(world.sso("DeletePermissionSet", body.clone())), "ConflictException");
    world.pass(1_000);
    assert_eq!(code(world.sso("DeletePermissionSet", body.clone())), "ConflictException");
    world.delete().unwrap();
    world.pass(1_000);
    world.sso("DeletePermissionSet", body.clone()).unwrap();
    assert_eq!(code(world.sso("DescribePermissionSet", body)), "ResourceNotFoundException");
    assert_eq!(code(world.create()), "ResourceNotFoundException");
}

#[test]
fn a_permission_set_is_provisioned_where_it_is_assigned() {
    let mut world = World::with(Settings { page_limit: 2, ..Settings::default() });
    let user = world.user.clone();
    for account in ["111111111111", "222222222222", "333333333333"] {
        world.begin("Create", account, &user).unwrap();
    }
    let other = world.new_user("grace");
    world.begin("Create", "222222222222", &other).unwrap();
    world.pass(5_000);
    let mut body = json!({ "PermissionSetArn": world.permission_set });
    let first = world.sso("ListAccountsForProvisionedPermissionSet", body.clone()).unwrap();
    assert_eq!(first["AccountIds"], json!(["111111111111", "222222222222"]));
    body["NextToken"] = first["NextToken"].clone();
    let second = world.sso("ListAccountsForProvisionedPermissionSet", body.clone()).unwrap();
    assert_eq!((&second["AccountIds"], second.get("NextToken")), (&json!(["333333333333"]), None));
    body["NextToken"] = json!(null);
    body["ProvisioningStatus"] = json!("LATEST_PERMISSION_SET_NOT_PROVISIONED");
    let outdated = world.sso("ListAccountsForProvisionedPermissionSet", body.clone()).unwrap();
    assert_eq!(outdated["AccountIds"], json!([]));
    body["PermissionSetArn"] =
        json!(format!("{}/ps-0000000000000000", "arn:aws:sso:::permissionSet/ssoins-1111111111111111"));
    let unknown = world.sso("ListAccountsForProvisionedPermissionSet", body);
    assert_eq!(code(unknown), "ResourceNotFoundException");
}

#[test]
fn the_instance_says_who_owns_it_and_which_directory_it_uses() {
    let mut world = World::new();
    let shown = world.sso("DescribeInstance", json!({})).unwrap();
    assert_eq!(shown["IdentityStoreId"], "d-1234567890");
    let listed = world.model.call(SSO_ADMIN, "ListInstances", &json!({}), world.now).unwrap();
    assert_eq!(listed["Instances"], json!([shown]));
    let other = json!({ "InstanceArn": "arn:aws:sso:::instance/ssoins-9999999999999999" });
    let reply = world.model.call(SSO_ADMIN, "DescribeInstance", &other, world.now);
    assert_eq!(code(reply), "ResourceNotFoundException");
}

#[test]
fn malformed_requests_are_refused_before_anything_happens() {
    let mut world = World::with(Settings { calls_per_second: 0, ..Settings::default() });
    let good = json!({
        "TargetId": "111111111111", "TargetType": "AWS_ACCOUNT", "PermissionSetArn": world.permission_set,
        "PrincipalType": "USER", "PrincipalId": world.user,
    });
    let bad = [
        ("TargetId", json!("11111111111")),
        ("TargetId", json!(111_111_111_111_u64)),
        ("TargetType", json!("OU")),
        ("PermissionSetArn", json!("arn:aws:sso:::permissionSet/ps-1")),
        ("PrincipalType", json!("user")),
        ("PrincipalId", json!("ada@example.com")),
        ("PrincipalId", json!(null)),
        ("Duration", json!("PT1H")),
    ];
    for (name, value) in bad {
        let mut body = good.clone();
        body[name] = value;
        assert_eq!(code(world.sso("CreateAccountAssignment", body)), "ValidationException", "{name}");
    }
    assert_eq!(code(world.sso("ListPermissionSets", json!({ "MaxResults": 101 }))), "ValidationException");
    assert_eq!(code(world.sso("CreateUniverse", json!({}))), "UnknownOperationException");
    assert!(world.model.operations_in_progress().is_empty());
}
