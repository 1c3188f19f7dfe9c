//! What the audit search finds, as files.

use curfew_api::{Problem, RequestView};
use curfew_domain::request::Request;
use serde_json::{Value, json};

use super::Shown;
use super::audit::Search;
use crate::Console;
use crate::lines::reason;
use crate::names::Names;
use crate::reply::Reply;
use crate::sign_in::Call;

/// Requests in one file, at most: what fits into an answer of Lambda (6 MB) with all records.
const MOST: usize = 300;
/// Requests read at a time.
const CHUNK: usize = 100;
/// Columns of the table.
const COLUMNS: [&str; 16] = [
    "id",
    "state",
    "reason",
    "requester",
    "requester_id",
    "account",
    "account_id",
    "permission_set",
    "permission_set_arn",
    "duration",
    "emergency",
    "submitted_at",
    "started_at",
    "expires_at",
    "ticket",
    "justification",
];

/// Which file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Csv,
    Json,
}

impl Console {
    /// A file with what the search finds. One that does not hold everything says so, and where it goes on.
    pub(super) async fn export(&self, call: &Call<'_>, form: Form) -> Shown {
        call.overseer()?;
        let mut search = Search::of(call, CHUNK);
        if let Some(error) = search.errors.fields.first() {
            return Err(Problem::invalid(&error.field, &error.text));
        }
        let mut found: Vec<Request> = Vec::new();
        let next = loop {
            let page = self.found(call, &search).await?;
            found.extend(page.items);
            match page.next {
                Some(next) if found.len() < MOST => search.after(next),
                next => break next.map(|id| id.to_string()),
            }
        };
        tracing::info!(by = %call.caller.person.id, requests = found.len(), ?form, "exported");
        match form {
            Form::Csv => Ok(Reply::download(
                "text/csv; charset=utf-8",
                "curfew.csv",
                csv(&found, next.as_deref(), call.names())?,
            )),
            Form::Json => {
                let mut items = Vec::with_capacity(found.len());
                for request in &found {
                    items.push(self.with_records(request).await?);
                }
                let file = json!({ "items": items, "next_cursor": next });
                Ok(Reply::download("application/json", "curfew.json", file.to_string()))
            }
        }
    }

    /// A request as the API shows it, with its records and what checking their chain came to.
    async fn with_records(&self, request: &Request) -> Result<Value, Problem> {
        let (history, verdict) = self.checked(request).await?;
        let mut shown =
            serde_json::to_value(RequestView::full(request, &history, None)).map_err(|_| Problem::internal())?;
        let chain = match verdict {
            curfew_web::views::Chain::Intact => "intact".to_owned(),
            curfew_web::views::Chain::Broken(why) => why,
        };
        if let Some(fields) = shown.as_object_mut() {
            fields.insert("chain".to_owned(), chain.into());
        }
        Ok(shown)
    }
}

fn csv(found: &[Request], next: Option<&str>, names: Names<'_>) -> Result<String, Problem> {
    let mut writer = csv::WriterBuilder::new().flexible(true).from_writer(Vec::new());
    let failed = |error: &dyn std::fmt::Display| {
        tracing::error!(%error, "a table could not be written");
        Problem::internal()
    };
    writer.write_record(COLUMNS).map_err(|error| failed(&error))?;
    for request in found {
        writer.write_record(row(request, names).iter().map(|cell| harmless(cell))).map_err(|error| failed(&error))?;
    }
    if let Some(next) = next {
        let note = format!("more requests match; this file goes on with cursor={next}");
        writer.write_record([note]).map_err(|error| failed(&error))?;
    }
    let bytes = writer.into_inner().map_err(|error| failed(&error))?;
    String::from_utf8(bytes).map_err(|error| failed(&error))
}

fn row(request: &Request, names: Names<'_>) -> [String; 16] {
    let (ask, terms, grant) = (&request.ask, request.terms(), request.state.grant());
    [
        ask.id.to_string(),
        request.state.stage().name().to_owned(),
        reason(request).unwrap_or_default(),
        names.person(&ask.requester).user_name,
        ask.requester.to_string(),
        names.account(&ask.account).name,
        ask.account.to_string(),
        names.permission_set(&ask.permission_set).name,
        ask.permission_set.to_string(),
        terms.duration.to_string(),
        ask.emergency.to_string(),
        ask.submitted_at.to_string(),
        grant.map(|grant| grant.started_at.to_string()).unwrap_or_default(),
        grant.map(|grant| grant.expires_at.to_string()).unwrap_or_default(),
        ask.ticket.as_ref().map(ToString::to_string).unwrap_or_default(),
        ask.justification.to_string(),
    ]
}

/// A cell that no spreadsheet takes for a formula (OWASP, "CSV Injection").
fn harmless(cell: &str) -> String {
    if cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']) { format!("'{cell}") } else { cell.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_is_a_formula() {
        for bad in ["=cmd|' /C calc'!A0", "+1", "-1", "@SUM(1)", "\t=1", "\r=1"] {
            assert!(harmless(bad).starts_with('\''), "{bad}");
        }
        assert_eq!(harmless("a = b"), "a = b");
    }
}
