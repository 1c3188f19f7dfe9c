//! What ConductorOne's names mean in Curfew.

use cel::common::ast::{CallExpr, Expr, IdedExpr, LiteralValue, operators};

/// What a name of ConductorOne is in Cedar.
#[derive(Debug)]
pub(super) enum Name {
    /// A text that is always there.
    Text(&'static str),
    /// An attribute that may be missing; its values are texts, or entities of this type.
    Optional { entity: &'static str, attribute: String, value: Option<&'static str> },
    /// An entity, compared by id.
    Entity { path: &'static str, kind: &'static str },
    /// `task.origin`
    Channel,
    /// `task.grantDuration`
    Duration,
    /// Nothing.
    Refused { reason: String, hint: Option<&'static str> },
}

/// The names of a path: `subject.profile["team"]` is `["subject", "profile", "team"]`.
pub(super) fn path(of: &IdedExpr) -> Option<Vec<String>> {
    match &of.expr {
        Expr::Ident(name) => Some(vec![name.clone()]),
        Expr::Select(select) if !select.test => {
            let mut path = path(&select.operand)?;
            path.push(select.field.clone());
            Some(path)
        }
        Expr::Call(call) if call.func_name == operators::INDEX => match call.args.as_slice() {
            [operand, index] => {
                let mut path = path(operand)?;
                let Expr::Literal(LiteralValue::String(key)) = &index.expr else { return None };
                path.push(key.inner().to_owned());
                Some(path)
            }
            _ => None,
        },
        _ => None,
    }
}

/// What a path means.
pub(super) fn name(path: &[String]) -> Name {
    let path: Vec<&str> = path.iter().map(String::as_str).collect();
    let optional =
        |attribute: &str, value| Name::Optional { entity: "principal", attribute: attribute.to_owned(), value };
    let refused = |reason: &str, hint| Name::Refused { reason: reason.to_owned(), hint };
    match path.as_slice() {
        ["subject", "username"] => Name::Text("principal.name"),
        ["subject", "department"] => optional("department", None),
        ["subject", "jobTitle" | "job_title"] => optional("title", None),
        // Where `settings.employment` lists the values, the validator asks for `Curfew::Employment::"…"`.
        ["subject", "employmentType" | "employment_type"] => optional("employment", None),
        ["subject", "profile" | "attributes", attribute] => optional(attribute, None),
        ["subject", "email" | "emails"] => {
            refused("Curfew never decides by e-mail address", Some("use `principal == Curfew::User::\"<user name>\"`"))
        }
        ["subject", "manager" | "manager_id"] => refused(
            "ConductorOne names managers by address or id",
            Some("use `principal.manager == Curfew::User::\"<user name>\"`"),
        ),
        ["subject", "status" | "directoryStatus" | "directory_status"] => {
            refused("Curfew denies whoever is disabled in the directory before it asks Cedar", Some("leave it out"))
        }
        ["task", "origin"] => Name::Channel,
        ["task", "grantDuration" | "grant_duration"] => Name::Duration,
        ["task", "isGrantPermanent" | "is_grant_permanent"] => {
            refused("in Curfew every grant ends", Some("leave it out"))
        }
        ["entitlement", "display_name" | "displayName"] => {
            Name::Entity { path: "resource.permissionSet", kind: "PermissionSet" }
        }
        ["entitlement", "risk_level_value_id" | "riskLevelValueId"] => refused(
            "risk levels are ids of ConductorOne",
            Some("use `resource.risk == Curfew::Risk::\"high\"` with the level that is meant"),
        ),
        ["ip"] => refused("the address alone is no condition", Some("use `cidr(\"…\").contains(ip)`")),
        _ => Name::Refused { reason: format!("Curfew knows no `{}`", path.join(".")), hint: None },
    }
}

/// The channel of a `task.origin`.
pub(super) fn channel(origin: &str) -> Option<&'static str> {
    match origin.trim_start_matches("TASK_ORIGIN_") {
        "WEBAPP" => Some("console"),
        "SLACK" => Some("slack"),
        "API" => Some("api"),
        _ => None,
    }
}

/// The group that a lookup asks about, by its last text; `None` where the call is no lookup. ConductorOne's own ids have
/// to be replaced by display names, for which `check` gives the error.
pub(super) fn group_lookup(call: &CallExpr) -> Option<Result<&str, String>> {
    let mut function = call.target.as_deref().and_then(path)?;
    function.push(call.func_name.clone());
    let function = function.join(".");
    if !function.starts_with("c1.") {
        return None;
    }
    if function != "c1.user.v1.HasEntitlement" {
        return Some(Err(format!("`{function}` has no equal in Curfew")));
    }
    let of_subject = call.args.first().and_then(path).is_some_and(|path| path == ["subject"]);
    let group = call.args.last().and_then(|argument| match &argument.expr {
        Expr::Literal(LiteralValue::String(text)) => Some(text.inner()),
        _ => None,
    });
    Some(match group {
        Some(group) if of_subject => Ok(group),
        _ => Err(format!("`{function}` is translated for `subject` and a text in quotation marks only")),
    })
}

/// A duration as Cedar writes it, in seconds, from `1h30m`, `90m`, `5400s`.
pub(super) fn cedar_duration(text: &str) -> Option<String> {
    let (mut seconds, mut digits, mut any) = (0_i64, String::new(), false);
    for c in text.chars() {
        let unit = match c {
            '0'..='9' => {
                digits.push(c);
                continue;
            }
            'h' => 3600,
            'm' => 60,
            's' => 1,
            _ => return None,
        };
        let count: i64 = digits.parse().ok()?;
        seconds = count.checked_mul(unit)?.checked_add(seconds)?;
        digits.clear();
        any = true;
    }
    (any && digits.is_empty()).then(|| format!("{seconds}s"))
}
