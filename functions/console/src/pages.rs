//! Pages: which page a call asks for, and what they share.

mod approvals;
mod audit;
mod detail;
mod everyone;
mod export;
mod favourites;
mod home;
mod new_request;
mod pace;
mod preferences;
mod reviews;
mod search;
mod setup;
mod versions;

use curfew_api::Problem;
use curfew_domain::id::RequestId;
use curfew_domain::origin::{Channel, Origin};
use curfew_engine::error::Error;
use curfew_engine::known::Known;
use curfew_lambda::http::log;
use curfew_web::forms::Action;
use curfew_web::views::Theme;

use crate::Console;
use crate::cookies::Jar;
use crate::lines::Lines;
use crate::names::Names;
use crate::place::local_path;
use crate::reply::Reply;
use crate::route::Route;
use crate::sign_in::Call;

pub(crate) use approvals::link_id as approval_link;
pub(crate) use new_request::{Entered, read_duration, which as entitlement};

/// A page, or the problem that is shown instead.
pub(crate) type Shown = Result<Reply, Problem>;

impl Console {
    /// Answers somebody who signed in.
    pub(crate) async fn dispatch(&self, call: &Call<'_>, route: Route) -> Reply {
        let shown = match route {
            Route::SignOut => return self.sign_out(call).await,
            Route::Theme => return self.theme(call),
            Route::Star => self.star(call).await,
            Route::Home => self.home(call).await,
            Route::Search => self.search(call).await,
            Route::NewRequest => self.new_request(call).await,
            Route::Preview => self.preview(call).await,
            Route::Request => Box::pin(self.request(call, None)).await,
            Route::Approvals => self.approvals(call).await,
            Route::ShowLink => Box::pin(self.show_link(call, None)).await,
            Route::Reviews => self.reviews(call).await,
            Route::Everyone => self.everyone(call).await,
            Route::Audit => self.audit(call).await,
            Route::AuditCsv => self.export(call, export::Form::Csv).await,
            Route::AuditJson => self.export(call, export::Form::Json).await,
            Route::Setup => self.setup(call).await,
            Route::Version => self.version(call).await,
            Route::Explain => self.explain(call),
            Route::Preferences => self.preferences(call, None).await,
            // Everything below changes something: what was read before is not believed any longer.
            changing => {
                self.counts.forget();
                match changing {
                    Route::Submit => Box::pin(self.submit(call)).await,
                    Route::Act(action) => Box::pin(self.act(call, action)).await,
                    Route::DecideByLink => Box::pin(self.decide_by_link(call)).await,
                    Route::Sync => self.start_sync(call).await,
                    Route::Second => self.second(call).await,
                    Route::RollBack => self.roll_back(call).await,
                    Route::PutPreferences => self.put_preferences(call).await,
                    _ => return self.nowhere(call.visit),
                }
            }
        };
        shown.unwrap_or_else(|problem| self.problem(call, &problem))
    }

    async fn act(&self, call: &Call<'_>, action: Action) -> Shown {
        match action {
            Action::Cancel | Action::Return | Action::Revoke => self.end(call, action).await,
            Action::Extend => self.extend(call).await,
            Action::Escalate => self.escalate(call).await,
            Action::Review => self.review(call).await,
            Action::Decisions => self.decide(call).await,
            Action::Provisioned | Action::Removed => self.handled(call, action).await,
        }
    }

    /// Keeps the colours in a cookie, and goes back.
    fn theme(&self, call: &Call<'_>) -> Reply {
        let theme = Theme::parse(call.form.get(curfew_web::forms::THEME));
        let back = local_path(call.form.get(curfew_web::forms::BACK)).unwrap_or("/");
        Reply::see(back).with_cookie(Jar::Theme.set(&self.place, theme.name().to_owned()))
    }

    /// Draws requests for the reader.
    pub(crate) fn lines<'c>(&'c self, call: &'c Call<'_>) -> Lines<'c> {
        Lines {
            names: call.names(),
            reader: &call.caller.person,
            now: self.core.clock.now(),
            portal: self.portal.as_deref(),
        }
    }
}

impl Call<'_> {
    /// The rules in force.
    pub(crate) fn known(&self) -> Result<&Known, Problem> {
        self.caller.known.as_ref().map_err(|error: &Error| log(error.clone()))
    }

    /// Names for the reader.
    pub(crate) fn names(&self) -> Names<'_> {
        Names::new(self.caller.known.as_ref().ok(), &self.caller.person.id)
    }

    /// Where a wish of this call comes from.
    pub(crate) fn origin(&self) -> Origin {
        Origin { channel: Some(Channel::Console), source_address: self.visit.address, mfa: self.session.mfa }
    }

    /// The request of the path.
    pub(crate) fn request_id(&self) -> Result<RequestId, Problem> {
        curfew_api::path_id(self.visit.part("id"), "request", RequestId::parse)
    }

    /// For administrators and auditors only.
    pub(crate) fn overseer(&self) -> Result<(), Problem> {
        let person = &self.caller.person;
        if person.administrator || person.auditor {
            return Ok(());
        }
        let detail = "Only administrators and auditors see everybody's access.";
        Err(Problem::new(403, "not_administrator", "You may not do this", detail))
    }

    /// For administrators only: on whose behalf.
    pub(crate) fn administrator(&self) -> Result<String, Problem> {
        if self.caller.person.administrator {
            return Ok(format!("user:{}", self.caller.person.id));
        }
        let detail = "Only administrators change the set-up.";
        Err(Problem::new(403, "not_administrator", "You may not do this", detail))
    }
}
