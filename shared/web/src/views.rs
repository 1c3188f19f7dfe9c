//! What the pages show, as plain data: the console fills it, the pages draw it.
//!
//! Every text may be hostile: it is escaped where it is drawn. Instants are UTC here and told in the reader's zone
//! there.
//! Ids are texts as AWS and the store write them; paths made of them are percent-encoded.

mod access;
mod approval;
mod everyone;
mod frame;
mod request;
mod setup;

pub use access::*;
pub use approval::*;
pub use everyone::*;
pub use frame::*;
pub use request::*;
pub use setup::*;

/// Somebody, as shown.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Person {
    /// Stable directory id.
    pub id: String,
    /// What people call them; the user name if the directory has nothing better, the id if they left the directory.
    pub name: String,
    /// User name, such as `ana@example.com`.
    pub user_name: String,
    /// Whether it is the reader.
    pub you: bool,
}

/// Something with its stable id and what people call it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Named {
    /// Stable id.
    pub id: String,
    /// Name in the directory; the id if it is not there any more.
    pub name: String,
}

/// What access is about: one permission set in one account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Access {
    /// Where. The id has 12 digits.
    pub account: Named,
    /// Which access. The id is an ARN.
    pub permission_set: Named,
    /// The account's place in the organisation, such as `/Workloads/Production`; empty if it is not known.
    pub unit: String,
    /// `low`, `medium`, `high` or `critical`, as configured; `None` where it is not known.
    pub risk: Option<String>,
}

/// What is wrong with a form that was sent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Errors {
    /// At fields, by the names in [`crate::forms`].
    pub fields: Vec<FieldError>,
    /// With the whole.
    pub whole: Option<String>,
}

/// What is wrong with one field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldError {
    /// Name of the field; one that the form does not have is shown with the whole.
    pub field: String,
    /// What is wrong and what to do, in one sentence.
    pub text: String,
}

impl Errors {
    /// One field is wrong.
    pub fn at(field: impl Into<String>, text: impl Into<String>) -> Self {
        Self { fields: vec![FieldError { field: field.into(), text: text.into() }], whole: None }
    }

    /// The whole is wrong.
    pub fn whole(text: impl Into<String>) -> Self {
        Self { fields: Vec::new(), whole: Some(text.into()) }
    }

    /// Whether nothing is wrong.
    pub fn is_empty(&self) -> bool {
        self.fields.is_empty() && self.whole.is_none()
    }

    /// What is wrong with this field.
    pub fn of(&self, field: &str) -> Option<&str> {
        self.fields.iter().find(|error| error.field == field).map(|error| error.text.as_str())
    }
}
