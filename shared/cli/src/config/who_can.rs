//! `curfew config who-can`: who could get an entitlement, and on which terms.

use curfew_domain::time::AccessDuration;
use curfew_policy::judge::Facts;
use curfew_policy::offers::Prospect;
use serde_json::json;

use super::explain::nothing_special;
use super::sources;
use crate::answer::{Answer, Failure};
use crate::arguments::WhoCan;
use crate::{names, table};

/// Lists everybody to whom some flow is open.
pub(super) fn run(given: &WhoCan) -> Result<Answer, Failure> {
    let (loaded, mut organisation) = sources::asked(&given.asked)?;
    let now = organisation.ask_at(given.at);
    let directory = &organisation.directory;
    let (account, set) = names::entitlement(directory, &given.entitlement)?;
    let name = names::of_entitlement(directory, (&account, &set));
    let duration = given.duration.unwrap_or(AccessDuration::MIN);
    let Some(entitlement) = loaded.configuration.entitlement(directory, &account, &set) else {
        let json = json!({ "entitlement": name, "people": [] });
        return Ok(Answer::fine(format!("Nobody: no catalog offers {name}."), &json));
    };
    let circumstances = nothing_special();
    let facts = Facts { directory, circumstances: &circumstances, now };
    let mut people = loaded.configuration.who_can(&facts, &entitlement, duration);
    people.retain(|(_, prospect)| prospect.is_open());
    people.sort_by_cached_key(|(id, prospect)| (order(prospect), names::of_user(directory, id).to_owned()));
    let rows: Vec<Vec<String>> = people
        .iter()
        .map(|(id, prospect)| {
            let display = directory.users.get(id).map(|user| user.display_name.clone()).unwrap_or_default();
            vec![names::of_user(directory, id).to_owned(), display, prospect.to_string()]
        })
        .collect();
    let text = if rows.is_empty() {
        format!("Nobody could get {name} for {duration} at {now}.")
    } else {
        let count = rows.len();
        let people = if count == 1 { "1 person".to_owned() } else { format!("{count} people") };
        let head = format!("{people} could get {name} for {duration} at {now}:\n\n");
        head + &table::columns(&["USER", "NAME", "HOW"], &rows)
    };
    let listed: Vec<_> = people
        .iter()
        .map(|(id, prospect)| json!({ "id": id.as_str(), "user": names::of_user(directory, id), "prospect": prospect }))
        .collect();
    let json = json!({
        "entitlement": name,
        "configuration": loaded.configuration.version().as_str(),
        "at": now.to_string(),
        "duration": duration.to_string(),
        "people": listed,
    });
    Ok(Answer::fine(text, &json))
}

fn order(prospect: &Prospect) -> usize {
    match prospect {
        Prospect::Automatic { .. } => 0,
        Prospect::Approval { steps, .. } => *steps,
        Prospect::Denied { .. } => usize::MAX,
    }
}
