//! Paths and query strings.

use curfew_domain::id::{AccountId, InvalidId, PermissionSetArn, RequestId, UserId};
use curfew_domain::request::Stage;
use curfew_engine::read::{Query, Whose};

use crate::problem::Problem;

/// Requests on a page, unless asked otherwise.
const DEFAULT_LIMIT: usize = 25;
/// Requests on a page, at most.
const MAX_LIMIT: usize = 100;

/// Query string of `GET /v1/requests`, decoded.
pub fn list_query<'a>(parameters: impl Iterator<Item = (&'a str, &'a str)>, caller: &UserId) -> Result<Query, Problem> {
    let mut query = Query {
        whose: Whose::Of(caller.clone()),
        stage: None,
        account: None,
        permission_set: None,
        before: None,
        limit: DEFAULT_LIMIT,
    };
    for (name, value) in parameters {
        match name {
            "requester" if value == "me" => {}
            "requester" if value == "all" => query.whose = Whose::All,
            "requester" => query.whose = Whose::Of(id(name, value, UserId::parse)?),
            "state" => {
                let known: Vec<&str> = Stage::ALL.iter().map(|s| s.name()).collect();
                let unknown = || Problem::invalid(name, format_args!("expected one of {}", known.join(", ")));
                query.stage = Some(Stage::parse(value).ok_or_else(unknown)?);
            }
            "account" => query.account = Some(id(name, value, AccountId::parse)?),
            "permission_set" => query.permission_set = Some(id(name, value, PermissionSetArn::parse)?),
            "cursor" => {
                let cursor = id(name, value, RequestId::parse)?;
                cursor.day().map_err(|_| Problem::invalid(name, "expected the `next_cursor` of a page"))?;
                query.before = Some(cursor);
            }
            "limit" => {
                let limit = value.parse().ok().filter(|n| (1..=MAX_LIMIT).contains(n));
                query.limit = limit.ok_or_else(|| Problem::invalid(name, format_args!("expected 1 to {MAX_LIMIT}")))?;
            }
            _ => {
                let known = "requester, state, account, permission_set, cursor, limit";
                let detail = format!("There is no parameter of this name here; there are {known}.");
                let title = "The query has a parameter that is not known here";
                return Err(Problem::new(400, "unknown_parameter", title, detail).in_field(name));
            }
        }
    }
    Ok(query)
}

/// An id that is part of the path. One that is malformed is simply not there.
pub fn path_id<T>(value: Option<&str>, what: &str, parse: fn(&str) -> Result<T, InvalidId>) -> Result<T, Problem> {
    value.and_then(|text| parse(text).ok()).ok_or_else(|| Problem::not_found(what))
}

fn id<T>(field: &str, value: &str, parse: fn(&str) -> Result<T, InvalidId>) -> Result<T, Problem> {
    parse(value).map_err(|error| Problem::invalid(field, error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_are_checked_one_by_one() {
        let me = UserId::parse("00000000-0000-4000-8000-000000000001").unwrap();
        let query = |pairs: &[(&'static str, &'static str)]| list_query(pairs.iter().copied(), &me);
        assert_eq!(query(&[]).unwrap().whose, Whose::Of(me.clone()));
        assert_eq!(query(&[("requester", "all"), ("limit", "100")]).unwrap().limit, 100);
        for (name, value) in [
            ("state", "open"),
            ("limit", "0"),
            ("limit", "101"),
            ("limit", "-1"),
            ("account", "1"),
            ("cursor", "next"),
            ("cursor", "00000000-0000-4000-8000-000000000001"),
            ("requester", "ana"),
        ] {
            let problem = query(&[(name, value)]).unwrap_err();
            assert_eq!((problem.code, problem.field.as_deref()), ("invalid_field", Some(name)), "{value}");
        }
        assert_eq!(query(&[("user", "me")]).unwrap_err().code, "unknown_parameter");
    }
}
