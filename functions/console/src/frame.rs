//! What surrounds every page: who reads, in which zone and colours, what waits for them, what everybody should know.

use curfew_domain::request::Request;
use curfew_domain::time::Timestamp;
use curfew_engine::error::Error;
use curfew_engine::known::Reviewing;
use curfew_web::forms::ZONE_COOKIE;
use curfew_web::views::{Alert, Flash, Frame, Theme, Tone, Viewer};

use crate::Console;
use crate::cookies::Jar;
use crate::lines::is_hand_for;
use crate::names::Names;
use crate::place::local_path;
use crate::reply::Reply;
use crate::sign_in::Call;
use crate::visit::Visit;

/// What an action came to, as a word in a cookie; the closed list keeps strangers' texts out of pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Said {
    Submitted,
    Cancelled,
    Returned,
    Revoked,
    Extended,
    Escalated,
    Reviewed,
    Handled,
    Approved,
    Denied,
    Saved,
    Syncing,
    Published,
    Proposed,
}

impl Said {
    const ALL: [(Self, &str, &str); 14] = [
        (Self::Submitted, "submitted", "Your request was sent."),
        (Self::Cancelled, "cancelled", "The request was withdrawn."),
        (Self::Returned, "returned", "The access was given back; it is being removed."),
        (Self::Revoked, "revoked", "The access was ended; it is being removed."),
        (Self::Extended, "extended", "Your request for more time was sent."),
        (Self::Escalated, "escalated", "This emergency request took the place of the other one."),
        (Self::Reviewed, "reviewed", "Your review was recorded."),
        (Self::Handled, "handled", "What you did by hand was recorded."),
        (Self::Approved, "approved", "Your approval was recorded."),
        (Self::Denied, "denied", "Your denial was recorded."),
        (Self::Saved, "saved", "Saved."),
        (Self::Syncing, "syncing", "The directory is being read; that takes a moment."),
        (Self::Published, "published", "The version is in force."),
        (Self::Proposed, "proposed", "The version waits for a second administrator."),
    ];

    fn text(word: &str) -> Option<&'static str> {
        Self::ALL.iter().find(|(_, known, _)| *known == word).map(|(_, _, text)| *text)
    }

    /// The cookie that has the next page say it.
    pub(crate) fn cookie(self, console: &Console) -> String {
        let word = Self::ALL.iter().find(|(said, ..)| *said == self).map_or("", |(_, word, _)| *word);
        Jar::Flash.set(&console.place, word.to_owned())
    }
}

impl Console {
    /// Around a page for nobody in particular.
    pub(crate) fn bare_frame(&self, visit: &Visit) -> Frame {
        let theme = Jar::Theme.sent(&self.place, visit);
        Frame {
            now: self.core.clock.now(),
            zone: curfew_web::zone(visit.cookies(ZONE_COOKIE).next()),
            theme: Theme::parse(theme.first().copied().unwrap_or_default()),
            viewer: None,
            csrf: String::new(),
            path: local_path(&visit.target).unwrap_or("/").to_owned(),
            flash: None,
            alerts: Vec::new(),
        }
    }

    /// Around a page for who signed in, with the numbers that were read last.
    pub(crate) fn frame(&self, call: &Call<'_>) -> Frame {
        let bare = self.bare_frame(call.visit);
        let said = Jar::Flash.sent(&self.place, call.visit);
        let text = said.first().and_then(|word| Said::text(word));
        // What a form was sent to is nothing to come back to.
        let path = if call.visit.route.starts_with("POST ") { "/".to_owned() } else { bare.path.clone() };
        Frame {
            path,
            viewer: Some(self.viewer(call, bare.now)),
            csrf: call.session.csrf.clone(),
            flash: text.map(|text| Flash { tone: Tone::Done, text: text.to_owned() }),
            alerts: alerts(call, bare.now),
            ..bare
        }
    }

    /// A page for who signed in; what the last action came to is said once.
    pub(crate) fn page(&self, call: &Call<'_>, status: u16, draw: impl FnOnce(&Frame) -> String) -> Reply {
        let reply = Reply::page(status, draw(&self.frame(call)));
        if Jar::Flash.sent(&self.place, call.visit).is_empty() {
            return reply;
        }
        reply.with_cookie(Jar::Flash.forget(&self.place))
    }

    fn viewer(&self, call: &Call<'_>, now: Timestamp) -> Viewer {
        let (person, live) = (&call.caller.person, self.counts.last());
        let known = call.caller.known.as_ref().ok();
        let called = Names::new(known, &person.id).person(&person.id);
        let mine = |request: &&Request| request.waits_for(&person.id) || is_hand_for(request, person);
        let waiting = |live: &crate::counts::Live| live.requests.iter().filter(mine).count();
        let reviewing = Reviewing::new(known, now);
        let reviews = live.as_ref().map_or(0, |live| {
            let asked = |id: &curfew_domain::id::RequestId| live.requests.iter().find(|request| request.ask.id == *id);
            let mine = |review: &&curfew_domain::review::Review| {
                review.requester != person.id
                    && (person.administrator
                        || asked(&review.request).is_some_and(|r| reviewing.reviewers(&r.ask).contains(&person.id)))
            };
            live.reviews.iter().filter(mine).count()
        });
        let sees_reviews = person.administrator || person.auditor || reviews > 0;
        Viewer {
            name: called.name,
            user_name: called.user_name,
            administrator: person.administrator,
            auditor: person.auditor,
            approvals: live.as_deref().map_or(0, waiting),
            reviews: sees_reviews.then_some(reviews),
        }
    }
}

fn alerts(call: &Call<'_>, now: Timestamp) -> Vec<Alert> {
    match &call.caller.known {
        Err(Error::NotConfigured) => vec![Alert::NoConfiguration],
        Err(Error::NoDirectory) => vec![Alert::DirectoryTooOld { taken_at: None }],
        Err(_) => vec![Alert::Other("The configuration in force cannot be read. Nothing is granted now.".to_owned())],
        Ok(known) => {
            let (taken_at, max) = (known.directory.taken_at, known.configuration.model().settings.facts_max_age);
            let too_old = now.duration_since(taken_at) > max;
            too_old.then_some(Alert::DirectoryTooOld { taken_at: Some(taken_at) }).into_iter().collect()
        }
    }
}
