use super::*;
use crate::cedar::Rules;
use crate::fixture::example_with;
use crate::folder::CedarFile;

fn condition(expression: &str) -> String {
    let text = import(expression).unwrap_or_else(|refusals| panic!("{expression}: {refusals:#?}"));
    assert!(text.starts_with("// review needed"), "{text}");
    text
}

/// Cedar accepts what was imported, in the schema of the example folder.
fn accepted(condition: &str) {
    let text = format!("permit (principal, action, resource) when {{\n{condition}\n}};");
    let file = CedarFile { path: "imported.cedar".to_owned(), text };
    let rules = Rules::compile(&example_with(""), &[file]);
    assert!(rules.is_ok(), "{condition}\n{:#?}", rules.err());
}

#[test]
fn what_means_the_same_is_translated_and_cedar_accepts_it() {
    for (cel, cedar) in [
        ("subject.department == 'payments'", r#"(principal has department && principal.department == "payments")"#),
        ("'payments' != subject.department", r#"!(principal has department && principal.department == "payments")"#),
        ("subject.jobTitle.startsWith('Head*')", r#"(principal has title && principal.title like "Head\**")"#),
        (
            "subject.department in ['a', 'b'] && !has(subject.jobTitle)",
            r#"(((principal has department && principal.department == "a") || (principal has department && principal.department == "b")) && !(principal has title))"#,
        ),
        ("task.grantDuration <= duration('1h30m')", r#"(context.duration <= duration("5400s"))"#),
        ("duration('2h') > task.grantDuration", r#"(context.duration < duration("7200s"))"#),
        ("task.origin == TASK_ORIGIN_SLACK", r#"(context.channel == Curfew::Channel::"slack")"#),
        ("c1.user.v1.HasEntitlement(subject, 'app', 'payments')", r#"(principal in Curfew::Group::"payments")"#),
        (
            "cidr('10.0.0.0/8').contains(ip)",
            r#"(context has sourceAddress && context.sourceAddress.isInRange(ip("10.0.0.0/8")))"#,
        ),
        ("now() < timestamp('2027-01-01T00:00:00Z')", r#"(context.now < datetime("2027-01-01T00:00:00Z"))"#),
        (
            "entitlement.display_name == 'ReadOnly' ? true : false",
            r#"(if (resource.permissionSet == Curfew::PermissionSet::"ReadOnly") then true else false)"#,
        ),
        (
            r#"subject.profile["cost_center"] == "7" || subject.username.endsWith("-admin")"#,
            r#"((principal has cost_center && principal.cost_center == "7") || (principal.name like "*-admin"))"#,
        ),
    ] {
        let text = condition(cel);
        assert_eq!(text.lines().last(), Some(cedar), "{cel}");
        accepted(&text);
    }
}

#[test]
fn what_has_no_equal_is_refused_at_its_place_all_of_it_at_once() {
    let refusals =
        import("subject.email == 'a@b.c' &&\n  (subject.department.matches('x') || now().getDayOfWeek() == 0)")
            .unwrap_err();
    let told: Vec<(usize, &str)> = refusals.iter().map(|refusal| (refusal.line, refusal.reason.as_str())).collect();
    assert_eq!(told.len(), 3, "{told:#?}");
    assert!(told[0].0 == 1 && told[0].1.contains("e-mail"), "{told:#?}");
    assert!(told[1].0 == 2 && told[1].1.contains("regular expressions"), "{told:#?}");
    for refused in [
        "subject.department < 'm'",
        "['a'].exists(x, x == subject.department)",
        "subject.department == ''",
        "task.isGrantPermanent",
        "task.grantDuration > duration('1.5h')",
        "c1.directory.users.v1.GetManagers(subject)",
        "subject.department",
        "subject.department ==",
        "1 == 1",
        "\u{0}",
        "",
    ] {
        assert!(import(refused).is_err(), "{refused:?}");
    }
}

#[test]
fn a_line_of_the_original_never_leaves_its_comment() {
    let text = condition("subject.department == 'x' ||\n  true");
    assert_eq!(text.lines().filter(|line| line.starts_with("//")).count(), 3, "{text}");
    accepted(&text);
}
