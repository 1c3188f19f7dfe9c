//! Emergency access, and the review that it demands.

use curfew_domain::id::RequestId;
use curfew_domain::request::{Answer, Stage};

use super::cast::Person::{Ana, Ben, Dan};
use super::cast::{Access, REVIEW_WITHIN_MINUTES, with_quick_reviews};
use super::people::{Wish, mins, secs, wish};
use super::{Play, Scenario, scenario};

pub(super) fn scenarios() -> Vec<Scenario> {
    vec![
        scenario!("emergency-reviewed", reviewed, "an emergency is reviewed in time, and another one is possible",
            adjust: |options| with_quick_reviews(&mut options.organisation)),
        scenario!("emergency-owed", owed, "nobody reviews an emergency in time: none is given until somebody has",
            adjust: |options| with_quick_reviews(&mut options.organisation)),
    ]
}

impl Play {
    /// Asks for emergency access.
    async fn cry(&self) -> Option<RequestId> {
        self.ask(Ana, Wish { emergency: true, ..wish(Access::Approved, mins(1)) }).await
    }

    /// Emergency access from the wish to the confirmed end.
    async fn emergency(&self) -> Option<RequestId> {
        let id = self.cry().await?;
        self.expect(&id, "ended/expired/absent");
        self.answer(Ben, &id, Answer::Approve).await;
        self.all_over(mins(40)).await;
        Some(id)
    }

    /// Asks for emergency access, and thinks better of it; whether anybody was asked to approve it.
    async fn would_be_asked(&self, outcome: &str) -> bool {
        let Some(id) = self.cry().await else { return false };
        self.expect(&id, outcome);
        let asked = self.reaches(&id, Stage::AwaitingApproval, mins(10)).await;
        self.end(Ana, &id, "cancel").await;
        self.all_over(mins(40)).await;
        asked
    }
}

async fn reviewed(play: Play) {
    let Some(id) = play.emergency().await else { return };
    play.hope(play.review(Ana, &id).await == Some(403), "nobody reviews their own access");
    play.hope(play.review(Dan, &id).await == Some(200), "who is appointed reviews it");
    play.world.pass(mins(REVIEW_WITHIN_MINUTES + 2)).await;
    play.hope(play.would_be_asked("cancelled").await, "another emergency is possible");
}

async fn owed(play: Play) {
    let Some(id) = play.emergency().await else { return };
    play.world.pass(mins(REVIEW_WITHIN_MINUTES) + secs(90)).await;
    play.hope(!play.would_be_asked("denied").await, "who owes a review gets no emergency access");
    play.hope(play.review(Dan, &id).await == Some(200), "it can still be reviewed");
    play.hope(play.would_be_asked("cancelled").await, "another emergency is possible then");
}
