use super::world::*;
use crate::evaluator::Configuration;

const FLOWS: &str = r#"[flow.automatic]
description = "at once"
[flow.owner]
description = "owner"
step = [
    { name = "owner", approvers = ["entitlement-owner"], timeout = "PT1H" },
    { name = "nobody", approvers = ["user:emil"], fallback = ["group:ghosts"], timeout = "PT1H" },
    { name = "whoever asks", approvers = ["user:ben"], timeout = "PT1H" },
    { name = "whoever manages", approvers = ["manager"], timeout = "PT1H" },
]
[flow.forgotten]
description = "nothing permits it"
step = [{ name = "security", approvers = ["group:security"], timeout = "PT1H", on_timeout = { flow = "owner" } }]
[flow.on-call]
description = "emergencies"
[policy.standard]
description = "standard"
flows = ["automatic", "owner", "forgotten"]
[policy.break-glass]
description = "emergencies"
flows = ["on-call"]
"#;

const RULES: &str = r#"permit (principal, action == Curfew::Action::"automatic", resource);
permit (principal, action == Curfew::Action::"owner", resource) when { !context.emergency };
permit (principal in Curfew::Group::"builders", action == Curfew::Action::"on-call", resource);
forbid (principal, action == Curfew::Action::"on-call", resource);
forbid (principal in Curfew::Group::"leavers", action == Curfew::Action::"owner", resource);
forbid (principal, action == Curfew::Action::"owner", resource in Curfew::PermissionSet::"Long") when { context.emergency };
"#;

/// Each of these is valid, and none is meant.
#[test]
fn what_can_never_happen_is_told_with_its_place() {
    let access = ACCESS.replace("{ unit = \"/**\" }", "{ unit = \"/**\", permission_set = \"Admin\" }");
    let settings = format!("{SETTINGS}[ownership]\npermission_sets = [\"Admin\", \"Read\"]\n");
    let files =
        [("curfew.toml", settings.as_str()), ("access.toml", &access), ("flows.toml", FLOWS), ("r.cedar", RULES)];
    let (configuration, warnings) =
        Configuration::load(&bundle(&files)).unwrap_or_else(|wrong| panic!("{}", problems(&wrong)));
    let mut directory = directory();
    let leavers = curfew_domain::id::GroupId::parse("10000000-0000-4000-8000-000000000003").unwrap();
    directory.groups.insert(leavers.clone(), crate::directory::Group { name: "leavers".into() });
    directory.users.get_mut(&user(EMIL)).unwrap().groups.insert(leavers);
    let found = [warnings, configuration.check(&directory)].concat();
    for (file, line, message) in [
        ("flows.toml", 11, "no `permit` ever opens flow `forgotten`"),
        ("flows.toml", 14, "no `permit` ever opens flow `on-call`"),
        (
            "flows.toml",
            16,
            "policy `standard` never comes to `owner`, `forgotten`: flow `automatic` is open to everybody",
        ),
        ("r.cedar", 3, "this permit never takes effect"),
        ("flows.toml", 7, "nobody can approve step `nobody` of flow `owner`: it needs 1, has 0 enabled approvers"),
        ("flows.toml", 8, "step `whoever asks` of flow `owner` needs ben, who may ask for the same"),
        ("r.cedar", 5, "this guardrail applies to nobody: no enabled user is in Group leavers"),
        ("r.cedar", 6, "this guardrail applies to nothing: no catalog offers anything in PermissionSet Long"),
        ("curfew.toml", 12, "permission set `Read` is Curfew's alone, and no catalog offers it"),
    ] {
        let told = found.iter().filter(|p| p.file == file && p.line == line && p.message.contains(message)).count();
        assert_eq!(told, 1, "{file}:{line} {message}\n{}", problems(&found));
    }
    for fine in
        ["step `owner`", "`whoever manages`", "set `Admin` is Curfew's", "opens flow `automatic`", "opens flow `owner`"]
    {
        assert!(!found.iter().any(|problem| problem.message.contains(fine)), "{fine}\n{}", problems(&found));
    }
}
