//! SES: mail. No address is ever in an error: errors are logged.

use aws_sdk_sesv2::Client;
use aws_sdk_sesv2::types::{Body, Content, Destination, EmailContent, Message, MessageHeader};
use aws_smithy_runtime_api::client::result::SdkError;
use curfew_engine::error::Fault;

use crate::fault::{code, may_pass, unbuilt};

/// Codes for which only the operator can do something, and may within the hours that a notice is tried again.
const UNTIL_MENDED: [&str; 2] = ["SendingPausedException", "AccountSuspendedException"];
/// Programs that answer mails of themselves leave these alone (RFC 3834).
const AUTOMATIC: (&str, &str) = ("Auto-Submitted", "auto-generated");

/// Names the notice that a mail is a copy of.
const NOTICE: &str = "Curfew-Notice";

/// A mail, rendered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// Names the notice: the same in every copy of it. In a header, for people's filters.
    pub id: String,
    /// One line.
    pub subject: String,
    /// Plain text.
    pub text: String,
    /// The same as HTML.
    pub html: String,
}

/// Sends mail.
pub struct Mailer {
    client: Client,
    from: String,
}

impl Mailer {
    /// Mail from this address, which SES knows as a verified identity or as an address of one.
    pub fn new(client: Client, from: &str) -> Self {
        Self { client, from: format!("Curfew <{from}>") }
    }

    /// Hands a mail to SES.
    ///
    /// # Errors
    /// SES did not take it, or that is not known. Permanent: it never will.
    pub async fn send(&self, to: &str, mail: &Mail) -> Result<(), Fault> {
        let what = "send the mail";
        let content = |text: &str| Content::builder().data(text).charset("UTF-8").build().map_err(|e| unbuilt(what, e));
        let body = Body::builder().text(content(&mail.text)?).html(content(&mail.html)?).build();
        let mut message = Message::builder().subject(content(&mail.subject)?).body(body);
        for (name, value) in [AUTOMATIC, (NOTICE, mail.id.as_str())] {
            let header = MessageHeader::builder().name(name).value(value).build();
            message = message.headers(header.map_err(|e| unbuilt(what, e))?);
        }
        let message = message.build();
        let call = self.client.send_email().from_email_address(&self.from);
        let call = call.destination(Destination::builder().to_addresses(to).build());
        let sent = call.content(EmailContent::builder().simple(message).build()).send().await;
        let Err(error) = sent else { return Ok(()) };
        // SES names addresses in its messages: only the code is told.
        let code = code(&error).unwrap_or("no answer").to_owned();
        let status = match &error {
            SdkError::ServiceError(answer) => answer.raw().status().as_u16(),
            SdkError::ConstructionFailure(_) => return Err(Fault::permanent(what, "it could not be built")),
            _ => return Err(Fault::transient(what, code)),
        };
        let passing = status >= 500 || may_pass(&code) || UNTIL_MENDED.contains(&code.as_str());
        Err(if passing { Fault::transient(what, code) } else { Fault::permanent(what, code) })
    }
}
