//! Reviews of emergency access.

use curfew_engine::known::Reviewing;
use curfew_engine::review;
use curfew_lambda::http::log;
use curfew_web::views::{ReviewLine, ReviewsView};

use super::Shown;
use super::detail::review_view;
use crate::Console;
use crate::sign_in::Call;

impl Console {
    /// Open reviews that the reader may see, the one that is due first at the beginning.
    pub(super) async fn reviews(&self, call: &Call<'_>) -> Shown {
        let (now, person) = (self.core.clock.now(), &call.caller.person);
        let reviewing = Reviewing::new(call.caller.known.as_ref().ok(), now);
        let open = review::open(&self.core, person, reviewing).await.map_err(log)?;
        let ids: Vec<_> = open.iter().map(|review| review.request.clone()).collect();
        let requests = self.core.store.load_all(&ids).await.map_err(log)?;
        let (lines, names) = (self.lines(call), call.names());
        let mut items = Vec::new();
        for review in &open {
            let Some(request) = requests.iter().find(|request| request.ask.id == review.request) else { continue };
            let mut line = lines.line(request);
            line.actions.review = review.requester != person.id
                && (person.administrator || reviewing.reviewers(&request.ask).contains(&person.id));
            items.push(ReviewLine { line, review: review_view(review, names, reviewing.within()) });
        }
        items.sort_by_key(|item| item.review.deadline);
        let view = ReviewsView { items };
        Ok(self.page(call, 200, |frame| curfew_web::reviews(frame, &view)))
    }
}
