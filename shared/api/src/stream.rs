//! What Lambda makes of the stream of the table: records, and the answer that names those that must come again.
//!
//! Shapes: Lambda developer guide, "Using AWS Lambda with Amazon DynamoDB" and "Configuring partial batch response with
//! DynamoDB and Lambda".

use curfew_domain::id::RequestId;
use curfew_engine::announce::{Occasion, Reminder, What};
use serde::{Deserialize, Serialize};

/// Input of `announce`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct StreamEvent {
    /// Records of one shard, in order.
    #[serde(rename = "Records")]
    pub records: Vec<StreamRecord>,
}

/// An item that was written.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct StreamRecord {
    /// The write.
    pub dynamodb: Written,
}

/// The write itself.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Written {
    /// Partition key and sort key.
    #[serde(rename = "Keys")]
    pub keys: Keys,
    /// The item afterwards; of it, only the version is read here.
    #[serde(rename = "NewImage")]
    pub new_image: Option<Image>,
    /// Names the record within its shard.
    #[serde(rename = "SequenceNumber")]
    pub sequence_number: String,
}

/// Keys of the table.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Keys {
    /// Partition key.
    pub pk: Text,
    /// Sort key.
    pub sk: Text,
}

/// Part of an item.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Image {
    /// Of a request or a review: the number of its last audit record.
    pub version: Option<Number>,
}

/// A text, as DynamoDB writes it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Text {
    /// The text.
    #[serde(rename = "S")]
    pub s: String,
}

/// A number, as DynamoDB writes it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Number {
    /// Its digits.
    #[serde(rename = "N")]
    pub n: String,
}

/// Output of `announce`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StreamAnswer {
    /// Records that must come again. Lambda repeats the batch from the first of them on.
    #[serde(rename = "batchItemFailures")]
    pub batch_item_failures: Vec<Failed>,
}

/// A record that must come again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Failed {
    /// Its sequence number.
    #[serde(rename = "itemIdentifier")]
    pub item_identifier: String,
}

/// What a record may have to tell; `None` for everything else in the table.
pub fn occasion(record: &StreamRecord) -> Option<Occasion> {
    let Written { keys, new_image, .. } = &record.dynamodb;
    let request = RequestId::parse(keys.pk.s.strip_prefix("REQ#")?).ok()?;
    let what = match keys.sk.s.as_str() {
        "R" | "V" => What::Version(new_image.as_ref()?.version.as_ref()?.n.parse().ok()?),
        other => What::Reminder(Reminder::parse(other.strip_prefix("N#")?)?),
    };
    Some(Occasion { request, what })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(pk: &str, sk: &str, image: &serde_json::Value) -> Option<What> {
        let record = json!({
            "eventName": "MODIFY",
            "dynamodb": {
                "Keys": { "pk": { "S": pk }, "sk": { "S": sk } }, "NewImage": image, "SequenceNumber": "4",
            },
        });
        occasion(&serde_json::from_value(record).unwrap()).map(|occasion| occasion.what)
    }

    #[test]
    fn a_transition_and_a_reminder_are_told_and_nothing_else_is() {
        let request = "REQ#019ab2c3-0000-7000-8000-000000000001";
        let version = json!({ "version": { "N": "7" }, "doc": { "B": "AAAA" } });
        assert_eq!(read(request, "R", &version), Some(What::Version(7)));
        assert_eq!(read(request, "V", &version), Some(What::Version(7)));
        assert_eq!(read(request, "N#ends_soon", &json!({})), Some(What::Reminder(Reminder::EndsSoon)));
        for (pk, sk) in [(request, "T#approval#0#ab"), (request, "M#1#active#bus"), (request, "N#?"), ("WRITER", "R")] {
            assert_eq!(read(pk, sk, &version), None, "{pk} {sk}");
        }
        assert_eq!(read(request, "R", &json!({})), None, "an item without a version");
    }
}
