//! What requests want of Identity Center, where nobody has it in hand, and which grants end when.

use curfew_domain::id::{AccountId, GroupId, Key, PermissionSetArn, RequestId, UserId};
use curfew_domain::request::{Intent, Rank};
use curfew_domain::time::{SignedDuration, Timestamp};
use curfew_engine::error::Fault;
use curfew_engine::trigger::minute;

use super::{Item, Table, item, n, s, text, unreadable};
use crate::fault::{code, fault};

/// How long a listed end is kept: far longer than anybody would look for it.
const KEPT: SignedDuration = SignedDuration::from_hours(7 * 24);

impl Table {
    pub(super) async fn put_intent(&self, intent: &Intent) -> Result<(), Fault> {
        let put = self.client.put_item().table_name(&self.name).set_item(Some(intent_item(intent)));
        put.send().await.map_err(|e| fault("list the intent", e))?;
        Ok(())
    }

    pub(super) async fn delete_intent(&self, intent: &Intent) -> Result<(), Fault> {
        let delete = self.client.delete_item().table_name(&self.name).key("pk", s("INTENT"));
        let delete = delete.key("sk", s(intent.request.as_str())).condition_expression("#rank = :rank");
        // A reserved word (DynamoDB developer guide, "Reserved words").
        let delete = delete.expression_attribute_names("#rank", "rank");
        match delete.expression_attribute_values(":rank", s(intent.rank.name())).send().await {
            Ok(_) => Ok(()),
            // Taken off before; or the request has ended since, and wants something else.
            Err(e) if code(&e) == Some("ConditionalCheckFailedException") => Ok(()),
            Err(e) => Err(fault("take the intent off the list", e)),
        }
    }

    pub(super) async fn all_intents(&self) -> Result<Vec<Intent>, Fault> {
        self.query("INTENT", None, "read the intents").await?.iter().map(intent).collect()
    }

    pub(super) async fn list_due(&self, id: &RequestId, at: Timestamp) -> Result<(), Fault> {
        let forgotten = at.checked_add(KEPT).unwrap_or(Timestamp::MAX).as_second();
        let forgotten = u64::try_from(forgotten).unwrap_or_default();
        let item = item(&due_pk(at), id.as_str(), [("forgotten_at", n(forgotten))]);
        let put = self.client.put_item().table_name(&self.name).set_item(Some(item));
        put.send().await.map_err(|e| fault("list the end of the grant", e))?;
        Ok(())
    }

    pub(super) async fn listed_due(&self, at: Timestamp) -> Result<Vec<RequestId>, Fault> {
        let items = self.query(&due_pk(at), None, "read what is due").await?;
        items.iter().map(|item| RequestId::parse(text(item, "sk")?).map_err(unreadable)).collect()
    }
}

fn due_pk(at: Timestamp) -> String {
    format!("DUE#{}", minute(at).strftime("%Y-%m-%dT%H:%MZ"))
}

fn intent_item(intent: &Intent) -> Item {
    let wanted = [("rank", s(intent.rank.name())), ("user", s(intent.key.user().as_str()))];
    let mut item = item("INTENT", intent.request.as_str(), wanted);
    match &intent.key {
        Key::Assignment { account, permission_set, .. } => {
            item.insert("account".to_owned(), s(account.as_str()));
            item.insert("permission_set".to_owned(), s(permission_set.as_str()));
        }
        Key::Membership { group, .. } => {
            item.insert("group".to_owned(), s(group.as_str()));
        }
    }
    item
}

fn intent(item: &Item) -> Result<Intent, Fault> {
    let rank = text(item, "rank")?;
    let user = UserId::parse(text(item, "user")?).map_err(unreadable)?;
    let key = if item.contains_key("group") {
        Key::Membership { user, group: GroupId::parse(text(item, "group")?).map_err(unreadable)? }
    } else {
        Key::Assignment {
            user,
            account: AccountId::parse(text(item, "account")?).map_err(unreadable)?,
            permission_set: PermissionSetArn::parse(text(item, "permission_set")?).map_err(unreadable)?,
        }
    };
    Ok(Intent {
        request: RequestId::parse(text(item, "sk")?).map_err(unreadable)?,
        key,
        rank: Rank::parse(rank).ok_or_else(|| unreadable(format!("`{rank}` is no rank")))?,
    })
}
