//! What waits for me, and callback links.

use curfew_api::Problem;
use curfew_domain::id::LinkId;
use curfew_domain::request::{Request, State, may_handle};
use curfew_engine::decide::open_link;
use curfew_engine::error::Error;
use curfew_engine::hands::Task;
use curfew_engine::ports::Link;
use curfew_lambda::http::log;
use curfew_web::routes;
use curfew_web::views::{ApprovalLine, ApprovalsView, LinkClosed, LinkView, Sent, TaskLine};

use super::Shown;
use crate::Console;
use crate::lines::is_hand_for;
use crate::sign_in::Call;

impl Console {
    /// What waits for the reader: decisions by the end of their time; access by hand, what is to be taken first.
    pub(super) async fn approvals(&self, call: &Call<'_>) -> Shown {
        let live = self.counts.now(&self.core).await.map_err(log)?;
        let lines = self.lines(call);
        let mine = live.requests.iter().filter(|request| request.waits_for(&call.caller.person.id));
        let mut items: Vec<ApprovalLine> =
            mine.map(|request| ApprovalLine { line: lines.line(request), usual: None }).collect();
        items.sort_by_key(|item| item.line.waiting.as_ref().map(|waiting| waiting.deadline));
        let person = &call.caller.person;
        let tasks = live.requests.iter().filter(|request| may_handle(request, person));
        let mut tasks: Vec<_> = tasks.filter_map(|request| Some((Task::of(request)?, request))).collect();
        tasks.sort_by_key(|(task, request)| (*task == Task::Give, !is_hand_for(request, person), request.since));
        let task = |(_, request): &(Task, &Request)| {
            let named = is_hand_for(request, person);
            TaskLine { line: lines.line(request), named }
        };
        let view = ApprovalsView { items, tasks: tasks.iter().map(task).collect() };
        Ok(self.page(call, 200, |frame| curfew_web::approvals(frame, &view)))
    }

    /// Shows what a link is about, and never decides: mail scanners follow links and run scripts.
    pub(crate) async fn show_link(&self, call: &Call<'_>, sent: Option<Sent>) -> Shown {
        let (status, view) = self.link(call, sent).await?;
        Ok(self.page(call, status, |frame| curfew_web::link(frame, &view)))
    }

    async fn link(&self, call: &Call<'_>, sent: Option<Sent>) -> Result<(u16, LinkView), Problem> {
        let Some(id) = link_id(call) else { return Ok((404, LinkView::Unknown)) };
        let (link, request) = match open_link(&self.core, &call.caller.person, &id).await {
            Ok(found) => found,
            Err(Error::NotFound) => return Ok((404, LinkView::Unknown)),
            Err(Error::ForeignLink) => return Ok((403, LinkView::NotYours)),
            Err(error) => return Err(log(error)),
        };
        if let Some(why) = closed(call, &link, &request) {
            let shown = self.lines(call).line(&request);
            return Ok((200, LinkView::Closed { why, line: Box::new(shown) }));
        }
        let history = self.core.store.history(&request.ask.id).await.map_err(|fault| log(Error::from(fault)))?;
        let history = history.into_iter().filter(|record| record.seq <= request.head.seq).collect();
        let status = if sent.is_some() { 422 } else { 200 };
        let path = format!("{}/{id}", routes::LINKS);
        let view = self.request_view(call, &request, history, path, sent).await?;
        Ok((status, LinkView::Open(Box::new(view))))
    }
}

/// The link of the path.
pub(crate) fn link_id(call: &Call<'_>) -> Option<LinkId> {
    LinkId::parse(call.visit.part("id")?).ok()
}

/// Why a link decides nothing for its approver any more.
fn closed(call: &Call<'_>, link: &Link, request: &Request) -> Option<LinkClosed> {
    let me = &call.caller.person.id;
    let decided = request.decisions.iter().any(|it| it.step == link.step && it.approver == *me);
    let present = matches!(request.state, State::AwaitingApproval { step, .. } if step == link.step);
    if decided {
        Some(LinkClosed::Used)
    } else if request.timed_out.contains(&link.step) || matches!(request.state, State::Lapsed) {
        Some(LinkClosed::Late)
    } else if matches!(request.state, State::Cancelled { .. }) {
        Some(LinkClosed::Cancelled)
    } else if matches!(request.state, State::Denied) {
        Some(LinkClosed::Denied)
    } else if !present {
        Some(LinkClosed::StepOver)
    } else if request.waits_for(me) {
        None
    } else {
        let why = "This step needs people who have not approved this request before, and you have.";
        Some(LinkClosed::NotAllowed(why.to_owned()))
    }
}
