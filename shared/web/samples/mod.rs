//! Every page, filled: with an organisation as there are many, with nothing, and with whatever texts a test puts in.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "written by hand: a mistake here should stop the test"
)]

mod people;
mod requests;
mod setup;
mod variants;

use curfew_domain::time::{AccessDuration, Timestamp};
use curfew_web::views::{Access, Alert, Flash, Frame, Named, Person, Theme, Tone, Viewer};

/// A page under the name of its file.
pub(crate) struct Sample {
    pub(crate) name: &'static str,
    pub(crate) html: String,
}

/// The instant at which every page is made.
pub(crate) const NOW: &str = "2026-11-23T13:18:00Z";

/// Where texts come from: each page shows `text` of a harmless one wherever a text can stand.
#[derive(Clone, Copy)]
pub(crate) struct World<'a> {
    pub(crate) text: &'a dyn Fn(&str) -> String,
    pub(crate) theme: Theme,
}

/// Every page.
pub(crate) fn all(world: World<'_>) -> Vec<Sample> {
    [requests::all(world), people::all(world), setup::all(world), variants::all(world)].into_iter().flatten().collect()
}

/// Lists as long as they may be.
pub(crate) fn full(world: World<'_>) -> Vec<Sample> {
    people::full(world)
}

/// How a reader is taken to be.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    Requester,
    Approver,
    Administrator,
    Auditor,
}

impl World<'_> {
    pub(crate) fn t(&self, text: &str) -> String {
        (self.text)(text)
    }

    pub(crate) fn frame(&self, role: Role) -> Frame {
        let administrator = role == Role::Administrator;
        let viewer = Viewer {
            name: self.t("Ana Oliveira"),
            user_name: self.t("ana@example.com"),
            administrator,
            auditor: role == Role::Auditor,
            approvals: if role == Role::Approver { 2 } else { 0 },
            reviews: (administrator || role == Role::Approver).then_some(1),
        };
        Frame {
            now: at(NOW),
            zone: curfew_web::zone(Some("Europe/Berlin")),
            theme: self.theme,
            viewer: Some(viewer),
            csrf: self.t("2f1d7f0c6a0b4b7f9f0b8f3c1e5a9d2c2f1d7f0c6a0b4b7f9f0b8f3c1e5a9d2c"),
            path: format!("/{}", self.t("request?q=pay")),
            flash: None,
            alerts: Vec::new(),
        }
    }

    /// The frame of a page after something was done.
    pub(crate) fn after(&self, role: Role, tone: Tone, text: &str) -> Frame {
        Frame { flash: Some(Flash { tone, text: self.t(text) }), ..self.frame(role) }
    }

    pub(crate) fn alerted(&self, role: Role, alerts: Vec<Alert>) -> Frame {
        Frame { alerts, ..self.frame(role) }
    }

    pub(crate) fn person(&self, name: &str) -> Person {
        let user_name = format!("{}@example.com", name.split(' ').next().unwrap_or(name).to_lowercase());
        Person {
            id: self.t("906722b2-0000-4000-8000-000000000001"),
            name: self.t(name),
            user_name: self.t(&user_name),
            you: name == "Ana Oliveira",
        }
    }

    pub(crate) fn people(&self, names: &[&str]) -> Vec<Person> {
        names.iter().map(|name| self.person(name)).collect()
    }

    pub(crate) fn texts(&self, texts: &[&str]) -> Vec<String> {
        texts.iter().map(|text| self.t(text)).collect()
    }

    pub(crate) fn named(&self, id: &str, name: &str) -> Named {
        Named { id: self.t(id), name: self.t(name) }
    }

    pub(crate) fn access(&self, account: &str, set: &str) -> Access {
        let (id, unit, risk) = match account {
            "payments-production" => ("222233334444", "/Workloads/Production", "high"),
            "payments-development" => ("333344445555", "/Workloads/Development", "low"),
            "data-lake-production" => ("444455556666", "/Workloads/Production/Data", "critical"),
            "log-archive" => ("555566667777", "/Security", "high"),
            _ => ("666677778888", "/Sandbox", "low"),
        };
        Access {
            account: self.named(id, account),
            permission_set: self.named("arn:aws:sso:::permissionSet/ssoins-1111222233334444/ps-1111222233334444", set),
            unit: self.t(unit),
            risk: Some(risk.to_owned()),
        }
    }
}

pub(crate) fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub(crate) fn lasting(text: &str) -> AccessDuration {
    AccessDuration::parse(text).unwrap()
}
