//! What requests want of Identity Center, and which grants end when.

use aws_sdk_dynamodb::types::{Delete, TransactWriteItem};
use curfew_domain::ask::Ask;
use curfew_domain::id::{AccountId, GroupId, Key, PermissionSetArn, RequestId, UserId};
use curfew_domain::request::{Intent, Rank, Transition};
use curfew_domain::time::{SignedDuration, Timestamp};
use curfew_engine::error::Fault;
use curfew_engine::trigger::minute;

use super::{Item, Table, item, n, s, text, unreadable};
use crate::fault::{fault, unbuilt};

/// How long a listed end is kept: far longer than anybody would look for it.
const KEPT: SignedDuration = SignedDuration::from_hours(7 * 24);

impl Table {
    /// The write that makes the list of intents say what a transition leaves, if it changes anything.
    pub(super) fn intent_write(&self, transition: &Transition) -> Result<Option<TransactWriteItem>, Fault> {
        let what = "record the intent";
        let write = TransactWriteItem::builder();
        match transition.request.intent() {
            Some(intent) => {
                Ok(Some(write.put(self.put(intent_item(&intent, &transition.request.ask), None, what)?).build()))
            }
            None if transition.had_intent => {
                let delete = Delete::builder().table_name(&self.name).key("pk", s("INTENT"));
                let delete = delete.key("sk", s(transition.request.ask.id.as_str())).build();
                Ok(Some(write.delete(delete.map_err(|e| unbuilt(what, e))?).build()))
            }
            None => Ok(None),
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

/// With what was asked for, whatever the key is: releases that know no groups read the list all the same, and leave what
/// they cannot carry out.
fn intent_item(intent: &Intent, ask: &Ask) -> Item {
    let mut item = item(
        "INTENT",
        intent.request.as_str(),
        [
            ("rank", s(intent.rank.name())),
            ("user", s(intent.key.user().as_str())),
            ("account", s(ask.account.as_str())),
            ("permission_set", s(ask.permission_set.as_str())),
        ],
    );
    if let Key::Membership { group, .. } = &intent.key {
        item.insert("group".to_owned(), s(group.as_str()));
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
