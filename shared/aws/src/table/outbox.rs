//! Notices on their way: marks, reminders, and what people have chosen.

use std::collections::BTreeMap;

use async_trait::async_trait;
use curfew_domain::id::{RequestId, UserId};
use curfew_domain::notice::{NoticeKind, Preferences};
use curfew_domain::time::Timestamp;
use curfew_engine::announce::Reminder;
use curfew_engine::error::Fault;
use curfew_engine::ports::{Claim, Mark, Outbox};
use serde::{Deserialize, Serialize};

use super::{ABSENT, Item, Table, item, n, request_pk, s, shape, text, unreadable};
use crate::fault::{code, fault};

/// Free, or held by somebody whose time is over. What is settled has no `held_until`, so that this never holds again.
const FREE: &str = "attribute_not_exists(pk) OR held_until < :now";

/// What a person has chosen, as the text of `doc`. Kinds that a release does not know are left out.
#[derive(Serialize, Deserialize)]
struct PreferencesDoc {
    mail: BTreeMap<String, bool>,
}

#[async_trait]
impl Outbox for Table {
    async fn claim(&self, mark: &Mark, name: &str, now: Timestamp, until: Timestamp) -> Result<Claim, Fault> {
        let what = "mark the notice";
        let held = [("holder", s(name)), ("held_until", n(millis(until)))];
        let put = self.client.put_item().table_name(&self.name);
        let put = put.set_item(Some(item(&request_pk(&mark.request), &mark_sk(mark), held)));
        let put = put.condition_expression(FREE).expression_attribute_values(":now", n(millis(now)));
        match put.send().await {
            Ok(_) => Ok(Claim::Mine),
            Err(e) if code(&e) == Some("ConditionalCheckFailedException") => {
                let found = self.mark(mark, what).await?;
                let found = found.ok_or_else(|| Fault::transient(what, "the mark is there and is not"))?;
                Ok(match found.get("holder").and_then(|holder| holder.as_s().ok()) {
                    None => Claim::Done,
                    // The client repeats a write whose reply was lost.
                    Some(holder) if holder == name => Claim::Mine,
                    Some(_) => Claim::Others,
                })
            }
            Err(e) => Err(fault(what, e)),
        }
    }

    async fn settle(&self, mark: &Mark) -> Result<(), Fault> {
        let put = self.client.put_item().table_name(&self.name);
        let put = put.set_item(Some(item(&request_pk(&mark.request), &mark_sk(mark), [])));
        put.send().await.map_err(|e| fault("settle the notice", e))?;
        Ok(())
    }

    async fn is_settled(&self, mark: &Mark) -> Result<bool, Fault> {
        let found = self.mark(mark, "look for the notice").await?;
        Ok(found.is_some_and(|found| !found.contains_key("holder")))
    }

    async fn remind(&self, request: &RequestId, reminder: Reminder) -> Result<(), Fault> {
        let item = item(&request_pk(request), &format!("N#{}", reminder.name()), []);
        let put = self.client.put_item().table_name(&self.name).set_item(Some(item)).condition_expression(ABSENT);
        match put.send().await {
            Err(e) if code(&e) != Some("ConditionalCheckFailedException") => Err(fault("note the reminder", e)),
            _ => Ok(()),
        }
    }

    async fn preferences(&self, who: &UserId) -> Result<Preferences, Fault> {
        let found = self.get(&preferences_pk(who), "P", "read the preferences").await?;
        let Some(found) = found else { return Ok(Preferences::default()) };
        let doc: PreferencesDoc = serde_json::from_str(text(&found, "doc")?).map_err(unreadable)?;
        let known = doc.mail.iter().filter_map(|(name, wanted)| Some((NoticeKind::parse(name)?, *wanted)));
        // What nobody can switch off any more is wanted, whatever was stored.
        Ok(known.fold(Preferences::default(), |all, (kind, wanted)| all.clone().choose(kind, wanted).unwrap_or(all)))
    }

    async fn put_preferences(&self, who: &UserId, preferences: &Preferences) -> Result<(), Fault> {
        let what = "store the preferences";
        let mail = preferences.chosen().map(|(kind, wanted)| (kind.name().to_owned(), wanted)).collect();
        let doc = serde_json::to_string(&PreferencesDoc { mail }).map_err(|e| Fault::permanent(what, e))?;
        let item = item(&preferences_pk(who), "P", [("schema", n(shape::SCHEMA)), ("doc", s(doc))]);
        let put = self.client.put_item().table_name(&self.name).set_item(Some(item));
        put.send().await.map_err(|e| fault(what, e))?;
        Ok(())
    }
}

impl Table {
    async fn mark(&self, mark: &Mark, what: &'static str) -> Result<Option<Item>, Fault> {
        self.get(&request_pk(&mark.request), &mark_sk(mark), what).await
    }
}

fn mark_sk(mark: &Mark) -> String {
    format!("M#{}", mark.what)
}

fn preferences_pk(who: &UserId) -> String {
    format!("PREF#{who}")
}

fn millis(at: Timestamp) -> u64 {
    u64::try_from(at.as_millisecond()).unwrap_or_default()
}
