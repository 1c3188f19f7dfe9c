//! EventBridge and SES: whatever they take is kept.

use curfew_domain::time::Timestamp;
use serde_json::{Value, json};

use super::{only, text};

/// An event on the bus.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Published {
    /// When it was taken.
    pub at: Timestamp,
    /// Its `detail-type`.
    pub kind: String,
    /// Its detail.
    pub detail: Value,
}

/// A mail that SES took.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mailed {
    /// When it was taken.
    pub at: Timestamp,
    /// The receiver.
    pub to: String,
    /// The subject.
    pub subject: String,
    /// The plain text.
    pub text: String,
    /// The HTML.
    pub html: String,
    /// The notice that it is a copy of, from its header.
    pub notice: String,
}

/// What has left Curfew.
#[derive(Debug, Default)]
pub(crate) struct Outside {
    pub(crate) published: Vec<Published>,
    pub(crate) mails: Vec<Mailed>,
}

impl Outside {
    /// Takes an event or a mail.
    pub(crate) fn take(&mut self, operation: &str, request: &Value, at: Timestamp) -> Value {
        match operation {
            "PutEvents" => {
                only(request, &["Entries"]);
                let entries = request["Entries"].as_array().expect("entries");
                for entry in entries {
                    only(entry, &["Time", "Source", "DetailType", "Detail", "EventBusName"]);
                    assert_eq!((text(entry, "Source"), text(entry, "EventBusName")), ("curfew", "curfew"));
                    let detail = serde_json::from_str(text(entry, "Detail")).expect("details are JSON");
                    self.published.push(Published { at, kind: text(entry, "DetailType").to_owned(), detail });
                }
                let taken: Vec<Value> = entries.iter().map(|_| json!({ "EventId": "e" })).collect();
                json!({ "FailedEntryCount": 0, "Entries": taken })
            }
            "SendEmail" => {
                only(request, &["FromEmailAddress", "Destination", "Content"]);
                assert_eq!(text(request, "FromEmailAddress"), "Curfew <curfew@example.com>");
                let simple = &request["Content"]["Simple"];
                let headers = simple["Headers"].as_array().expect("headers");
                let notice = headers.iter().find(|header| header["Name"] == "Curfew-Notice").expect("an id");
                let data = |part: &str| simple.pointer(part).and_then(Value::as_str).expect("a text").to_owned();
                self.mails.push(Mailed {
                    at,
                    to: request["Destination"]["ToAddresses"][0].as_str().expect("a receiver").to_owned(),
                    subject: data("/Subject/Data"),
                    text: data("/Body/Text/Data"),
                    html: data("/Body/Html/Data"),
                    notice: text(notice, "Value").to_owned(),
                });
                json!({ "MessageId": "m" })
            }
            _ => panic!("the simulator does not know {operation}"),
        }
    }
}
