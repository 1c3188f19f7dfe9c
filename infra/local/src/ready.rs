//! The ready file: everything a program needs to use a local run.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Addresses, ids and tokens of a running instance. Written whole, once everything answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ready {
    /// Address of the console, and base address of Curfew's API, without a trailing slash.
    pub api: String,
    /// Base address of each AWS service, by the name of its boto3 client.
    pub endpoints: BTreeMap<String, String>,
    /// The AWS region.
    pub region: String,
    /// The OIDC issuer; `POST /mint?user=NAME` there gives a new token as plain text
    /// (`&audience=` and `&expires_in=` make bad ones).
    pub issuer: String,
    /// The audience that tokens must have.
    pub audience: String,
    /// Identity store.
    pub identity_store_id: String,
    /// Identity Center instance.
    pub instance_arn: String,
    /// Account name → id.
    pub accounts: BTreeMap<String, String>,
    /// Permission set name → ARN.
    pub permission_sets: BTreeMap<String, String>,
    /// User name → id and token.
    pub users: BTreeMap<String, User>,
    /// Assignments that were there before Curfew.
    pub standing: Vec<Standing>,
    /// Name of the `DynamoDB` table.
    pub table: String,
    /// ARN of the state machine.
    pub state_machine: String,
    /// All outputs of the deployed stack.
    pub stack: BTreeMap<String, String>,
    /// Folder with logs and the emulator's files.
    pub state_dir: String,
}

/// A person who can sign in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// Identity Center user id.
    pub id: String,
    /// A bearer token, valid for 12 hours.
    pub token: String,
}

/// An assignment that Curfew did not create.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// User name.
    pub user: String,
    /// Account name.
    pub account: String,
    /// Permission set name.
    pub permission_set: String,
}

/// boto3's names of the services that the emulator serves.
const EMULATED: [&str; 17] = [
    "apigatewayv2",
    "cloudformation",
    "cloudwatch",
    "dynamodb",
    "events",
    "iam",
    "kms",
    "lambda",
    "logs",
    "organizations",
    "s3",
    "scheduler",
    "sesv2",
    "sns",
    "sqs",
    "stepfunctions",
    "sts",
];

/// Which service answers where.
pub(crate) fn endpoints(emulator: &str, identity_center: &str) -> BTreeMap<String, String> {
    let emulated = EMULATED.iter().map(|name| ((*name).to_owned(), emulator.to_owned()));
    let fake = ["sso-admin", "identitystore"].map(|name| (name.to_owned(), identity_center.to_owned()));
    emulated.chain(fake).collect()
}

impl Ready {
    /// The file's content.
    pub(crate) fn to_json(&self) -> String {
        // Strings and maps with string keys always have a JSON form.
        serde_json::to_string_pretty(self).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn example() -> Ready {
        let one = |key: &str, value: &str| BTreeMap::from([(key.to_owned(), value.to_owned())]);
        Ready {
            api: "http://127.0.0.1:8484".into(),
            endpoints: endpoints("http://127.0.0.1:1", "http://127.0.0.1:2"),
            region: "us-east-1".into(),
            issuer: "http://127.0.0.1:3".into(),
            audience: "curfew-local".into(),
            identity_store_id: "d-1234567890".into(),
            instance_arn: "arn:aws:sso:::instance/ssoins-1111222233334444".into(),
            accounts: one("sandbox", "111111111111"),
            permission_sets: one("ReadOnly", "arn:aws:sso:::permissionSet/x/ps-1"),
            users: BTreeMap::from([("ada".into(), User { id: "u-1".into(), token: "t".into() })]),
            standing: vec![Standing {
                user: "ada".into(),
                account: "sandbox".into(),
                permission_set: "ReadOnly".into(),
            }],
            table: "table".into(),
            state_machine: "arn".into(),
            stack: one("ApiId", "ab12cd34"),
            state_dir: "/tmp/x".into(),
        }
    }

    #[test]
    fn what_is_written_can_be_read() {
        let ready = example();
        assert_eq!(serde_json::from_str::<Ready>(&ready.to_json()).unwrap(), ready);
    }

    #[test]
    fn only_identity_center_is_served_by_the_fake() {
        let endpoints = example().endpoints;
        assert_eq!(endpoints["sso-admin"], "http://127.0.0.1:2");
        assert_eq!(endpoints["identitystore"], "http://127.0.0.1:2");
        assert_eq!(endpoints.values().filter(|url| *url == "http://127.0.0.1:1").count(), 17);
    }
}
