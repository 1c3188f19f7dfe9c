//! Conditions in CEL, as ConductorOne's administrators write them, to Cedar conditions.
//!
//! Only what means the same is translated: variables and functions of ConductorOne's expression reference
//! (research/peers.md §2.2). The two languages treat what is missing differently, so each use of an optional attribute is
//! guarded as CEL sees it (missing equals nothing), and a person has to review the result.

use cel::common::ast::{CallExpr, Expr, IdedExpr, LiteralValue, SourceInfo, operators};
use cel::parser::Parser;

use super::schema::quoted;

mod names;

use names::{Name, cedar_duration, group_lookup, name, path};

/// A part of a CEL expression that was not translated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// From 1.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
    /// Why not.
    pub reason: String,
    /// What to write instead.
    pub hint: Option<String>,
}

/// Longest expression, in bytes.
const LIMIT: usize = 16 * 1024;

/// A condition for `when { … }`, below a comment that asks for review.
///
/// # Errors
/// Every part that has no equal in Cedar or in Curfew.
pub fn import(expression: &str) -> Result<String, Vec<Refusal>> {
    let refusal = |line, column, reason| Refusal { line, column, reason, hint: None };
    if expression.len() > LIMIT {
        return Err(vec![refusal(1, 1, format!("the expression is longer than {LIMIT} bytes"))]);
    }
    let parsed = Parser::new().parse_with_source_info(expression);
    let (tree, places) = parsed.map_err(|errors| {
        let place = |n: isize| usize::try_from(n).unwrap_or(1).max(1);
        errors.errors.iter().map(|e| refusal(place(e.pos.0), place(e.pos.1), e.msg.clone())).collect::<Vec<_>>()
    })?;
    let mut import = Import { expression, places, refusals: Vec::new() };
    let condition = import.truth(&tree);
    match condition {
        Some(condition) if import.refusals.is_empty() => {
            let origin: Vec<String> = expression.lines().map(|line| format!("//   {line}\n")).collect();
            Ok(format!("// review needed: imported from CEL\n{}{condition}", origin.concat()))
        }
        _ => Err(import.refusals),
    }
}

struct Import<'e> {
    expression: &'e str,
    places: SourceInfo,
    refusals: Vec<Refusal>,
}

/// A comparison that both languages have.
fn comparison(operator: &str) -> Option<&'static str> {
    Some(match operator {
        operators::EQUALS => "==",
        operators::NOT_EQUALS => "!=",
        operators::LESS => "<",
        operators::LESS_EQUALS => "<=",
        operators::GREATER => ">",
        operators::GREATER_EQUALS => ">=",
        _ => return None,
    })
}

/// The same comparison with its sides exchanged.
fn mirrored(sign: &'static str) -> &'static str {
    match sign {
        "<" => ">",
        "<=" => ">=",
        ">" => "<",
        ">=" => "<=",
        same => same,
    }
}

fn literal(of: &IdedExpr) -> Option<&str> {
    match &of.expr {
        Expr::Literal(LiteralValue::String(text)) => Some(text.inner()),
        _ => None,
    }
}

impl Import<'_> {
    /// Says that a part is not translated.
    fn refuse<T>(&mut self, part: &IdedExpr, reason: impl Into<String>, hint: Option<&str>) -> Option<T> {
        let at = self.places.offset_for(part.id).and_then(|(start, _)| usize::try_from(start).ok()).unwrap_or(0);
        // The parser counts in characters.
        let before: String = self.expression.chars().take(at).collect();
        let (line, column) = super::source::position(&before, before.len());
        self.refusals.push(Refusal { line, column, reason: reason.into(), hint: hint.map(str::to_owned) });
        None
    }

    /// An expression that is true or false.
    fn truth(&mut self, of: &IdedExpr) -> Option<String> {
        match &of.expr {
            Expr::Literal(LiteralValue::Boolean(value)) => Some(value.inner().to_string()),
            Expr::Select(select) if select.test => match path(&select.operand).map(|mut path| {
                path.push(select.field.clone());
                name(&path)
            }) {
                Some(Name::Optional { entity, attribute, .. }) => {
                    Some(format!("({entity} has {})", member(&attribute)))
                }
                Some(Name::Text(_) | Name::Duration) => Some("true".to_owned()),
                Some(Name::Refused { reason, hint }) => self.refuse(of, reason, hint),
                _ => self.refuse(of, "`has` is asked about something that Curfew does not know", None),
            },
            Expr::Call(call) => self.call(of, call),
            Expr::Comprehension(_) => {
                let hint = "write one condition for each value, or use `contains` or `in`";
                self.refuse(of, "Cedar has no `exists`, `all`, `map` or `filter`", Some(hint))
            }
            _ => match path(of).map(|path| name(&path)) {
                Some(Name::Refused { reason, hint }) => self.refuse(of, reason, hint),
                _ => self.refuse(of, "this is neither true nor false, or Curfew does not know it", None),
            },
        }
    }

    fn call(&mut self, of: &IdedExpr, call: &CallExpr) -> Option<String> {
        if let Some(group) = group_lookup(call) {
            return match group {
                Ok(group) => Some(format!("(principal in Curfew::Group::{})", quoted(group))),
                Err(reason) => self.refuse(of, reason, Some("write `principal in Curfew::Group::\"<display name>\"`")),
            };
        }
        match (call.func_name.as_str(), call.target.as_deref(), call.args.as_slice()) {
            (operators::LOGICAL_NOT, None, [arg]) => Some(format!("!{}", self.truth(arg)?)),
            (operators::LOGICAL_AND | operators::LOGICAL_OR, None, args) => {
                let sign = if call.func_name == operators::LOGICAL_AND { " && " } else { " || " };
                // Every part, so that everything that is refused is told at once.
                let parts: Vec<Option<String>> = args.iter().map(|arg| self.truth(arg)).collect();
                let parts: Vec<String> = parts.into_iter().collect::<Option<_>>()?;
                Some(format!("({})", parts.join(sign)))
            }
            (operators::CONDITIONAL, None, [condition, yes, no]) => {
                let (condition, yes, no) = (self.truth(condition), self.truth(yes), self.truth(no));
                Some(format!("(if {} then {} else {})", condition?, yes?, no?))
            }
            (operators::IN, None, [value, list]) => self.member_of(of, value, list),
            ("startsWith" | "endsWith" | "contains", Some(target), [arg]) => self.text_test(of, call, target, arg),
            (operator, None, [left, right]) if comparison(operator).is_some() => {
                let sign = comparison(operator)?;
                self.compare(of, sign, left, right)
            }
            ("matches", ..) => self.refuse(of, "Cedar has no regular expressions", Some("use `like` with `*`")),
            (other, ..) => self.refuse(of, format!("`{other}` has no equal in Cedar"), clock_hint(other)),
        }
    }

    /// `value in [..]`
    fn member_of(&mut self, of: &IdedExpr, value: &IdedExpr, list: &IdedExpr) -> Option<String> {
        let Expr::List(list) = &list.expr else {
            return self.refuse(list, "only `in [..]` with a list of texts is translated", None);
        };
        let each: Vec<Option<String>> =
            list.elements.iter().map(|element| self.compare(of, "==", value, element)).collect();
        let each: Vec<String> = each.into_iter().collect::<Option<_>>()?;
        Some(if each.is_empty() { "false".to_owned() } else { format!("({})", each.join(" || ")) })
    }

    /// `startsWith`, `endsWith`, `contains`.
    fn text_test(&mut self, of: &IdedExpr, call: &CallExpr, target: &IdedExpr, arg: &IdedExpr) -> Option<String> {
        if let Expr::Call(network) = &target.expr
            && (network.func_name == "cidr" && call.func_name == "contains")
            && path(arg).is_some_and(|p| p == ["ip"])
        {
            return match network.args.first().and_then(literal) {
                Some(range) => Some(format!(
                    "(context has sourceAddress && context.sourceAddress.isInRange(ip({})))",
                    quoted(range)
                )),
                None => self.refuse(target, "the address range is no text", None),
            };
        }
        let Some(text) = literal(arg) else {
            return self.refuse(arg, "only comparison with a text in quotation marks is translated", None);
        };
        let body = text.replace('\\', "\\\\").replace('"', "\\\"").replace('*', "\\*");
        let pattern = match call.func_name.as_str() {
            "startsWith" => format!("\"{body}*\""),
            "endsWith" => format!("\"*{body}\""),
            _ => format!("\"*{body}*\""),
        };
        if text.chars().any(char::is_control) {
            return self.refuse(arg, "a text with control characters is not translated to a pattern", None);
        }
        match self.named(target)? {
            Name::Text(path) => Some(format!("({path} like {pattern})")),
            Name::Optional { entity, attribute, value: None } => {
                Some(guarded(entity, &attribute, &format!("{} like {pattern}", access(entity, &attribute))))
            }
            _ => self.refuse(of, "this is no text in Curfew: it can only be compared as a whole", None),
        }
    }

    fn named(&mut self, of: &IdedExpr) -> Option<Name> {
        match path(of).map(|path| name(&path)) {
            Some(Name::Refused { reason, hint }) => self.refuse(of, reason, hint),
            Some(name) => Some(name),
            None => self.refuse(of, "only variables are translated here", None),
        }
    }

    fn compare(&mut self, of: &IdedExpr, sign: &'static str, left: &IdedExpr, right: &IdedExpr) -> Option<String> {
        // The variable may stand on either side.
        let constant =
            |part: &IdedExpr| matches!(part.expr, Expr::Literal(_)) || function(part, &["duration", "timestamp"]);
        if constant(left) && !constant(right) {
            return self.compare(of, mirrored(sign), right, left);
        }
        if function(left, &["now"]) {
            return match time(right) {
                Some(instant) => Some(format!("(context.now {sign} datetime({}))", quoted(instant))),
                None => self.refuse(right, "only comparison with `timestamp(\"…\")` in UTC is translated", None),
            };
        }
        let name = self.named(left)?;
        if matches!(name, Name::Duration) {
            return match duration(right) {
                Some(length) => Some(format!("(context.duration {sign} duration({}))", quoted(&length))),
                None => self.refuse(right, "only comparison with `duration(\"…\")` in h, m and s is translated", None),
            };
        }
        if !["==", "!="].contains(&sign) {
            return self.refuse(of, "Cedar does not order texts", None);
        }
        let written = literal(right).map(str::to_owned).or_else(|| path(right)?.last().cloned());
        let Some(text) = written.filter(|text| !text.is_empty()) else {
            return self.refuse(
                right,
                "only comparison with a text that is not empty is translated",
                Some("use `has(…)`"),
            );
        };
        let equal = match name {
            Name::Text(path) => format!("({path} == {})", quoted(&text)),
            Name::Optional { entity, attribute, value } => {
                let value = value.map_or_else(|| quoted(&text), |kind| format!("Curfew::{kind}::{}", quoted(&text)));
                guarded(entity, &attribute, &format!("{} == {value}", access(entity, &attribute)))
            }
            Name::Entity { path, kind } => format!("({path} == Curfew::{kind}::{})", quoted(&text)),
            Name::Channel => match names::channel(&text) {
                Some(channel) => format!("(context.channel == Curfew::Channel::{})", quoted(channel)),
                None => return self.refuse(right, format!("no channel of Curfew is `{text}`"), None),
            },
            Name::Duration | Name::Refused { .. } => return None,
        };
        Some(if sign == "==" { equal } else { format!("!{equal}") })
    }
}

/// A member name as Cedar writes it after `has`: an identifier, or a string.
fn member(name: &str) -> String {
    let identifier =
        name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') && !name.starts_with(|c: char| c.is_ascii_digit());
    if identifier { name.to_owned() } else { quoted(name) }
}

fn access(entity: &str, attribute: &str) -> String {
    let member = member(attribute);
    if member.starts_with('"') { format!("{entity}[{member}]") } else { format!("{entity}.{member}") }
}

/// What is missing equals nothing, as in CEL.
fn guarded(entity: &str, attribute: &str, test: &str) -> String {
    format!("({entity} has {} && {test})", member(attribute))
}

fn function(part: &IdedExpr, names: &[&str]) -> bool {
    matches!(&part.expr, Expr::Call(call) if call.target.is_none() && names.contains(&call.func_name.as_str()))
}

fn argument<'e>(part: &'e IdedExpr, function: &str) -> Option<&'e str> {
    match &part.expr {
        Expr::Call(call) if call.target.is_none() && call.func_name == function => call.args.first().and_then(literal),
        _ => None,
    }
}

fn duration(part: &IdedExpr) -> Option<String> {
    cedar_duration(argument(part, "duration")?)
}

/// An instant in UTC; Cedar reads no other form that CEL reads too.
fn time(part: &IdedExpr) -> Option<&str> {
    argument(part, "timestamp").filter(|text| text.ends_with('Z') && text.len() == 20)
}

fn clock_hint(function: &str) -> Option<&'static str> {
    match function {
        "getDayOfWeek" => Some("use `context.weekday`, such as `context.weekday == Curfew::Weekday::\"sunday\"`"),
        "getHours" | "getMinutes" => Some("use `context.localTime`, the duration since local midnight"),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
