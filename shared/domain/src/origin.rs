//! Where a wish came from. Policy asks for it when the wish is judged, and again when access begins (I4).

use std::net::IpAddr;

/// The circumstances under which a wish reached Curfew. What is `None` was not told.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Origin {
    /// Through which program. The caller says so and may lie: good for telling people apart from their tools, and never
    /// a reason to allow more.
    pub channel: Option<Channel>,
    /// The address that API Gateway saw.
    pub source_address: Option<IpAddr>,
    /// Whether the session was opened with a second factor, by the claim `amr` of the verified token.
    pub mfa: Option<bool>,
}

/// A program through which people ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Channel {
    /// The HTTP API itself.
    Api,
    /// The command line.
    Cli,
    /// The web console.
    Console,
    /// Slack.
    Slack,
}

impl Channel {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Api, Self::Cli, Self::Console, Self::Slack];

    /// The word for it in policy, store and API.
    pub fn name(self) -> &'static str {
        match self {
            Self::Api => "api",
            Self::Cli => "cli",
            Self::Console => "console",
            Self::Slack => "slack",
        }
    }

    /// The channel of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|channel| channel.name() == name)
    }
}
