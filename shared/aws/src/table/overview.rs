//! What people look at besides requests: sightings, counts, favourites.

use async_trait::async_trait;
use curfew_domain::id::{AccountId, GroupId, PermissionSetArn, UserId};
use curfew_domain::time::{SignedDuration, Timestamp};
use curfew_engine::error::Fault;
use curfew_engine::ports::{Census, Favourite, Overview, Principal, Sighting};
use curfew_engine::sweep::Place;

use super::{Item, Table, item, n, number, s, text, unreadable};
use crate::fault::fault;

const SIGHTINGS: &str = "STRAY";
const CENSUSES: &str = "CENSUS";
/// How long a sighting is kept after its time, so that one that comes back soon keeps its beginning.
const SIGHTING_KEPT: SignedDuration = SignedDuration::from_hours(24);
/// How long a count is kept: far longer than anybody is shown it.
const CENSUS_KEPT: SignedDuration = SignedDuration::from_hours(35 * 24);

#[async_trait]
impl Overview for Table {
    async fn sightings(&self) -> Result<Vec<Sighting>, Fault> {
        self.query(SIGHTINGS, None, "read the sightings").await?.iter().map(sighting).collect()
    }

    async fn put_sighting(&self, sighting: &Sighting) -> Result<(), Fault> {
        let put = self.client.put_item().table_name(&self.name).set_item(Some(sighting_item(sighting)));
        put.send().await.map_err(|e| fault("note the sighting", e))?;
        Ok(())
    }

    async fn censuses(&self, limit: u32) -> Result<Vec<Census>, Fault> {
        let query = self.client.query().table_name(&self.name).scan_index_forward(false);
        let query = query.limit(i32::try_from(limit).unwrap_or(i32::MAX));
        let query = query.key_condition_expression("pk = :pk").expression_attribute_values(":pk", s(CENSUSES));
        let answer = query.send().await.map_err(|e| fault("read the counts", e))?;
        answer.items().iter().map(census).collect()
    }

    async fn put_census(&self, census: &Census) -> Result<(), Fault> {
        let at = census.at.strftime("%Y-%m-%dT%H:%MZ").to_string();
        let counts = [
            ("active", n(census.active.into())),
            ("emergencies", n(census.emergencies.into())),
            ("forgotten_at", after(census.at, CENSUS_KEPT)),
        ];
        let put = self.client.put_item().table_name(&self.name).set_item(Some(item(CENSUSES, &at, counts)));
        put.send().await.map_err(|e| fault("note the count", e))?;
        Ok(())
    }

    async fn favourites(&self, who: &UserId) -> Result<Vec<Favourite>, Fault> {
        self.query(&favourites_pk(who), None, "read the favourites").await?.iter().map(favourite).collect()
    }

    async fn put_favourite(&self, who: &UserId, which: &Favourite, kept: bool) -> Result<(), Fault> {
        let what = "keep the favourite";
        let (pk, sk) = (favourites_pk(who), format!("{}#{}", which.0, which.1));
        if kept {
            let put = self.client.put_item().table_name(&self.name).set_item(Some(item(&pk, &sk, [])));
            put.send().await.map_err(|e| fault(what, e))?;
        } else {
            let delete = self.client.delete_item().table_name(&self.name).key("pk", s(pk)).key("sk", s(sk));
            delete.send().await.map_err(|e| fault(what, e))?;
        }
        Ok(())
    }
}

fn favourites_pk(who: &UserId) -> String {
    format!("STAR#{who}")
}

fn favourite(item: &Item) -> Result<Favourite, Fault> {
    let sk = text(item, "sk")?;
    let (account, set) = sk.split_once('#').ok_or_else(|| unreadable(format!("`{sk}` is no favourite")))?;
    Ok((AccountId::parse(account).map_err(unreadable)?, PermissionSetArn::parse(set).map_err(unreadable)?))
}

fn census(item: &Item) -> Result<Census, Fault> {
    let minute = text(item, "sk")?;
    let at = minute.replace('Z', ":00Z").parse().map_err(unreadable)?;
    let count = |name| u32::try_from(number(item, name)?).map_err(unreadable);
    Ok(Census { at, active: count("active")?, emergencies: count("emergencies")? })
}

fn sighting_item(sighting: &Sighting) -> Item {
    let Sighting { place, principal, since, seen, until } = sighting;
    let at = [
        ("since", seconds(*since)),
        ("seen", seconds(*seen)),
        ("until", seconds(*until)),
        ("forgotten_at", after(*until, SIGHTING_KEPT)),
    ];
    let mut item = item(SIGHTINGS, &format!("{place}#{principal}"), at);
    let mut put = |name: &str, text: &str| item.insert(name.to_owned(), s(text));
    match place {
        Place::Set(set, account) => {
            put("permission_set", set.as_str());
            put("account", account.as_str());
        }
        Place::Group(group) => {
            put("group", group.as_str());
        }
    }
    match principal {
        Principal::User(user) => put("user", user.as_str()),
        Principal::Other(name) => put("other", name),
    };
    item
}

fn sighting(item: &Item) -> Result<Sighting, Fault> {
    let at = |name| {
        let seconds = i64::try_from(number(item, name)?).map_err(unreadable)?;
        Timestamp::from_second(seconds).map_err(unreadable)
    };
    let place = if item.contains_key("group") {
        Place::Group(GroupId::parse(text(item, "group")?).map_err(unreadable)?)
    } else {
        let set = PermissionSetArn::parse(text(item, "permission_set")?).map_err(unreadable)?;
        Place::Set(set, AccountId::parse(text(item, "account")?).map_err(unreadable)?)
    };
    let principal = if item.contains_key("user") {
        Principal::User(UserId::parse(text(item, "user")?).map_err(unreadable)?)
    } else {
        Principal::Other(text(item, "other")?.to_owned())
    };
    Ok(Sighting { place, principal, since: at("since")?, seen: at("seen")?, until: at("until")? })
}

fn after(at: Timestamp, kept: SignedDuration) -> aws_sdk_dynamodb::types::AttributeValue {
    seconds(at.checked_add(kept).unwrap_or(Timestamp::MAX))
}

fn seconds(at: Timestamp) -> aws_sdk_dynamodb::types::AttributeValue {
    n(u64::try_from(at.as_second()).unwrap_or_default())
}
