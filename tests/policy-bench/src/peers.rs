//! The same rules in CEL, by the `cel` crate: every program of a flow is evaluated, as there is nothing to find them by.

use std::collections::BTreeMap;

use cel::{Context, Program, Value};
use curfew_policy::model::Entitlement;

use crate::condition::Condition;
use crate::full::Failure;
use crate::rule::{Flows, Rule, What, Who};
use crate::world::{self, Ask, World};

/// Programs of one flow, with their effect.
#[derive(Debug, Default)]
pub struct Cel {
    flows: BTreeMap<usize, Vec<(bool, Program)>>,
}

impl Cel {
    /// Compiles the rules. Only those of [`Rule::usual`] are known here.
    ///
    /// # Errors
    /// A rule that is not usual, or what CEL refuses.
    pub fn compile(world: &World) -> Result<Self, Failure> {
        let mut cel = Self::default();
        for rule in &world.rules {
            let flow = match rule.flows {
                Flows::One(flow) => flow,
                Flows::Automatic => 0,
                _ => return Err("not a usual rule".into()),
            };
            let program = Program::compile(&expression(rule)?).map_err(|error| error.to_string())?;
            cel.flows.entry(flow).or_default().push((rule.forbid, program));
        }
        Ok(cel)
    }

    /// Whether a flow is allowed.
    ///
    /// # Errors
    /// What fails.
    pub fn ask(&self, world: &World, ask: &Ask, of: &Entitlement, flow: usize) -> Result<bool, Failure> {
        let directory = &world.directory;
        let user = directory.users.get(&ask.user).ok_or("no such user")?;
        let account = directory.accounts.get(&of.account).ok_or("no such account")?;
        let names = |id| directory.groups.get(id).map(|group| group.name.clone());
        let units: Vec<String> = directory.units_of(account).into_iter().map(|unit| directory.path_of(unit)).collect();
        let mut context = Context::default();
        context.add_variable_from_value("groups", user.groups.iter().filter_map(names).collect::<Vec<_>>());
        context.add_variable_from_value("units", units);
        context.add_variable_from_value("set", of.permission_set_name.clone());
        context.add_variable_from_value("duration", i64::from(ask.duration.seconds()));
        context.add_variable_from_value("ticket", ask.ticket.is_some());
        let (mut permitted, mut forbidden) = (false, false);
        for (forbid, program) in self.flows.get(&flow).into_iter().flatten() {
            if program.execute(&context)? == Value::Bool(true) {
                if *forbid { forbidden = true } else { permitted = true }
            }
        }
        Ok(permitted && !forbidden)
    }
}

fn expression(rule: &Rule) -> Result<String, Failure> {
    let mut parts = Vec::new();
    match rule.who {
        Who::Any => {}
        Who::Group(n) => parts.push(format!("{:?} in groups", world::group(n))),
        _ => return Err("not a usual rule".into()),
    }
    match rule.what {
        What::Unit(n) => parts.push(format!("{:?} in units", world::unit(n))),
        _ => return Err("not a usual rule".into()),
    }
    for condition in &rule.when {
        parts.push(match condition {
            Condition::SetIs(n) => format!("set == {:?}", world::set(*n)),
            Condition::AtMost(seconds) => format!("duration <= {seconds}"),
            _ => return Err("not a usual rule".into()),
        });
    }
    match rule.unless {
        None => {}
        Some(Condition::Ticket) => parts.push("!ticket".to_owned()),
        Some(_) => return Err("not a usual rule".into()),
    }
    Ok(parts.join(" && "))
}
