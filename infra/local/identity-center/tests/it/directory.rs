use crate::{ACCOUNT, World, code};
use curfew_identity_center::{Assignment, PrincipalType};
use serde_json::{Value, json};

fn by_attribute(path: &str, value: &str) -> Value {
    json!({ "AlternateIdentifier": { "UniqueAttribute": { "AttributePath": path, "AttributeValue": value } } })
}

fn change(user: &str, path: &str, value: &Value) -> Value {
    json!({ "UserId": user, "Operations": [{ "AttributePath": path, "AttributeValue": value }] })
}

#[test]
fn a_user_is_found_by_name_address_and_external_id() {
    let mut world = World::new();
    let user = world.user.clone();
    let emails = json!([{ "value": "Ada@example.com", "primary": true }]);
    world.store("UpdateUser", change(&user, "emails", &emails)).unwrap();
    assert!(world.model.set_external_id(&user, "https://scim.example", "42"));
    let external = json!({ "AlternateIdentifier": { "ExternalId": { "Issuer": "https://scim.example", "Id": "42" } } });
    for body in [by_attribute("userName", "ADA"), by_attribute("emails.value", "ada@example.com"), external] {
        assert_eq!(world.store("GetUserId", body).unwrap()["UserId"], user.as_str());
    }
    assert_eq!(code(world.store("GetUserId", by_attribute("userName", "bob"))), "ResourceNotFoundException");
    assert_eq!(code(world.store("GetUserId", by_attribute("title", "x"))), "ValidationException");
    assert_eq!(code(world.store("GetUserId", json!({ "AlternateIdentifier": {} }))), "ValidationException");
}

#[test]
fn a_user_can_be_changed_and_disabled() {
    let mut world = World::new();
    let user = world.user.clone();
    world.store("UpdateUser", change(&user, "name.familyName", &json!("Lovelace"))).unwrap();
    world.store("UpdateUser", change(&user, "userStatus", &json!("DISABLED"))).unwrap();
    let shown = world.store("DescribeUser", json!({ "UserId": user })).unwrap();
    assert_eq!(shown["Name"], json!({ "GivenName": "ada", "FamilyName": "Lovelace" }));
    assert_eq!(shown["UserStatus"], "DISABLED");
    for (path, value) in [("userStatus", json!("ASLEEP")), ("userId", json!("x")), ("userName", json!(null))] {
        assert_eq!(code(world.store("UpdateUser", change(&user, path, &value))), "ValidationException", "{path}");
    }
    world.store("DeleteUser", json!({ "UserId": user })).unwrap();
    assert_eq!(code(world.store("DescribeUser", json!({ "UserId": user }))), "ResourceNotFoundException");
}

#[test]
fn user_names_are_unique_whatever_their_case() {
    let mut world = World::new();
    let name = json!({ "GivenName": "A", "FamilyName": "L" });
    let reply = world.store("CreateUser", json!({ "UserName": "ADA", "DisplayName": "Ada", "Name": name }));
    let error = reply.unwrap_err();
    assert_eq!((error.code, error.reason), ("ConflictException", Some("UNIQUENESS_CONSTRAINT_VIOLATION")));
    assert_eq!(code(world.store("CreateUser", json!({ "UserName": "bob" }))), "ValidationException");
}

#[test]
fn extensions_are_shown_only_to_those_who_ask() {
    let mut world = World::new();
    let enterprise = "aws:identitystore:enterprise";
    let body = json!({
        "UserName": "bob", "DisplayName": "Bob", "Name": { "GivenName": "Bob" },
        "Extensions": { enterprise: { "department": "Sales" } },
    });
    let user = world.store("CreateUser", body).unwrap()["UserId"].clone();
    assert!(world.store("DescribeUser", json!({ "UserId": user })).unwrap()["Extensions"].is_null());
    let shown = world.store("DescribeUser", json!({ "UserId": user, "Extensions": [enterprise] })).unwrap();
    assert_eq!(shown["Extensions"][enterprise]["department"], "Sales");
}

#[test]
fn memberships_come_and_go_and_give_the_groups_assignments() {
    let mut world = World::new();
    let user = world.user.clone();
    let group = world.store("CreateGroup", json!({ "DisplayName": "Operators" })).unwrap()["GroupId"].clone();
    assert_eq!(code(world.store("CreateGroup", json!({ "DisplayName": "Operators" }))), "ConflictException");
    let member = json!({ "UserId": user });
    let join = json!({ "GroupId": group, "MemberId": member });
    let membership = world.store("CreateGroupMembership", join.clone()).unwrap()["MembershipId"].clone();
    assert_eq!(code(world.store("CreateGroupMembership", join)), "ConflictException");
    let ask = json!({ "MemberId": member, "GroupIds": [group] });
    assert_eq!(world.store("IsMemberInGroups", ask.clone()).unwrap()["Results"][0]["MembershipExists"], true);
    for body in [
        ("ListGroupMemberships", json!({ "GroupId": group })),
        ("ListGroupMembershipsForMember", json!({ "MemberId": member })),
    ] {
        assert_eq!(world.store(body.0, body.1).unwrap()["GroupMemberships"][0]["MembershipId"], membership);
    }
    let by_group = Assignment {
        account: ACCOUNT.into(),
        permission_set: world.permission_set.clone(),
        principal_type: PrincipalType::Group,
        principal_id: group.as_str().unwrap().into(),
    };
    world.model.set_assignment(by_group, true, world.now);
    let principal = json!({ "PrincipalType": "USER", "PrincipalId": user });
    let had = world.sso("ListAccountAssignmentsForPrincipal", principal.clone()).unwrap();
    assert_eq!(had["AccountAssignments"][0]["PrincipalType"], "GROUP");
    world.store("DeleteGroupMembership", json!({ "MembershipId": membership })).unwrap();
    assert_eq!(world.store("IsMemberInGroups", ask).unwrap()["Results"][0]["MembershipExists"], false);
    let left = world.sso("ListAccountAssignmentsForPrincipal", principal).unwrap();
    assert_eq!(left["AccountAssignments"], json!([]));
}

#[test]
fn listings_filter_by_an_attribute() {
    let mut world = World::new();
    world.new_user("grace");
    let body = json!({ "Filters": [{ "AttributePath": "UserName", "AttributeValue": "grace" }] });
    let found = world.store("ListUsers", body).unwrap();
    assert_eq!(found["Users"].as_array().unwrap().len(), 1);
    assert_eq!(world.store("ListUsers", json!({})).unwrap()["Users"].as_array().unwrap().len(), 2);
    assert_eq!(world.store("ListGroups", json!({})).unwrap()["Groups"], json!([]));
}
