//! The circumstances of a request as Cedar sees them in `context`.

use cedar_policy::{Context, RestrictedExpression};
use curfew_domain::time::{AccessDuration, SignedDuration, Timestamp};

use super::entities::{Source, Unclear, duration, uid};
use super::schema::{CHANNELS, WEEKDAYS};
use crate::model::Circumstances;

/// Instants from 1970 to 2100: a duration or a day more or less overflows nothing.
const LAST_SECOND: i64 = 4_102_444_800;
/// Grants that one person has at a time, and more.
const ACTIVE_BOUND: usize = 10_000;

/// What differs between requests of one person at one time.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wish<'a> {
    pub(crate) duration: AccessDuration,
    pub(crate) ticket: Option<&'a str>,
    pub(crate) emergency: bool,
}

/// The context, with every number within bounds in which Cedar's arithmetic does not overflow.
pub(crate) fn context(source: &Source<'_>, of: &Circumstances, wish: Wish<'_>) -> Result<Context, Unclear> {
    let types = source.types;
    let entity = RestrictedExpression::new_entity_uid;
    let (weekday, local_time) = local(source.now, &source.model.settings.time_zone)?;
    let channel = CHANNELS.iter().find(|known| **known == of.channel);
    let channel = channel.ok_or_else(|| format!("`{}` is none of the channels {}", of.channel, CHANNELS.join(", ")))?;
    let (active, active_sets) = active(source, of)?;
    let count = i64::try_from(of.active.len()).map_err(|error| error.to_string())?;
    let mut pairs = vec![
        ("duration", duration(SignedDuration::from_secs(i64::from(wish.duration.seconds())))),
        ("now", RestrictedExpression::new_datetime(source.now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string())),
        ("weekday", entity(uid(&types.weekday, weekday))),
        ("localTime", duration(local_time)),
        ("channel", entity(uid(&types.channel, channel))),
        ("emergency", RestrictedExpression::new_bool(wish.emergency)),
        ("active", active),
        ("activePermissionSets", active_sets),
        ("activeCount", RestrictedExpression::new_long(count)),
    ];
    if let Some(address) = &of.source_address {
        let read: Result<std::net::IpAddr, _> = address.parse();
        let read = read.map_err(|_| format!("`{address}` is no IPv4 or IPv6 address"))?;
        pairs.push(("sourceAddress", RestrictedExpression::new_ip(read.to_string())));
    }
    pairs.extend(wish.ticket.map(|ticket| ("ticket", RestrictedExpression::new_string(ticket.to_owned()))));
    pairs.extend(of.mfa.map(|mfa| ("mfa", RestrictedExpression::new_bool(mfa))));
    Context::from_pairs(pairs.into_iter().map(|(name, value)| (name.to_owned(), value)))
        .map_err(|error| error.to_string())
}

/// Entitlements and permission sets that the requester has now. An unknown permission set is an error: the policy that
/// separates duties would not see it.
fn active(source: &Source<'_>, of: &Circumstances) -> Result<(RestrictedExpression, RestrictedExpression), Unclear> {
    if of.active.len() > ACTIVE_BOUND {
        return Err(format!("the requester has {} active grants; the bound is {ACTIVE_BOUND}", of.active.len()));
    }
    let (mut entitlements, mut sets) = (Vec::new(), Vec::new());
    for (account, permission_set) in &of.active {
        let Some(known) = source.directory.permission_sets.get(permission_set) else {
            return Err(format!(
                "the requester has {permission_set} in {account}, which is not in Identity Center any more"
            ));
        };
        let id = format!("{account}/{}", known.name);
        entitlements.push(RestrictedExpression::new_entity_uid(uid(&source.types.entitlement, &id)));
        sets.push(RestrictedExpression::new_entity_uid(uid(&source.types.permission_set, &known.name)));
    }
    Ok((RestrictedExpression::new_set(entitlements), RestrictedExpression::new_set(sets)))
}

/// Day of the week and time since midnight by the clock on the wall.
fn local(now: Timestamp, time_zone: &str) -> Result<(&'static str, SignedDuration), Unclear> {
    if !(0..LAST_SECOND).contains(&now.as_second()) {
        return Err(format!("{now} is outside the years 1970 to 2099"));
    }
    let zone = jiff::tz::TimeZone::get(time_zone).map_err(|_| format!("`{time_zone}` is no known time zone"))?;
    let local = now.to_zoned(zone);
    let day = usize::try_from(local.weekday().to_monday_zero_offset()).ok().and_then(|day| WEEKDAYS.get(day));
    let day = day.copied().ok_or_else(|| format!("{local} has no day of the week"))?;
    let (hour, minute, second) = (local.hour(), local.minute(), local.second());
    let seconds = i64::from(hour) * 3600 + i64::from(minute) * 60 + i64::from(second);
    Ok((day, SignedDuration::from_secs(seconds)))
}
