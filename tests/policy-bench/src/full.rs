//! Full Cedar, without anything of ours: every policy parsed and evaluated, every entity of the organisation in the
//! store, all of it made from JSON and checked against the schema.

use std::collections::BTreeMap;
use std::str::FromStr as _;

use cedar_policy::{Authorizer, Context, Decision, Entities, EntityUid, PolicySet, Request, Schema};
use curfew_policy::cedar::schema;
use curfew_policy::directory::User;
use curfew_policy::model::{Entitlement, Risk};
use serde_json::{Value, json};

use crate::condition::owners;
use crate::world::{Ask, FLOWS, World};

/// Why something cannot be measured or compared.
pub type Failure = Box<dyn std::error::Error>;

/// Schema and policies.
#[derive(Debug)]
pub struct Full {
    schema: Schema,
    policies: PolicySet,
}

/// What full Cedar says to one flow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// Allow, and no error.
    pub allowed: bool,
    /// Whether a policy failed.
    pub failed: bool,
}

impl Full {
    /// Parses schema and policies.
    ///
    /// # Errors
    /// What Cedar refuses.
    pub fn parse(world: &World) -> Result<Self, Failure> {
        let text: String = world.cedar.iter().map(|file| file.text.as_str()).collect();
        Ok(Self {
            schema: Schema::from_cedarschema_str(&schema(&world.model))?.0,
            policies: PolicySet::from_str(&text)?,
        })
    }

    /// The store for questions about these entitlements. Owners and who is on call are those of one question.
    ///
    /// # Errors
    /// What does not have the form of the schema.
    pub fn store<'e>(
        &self,
        world: &World,
        ask: &Ask,
        of: impl IntoIterator<Item = &'e Entitlement>,
    ) -> Result<Entities, Failure> {
        let requester = world.directory.users.get(&ask.user).ok_or("no such user")?;
        let of: BTreeMap<String, &Entitlement> = of.into_iter().map(|of| (id_of(of), of)).collect();
        let mut entities = organisation(world, ask);
        entities.extend(of.values().map(|of| entitlement(world, requester, of)));
        Ok(Entities::from_json_value(Value::Array(entities), Some(&self.schema))?)
    }

    /// A request about one flow, checked against the schema.
    ///
    /// # Errors
    /// What does not have the form of the schema.
    pub fn request(&self, world: &World, ask: &Ask, of: &Entitlement, flow: usize) -> Result<Request, Failure> {
        let user = world.directory.users.get(&ask.user).ok_or("no such user")?;
        let action = uid("Action", FLOWS[flow % 4])?;
        let context = Context::from_json_value(context(world, ask), Some((&self.schema, &action)))?;
        let resource = uid("Entitlement", &id_of(of))?;
        Ok(Request::new(uid("User", &user.name)?, action, resource, context, Some(&self.schema))?)
    }

    /// Evaluates everything.
    pub fn ask(&self, request: &Request, store: &Entities) -> Said {
        let response = Authorizer::new().is_authorized(request, &self.policies, store);
        let failed = response.diagnostics().errors().next().is_some();
        Said { allowed: response.decision() == Decision::Allow && !failed, failed }
    }
}

fn uid(kind: &str, id: &str) -> Result<EntityUid, Failure> {
    Ok(EntityUid::from_json(json!({ "type": format!("Curfew::{kind}"), "id": id }))?)
}

fn reference(kind: &str, id: &str) -> Value {
    json!({ "type": format!("Curfew::{kind}"), "id": id })
}

fn id_of(of: &Entitlement) -> String {
    format!("{}/{}", of.account, of.permission_set_name)
}

/// Everything but entitlements.
fn organisation(world: &World, ask: &Ask) -> Vec<Value> {
    let directory = &world.directory;
    let plain = |kind: &str, id: &str, parents: Vec<Value>| json!({ "uid": reference(kind, id), "attrs": {}, "parents": parents });
    let mut entities: Vec<Value> = directory.groups.values().map(|group| plain("Group", &group.name, vec![])).collect();
    entities.extend(world.model.rotations.keys().map(|name| plain("OnCall", name, vec![])));
    entities.extend(world.model.catalogs.keys().map(|name| plain("Catalog", name, vec![])));
    entities.extend(directory.units.iter().map(|(id, unit)| {
        let parents = unit.parent.iter().map(|parent| reference("OrgUnit", &directory.path_of(parent)));
        plain("OrgUnit", &directory.path_of(id), parents.collect())
    }));
    entities.extend(directory.accounts.iter().map(|(id, account)| {
        json!({
            "uid": reference("Account", id.as_str()),
            "attrs": { "name": account.name },
            "parents": [reference("OrgUnit", &directory.path_of(&account.unit))],
            "tags": account.tags,
        })
    }));
    entities.extend(directory.permission_sets.values().map(|set| {
        let session = format!("{}m", set.session.as_mins());
        json!({ "uid": reference("PermissionSet", &set.name), "attrs": { "session": session }, "parents": [] })
    }));
    entities.extend(directory.users.values().map(|user| person(world, ask, user)));
    entities
}

fn person(world: &World, ask: &Ask, user: &User) -> Value {
    let mut attributes = serde_json::Map::from_iter([("name".to_owned(), json!(user.name))]);
    for (name, value) in &user.attributes {
        let value = if name == "employment" { reference("Employment", value) } else { json!(value) };
        attributes.insert(name.clone(), value);
    }
    if let Some(manager) = user.manager.as_ref().and_then(|id| world.directory.users.get(id)) {
        attributes.insert("manager".to_owned(), reference("User", &manager.name));
    }
    let groups = user.groups.iter().filter_map(|id| world.directory.groups.get(id));
    let mut parents: Vec<Value> = groups.map(|group| reference("Group", &group.name)).collect();
    for (name, shifts) in &world.model.rotations {
        let now = |shift: &&curfew_policy::model::Shift| {
            shift.from.is_none_or(|from| from <= ask.now) && shift.until.is_none_or(|until| ask.now < until)
        };
        if shifts.iter().filter(now).any(|shift| shift.users.contains(&user.name)) {
            parents.push(reference("OnCall", name));
        }
    }
    json!({ "uid": reference("User", &user.name), "attrs": attributes, "parents": parents })
}

fn entitlement(world: &World, requester: &User, of: &Entitlement) -> Value {
    let risk = match of.terms.risk.value {
        Risk::Low => "low",
        Risk::Medium => "medium",
        Risk::High => "high",
        Risk::Critical => "critical",
    };
    let (account, set) =
        (reference("Account", of.account.as_str()), reference("PermissionSet", &of.permission_set_name));
    let owners: Vec<Value> = owners(world, requester, of).iter().map(|name| reference("User", name)).collect();
    let mut parents = vec![account.clone(), set.clone()];
    parents.extend(of.catalogs.iter().map(|name| reference("Catalog", name)));
    json!({
        "uid": reference("Entitlement", &id_of(of)),
        "attrs": { "account": account, "permissionSet": set, "risk": reference("Risk", risk), "owners": owners },
        "parents": parents,
    })
}

fn context(world: &World, ask: &Ask) -> Value {
    // Without a library, as in `Condition::Weekend`.
    let local = ask.now.as_second() + 3600;
    let days = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
    let day = usize::try_from((local.div_euclid(86_400) + 3) % 7).unwrap_or_default();
    let set = |arn| world.directory.permission_sets.get(arn).map(|set| set.name.clone()).unwrap_or_default();
    let of = &ask.circumstances;
    let active: Vec<Value> =
        of.active.iter().map(|(account, arn)| reference("Entitlement", &format!("{account}/{}", set(arn)))).collect();
    let sets: Vec<Value> = of.active.iter().map(|(_, arn)| reference("PermissionSet", &set(arn))).collect();
    let mut context = json!({
        "duration": format!("{}s", ask.duration.seconds()),
        "now": ask.now.to_string(),
        "weekday": reference("Weekday", days[day % 7]),
        "localTime": format!("{}s", local.rem_euclid(86_400)),
        "channel": reference("Channel", &of.channel),
        "emergency": ask.emergency,
        "active": active,
        "activePermissionSets": sets,
        "activeCount": of.active.len(),
    });
    if let Some(object) = context.as_object_mut() {
        let optional = [
            ("sourceAddress", of.source_address.as_ref().map(|address| json!(address))),
            ("ticket", ask.ticket.as_ref().map(|ticket| json!(ticket))),
            ("mfa", of.mfa.map(|mfa| json!(mfa))),
        ];
        object.extend(optional.into_iter().filter_map(|(name, value)| value.map(|value| (name.to_owned(), value))));
    }
    context
}
