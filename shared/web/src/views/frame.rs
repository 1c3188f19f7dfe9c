//! What surrounds every page.

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// What every page needs besides its own view.
#[derive(Debug, Clone)]
pub struct Frame {
    /// The instant at which the page is made.
    pub now: Timestamp,
    /// The reader's zone: [`crate::zone`] of the cookie [`crate::forms::ZONE_COOKIE`].
    pub zone: TimeZone,
    /// The reader's wish: [`Theme::parse`] of the cookie [`crate::forms::THEME_COOKIE`].
    pub theme: Theme,
    /// Who reads; `None` before sign-in.
    pub viewer: Option<Viewer>,
    /// The session's token, which each form sends back as [`crate::forms::CSRF`].
    pub csrf: String,
    /// Path and query of this page, for coming back after the theme was changed.
    pub path: String,
    /// What the last action came to.
    pub flash: Option<Flash>,
    /// What everybody should know now.
    pub alerts: Vec<Alert>,
}

/// Who reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Viewer {
    /// What people call them.
    pub name: String,
    /// User name.
    pub user_name: String,
    /// Changes set-up, ends any access.
    pub administrator: bool,
    /// Reads everything.
    pub auditor: bool,
    /// Requests that wait for them.
    pub approvals: usize,
    /// Open reviews that they may answer; `None`: they review nothing, and see no such page.
    pub reviews: Option<usize>,
}

/// Colours.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Theme {
    /// As the reader's system.
    #[default]
    System,
    /// Light.
    Light,
    /// Dark.
    Dark,
}

impl Theme {
    /// All of them, in the order in which they are offered.
    pub const ALL: [Self; 3] = [Self::System, Self::Light, Self::Dark];

    /// The word in cookie, form and page.
    pub fn name(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    /// The theme of that name; anything else is the system's.
    pub fn parse(name: &str) -> Self {
        Self::ALL.into_iter().find(|theme| theme.name() == name).unwrap_or_default()
    }
}

/// What the last action came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flash {
    /// Whether it was done.
    pub tone: Tone,
    /// One sentence.
    pub text: String,
}

/// How something went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// Done.
    Done,
    /// Worth knowing.
    Note,
    /// Not done.
    Problem,
}

/// What everybody should know now, above every page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Alert {
    /// Nothing was published yet: nothing can be asked for.
    NoConfiguration,
    /// The directory is too old, or was never read: nothing is granted, removal goes on.
    DirectoryTooOld {
        /// When it was read.
        taken_at: Option<Timestamp>,
    },
    /// Something else, in one sentence.
    Other(String),
}

/// Why a page is shown instead of the one that was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trouble {
    /// The reader may not see or do this.
    Forbidden {
        /// Who may, or why not, in one sentence.
        why: String,
    },
    /// There is nothing at this address, or nothing that the reader may see.
    NotFound,
    /// A form came without its token, or with that of another session.
    StaleForm,
    /// It cannot be done as things stand now, such as a decision on a step that is over.
    Refused {
        /// Why, in one sentence.
        why: String,
        /// Where to look instead: a local path.
        back: String,
    },
    /// Something failed on our side.
    Failed {
        /// By what operators find it in the logs.
        reference: String,
    },
    /// A part that Curfew needs does not answer; trying again helps.
    Unavailable {
        /// By what operators find it in the logs.
        reference: String,
    },
}

/// The page before sign-in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignInView {
    /// Why it is shown.
    pub reason: SignInReason,
    /// What people call the provider, such as `Okta`; empty if that is not known.
    pub provider: String,
    /// Where the button leads: a local path that redirects to the provider by GET.
    pub start: String,
}

/// Why somebody is asked to sign in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SignInReason {
    /// They came from outside.
    Needed,
    /// They signed out.
    SignedOut,
    /// Their session was idle for too long, or is too old.
    SessionEnded,
    /// The provider or Curfew refused.
    Refused {
        /// Why, in one sentence that gives nothing away.
        why: String,
    },
}
