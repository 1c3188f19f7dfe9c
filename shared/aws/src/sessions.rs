//! DynamoDB: what the console keeps of its sessions, in a table of its own that no other function may read.
//!
//! | partition key | sort key | what |
//! |---|---|---|
//! | `KEYS` | `K` | the secrets that session cookies are sealed with: the present one and the one before; `number` guards every write |
//! | `ENDED#<session>` | `E` | a session that somebody signed out of; forgotten once it would have ended anyway |

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use curfew_domain::id::LinkId;
use curfew_domain::time::Timestamp;
use curfew_engine::error::Fault;
use curfew_engine::ports::Commit;

use crate::fault::{code, fault};

/// The secrets that cookies are sealed with.
#[derive(Clone, PartialEq, Eq)]
pub struct Secrets {
    /// How often they were changed, from 1. Names the present one.
    pub number: u64,
    /// Seals and opens.
    pub present: String,
    /// Opens what was sealed before the last change.
    pub before: Option<String>,
    /// When the present one was made.
    pub made_at: Timestamp,
}

impl std::fmt::Debug for Secrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Secrets").field("number", &self.number).field("made_at", &self.made_at).finish_non_exhaustive()
    }
}

/// The table of sessions.
pub struct Sessions {
    client: Client,
    table: String,
}

impl Sessions {
    /// The table of this name.
    pub fn new(client: Client, table: String) -> Self {
        Self { client, table }
    }

    /// The secrets (strongly consistent); `None` before the first ones were made.
    ///
    /// # Errors
    /// The table does not answer, or what it holds cannot be read.
    pub async fn secrets(&self) -> Result<Option<Secrets>, Fault> {
        let what = "read the secrets of sessions";
        let read = self.client.get_item().table_name(&self.table).key("pk", s("KEYS")).key("sk", s("K"));
        let Some(item) = read.consistent_read(true).send().await.map_err(|e| fault(what, e))?.item else {
            return Ok(None);
        };
        let unreadable = || Fault::permanent(what, "an attribute is missing or of another type");
        let text = |name: &str| item.get(name).and_then(|value| value.as_s().ok()).cloned();
        let number = item.get("number").and_then(|value| value.as_n().ok()).and_then(|number| number.parse().ok());
        Ok(Some(Secrets {
            number: number.ok_or_else(unreadable)?,
            present: text("present").ok_or_else(unreadable)?,
            before: text("before"),
            made_at: text("made_at").and_then(|at| at.parse().ok()).ok_or_else(unreadable)?,
        }))
    }

    /// Writes secrets over those with the number before.
    ///
    /// # Errors
    /// The table does not answer.
    pub async fn put_secrets(&self, secrets: &Secrets) -> Result<Commit, Fault> {
        let mut put = self
            .client
            .put_item()
            .table_name(&self.table)
            .item("pk", s("KEYS"))
            .item("sk", s("K"))
            .item("number", AttributeValue::N(secrets.number.to_string()))
            .item("present", s(&secrets.present))
            .item("made_at", s(secrets.made_at.to_string()));
        if let Some(before) = &secrets.before {
            put = put.item("before", s(before));
        }
        put = if secrets.number == 1 {
            put.condition_expression("attribute_not_exists(pk)")
        } else {
            // `number` is no reserved word; `:last` is what was read.
            let last = AttributeValue::N((secrets.number - 1).to_string());
            put.condition_expression("number = :last").expression_attribute_values(":last", last)
        };
        match put.send().await {
            Ok(_) => Ok(Commit::Done),
            Err(error) if code(&error) == Some("ConditionalCheckFailedException") => Ok(Commit::Conflict),
            Err(error) => Err(fault("keep the secrets of sessions", error)),
        }
    }

    /// Ends a session: whoever holds a copy of its cookie has nothing. `until`: when it would have ended anyway.
    ///
    /// # Errors
    /// The table does not answer.
    pub async fn end(&self, session: &LinkId, until: Timestamp) -> Result<(), Fault> {
        let put = self
            .client
            .put_item()
            .table_name(&self.table)
            .item("pk", s(format!("ENDED#{session}")))
            .item("sk", s("E"))
            .item("forgotten_at", AttributeValue::N(until.as_second().to_string()));
        put.send().await.map_err(|e| fault("end the session", e))?;
        Ok(())
    }

    /// Whether somebody signed out of this session (strongly consistent).
    ///
    /// # Errors
    /// The table does not answer.
    pub async fn is_ended(&self, session: &LinkId) -> Result<bool, Fault> {
        let read =
            self.client.get_item().table_name(&self.table).key("pk", s(format!("ENDED#{session}"))).key("sk", s("E"));
        let found = read.consistent_read(true).send().await.map_err(|e| fault("look whether the session ended", e))?;
        Ok(found.item.is_some())
    }
}

fn s(text: impl Into<String>) -> AttributeValue {
    AttributeValue::S(text.into())
}
