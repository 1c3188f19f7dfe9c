//! What somebody keeps at hand.

use curfew_api::Problem;
use curfew_engine::error::Error;
use curfew_engine::ports::Favourite;
use curfew_lambda::http::log;
use curfew_policy::catalog;
use curfew_web::forms::{BACK, FAVOURITE, favourite};
use curfew_web::routes;
use curfew_web::views::Trouble;

use super::Shown;
use crate::Console;
use crate::place::local_path;
use crate::reply::Reply;
use crate::sign_in::Call;

/// Most that somebody keeps: one page of them.
const MOST: usize = 50;

impl Console {
    /// Keeps an entitlement at hand, or keeps it no more, and goes back.
    pub(super) async fn star(&self, call: &Call<'_>) -> Shown {
        let who = &call.caller.person.id;
        let missing = || Problem::not_found("entitlement");
        let (kept, account, set) = favourite(call.form.get(FAVOURITE)).ok_or_else(missing)?;
        let back = local_path(call.form.get(BACK)).unwrap_or(routes::REQUEST);
        let which: Favourite = (account, set);
        if kept {
            let known = call.known()?;
            known
                .configuration
                .entitlement(&known.directory, &which.0, &which.1)
                .filter(|it| catalog::sees(known.configuration.model(), &known.directory, who, it))
                .ok_or_else(missing)?;
            let others = self.favourites(call).await?.into_iter().filter(|other| *other != which).count();
            if others >= MOST {
                let why =
                    format!("You have {MOST} favourites, which is as many as there can be: take a star away first.");
                return Ok(self.trouble(call, &Trouble::Refused { why, back: back.to_owned() }));
            }
        }
        self.core.store.put_favourite(who, &which, kept).await.map_err(|fault| log(Error::from(fault)))?;
        Ok(Reply::see(back))
    }

    /// What the reader keeps.
    pub(super) async fn favourites(&self, call: &Call<'_>) -> Result<Vec<Favourite>, Problem> {
        self.core.store.favourites(&call.caller.person.id).await.map_err(|fault| log(Error::from(fault)))
    }
}
