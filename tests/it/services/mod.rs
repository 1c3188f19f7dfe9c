//! What Curfew relies on in the services of AWS, once, and asked of both stand-ins: the simulator and the local run.
//!
//! A statement is what AWS answers, by its documentation. Where a stand-in answers otherwise, `differences` says so; a
//! difference that is not there any more fails the tests, and so does one that `tests/README.md` does not list.

/// Where a stand-in differs from AWS.
mod differences;
mod dynamodb;
mod identity_center;
mod lambda;
mod organizations;
/// A stand-in, and what is there.
mod place;
mod scheduler;
mod step_functions;

use std::fmt::Debug;

use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use differences::DIFFERENCES;
use place::{Place, Side, in_the_local_run, in_the_simulator};

/// What was asked, what AWS answers, and what was answered here.
#[derive(Debug)]
struct Statement {
    what: &'static str,
    aws: &'static str,
    here: String,
}

/// The statements of one service, as they are asked.
#[derive(Debug, Default)]
struct Statements(Vec<Statement>);

impl Statements {
    /// `what`: on AWS `aws`, and here?
    fn ask(&mut self, what: &'static str, aws: &'static str, here: impl Into<String>) {
        self.0.push(Statement { what, aws, here: here.into() });
    }

    /// Every answer is that of AWS, or a declared difference; every declared difference is there.
    fn hold(&self, service: &str, side: Side) {
        let mut wrong = Vec::new();
        for Statement { what, aws, here } in &self.0 {
            let declared = DIFFERENCES.iter().find(|d| (d.service, d.side, d.what) == (service, side, *what));
            match declared {
                None if here == aws => {}
                None => wrong.push(format!("{what}: {here}; AWS: {aws}")),
                Some(_) if here == aws => wrong.push(format!("{what}: as AWS now: the difference can go")),
                Some(declared) if declared.here == here => {}
                Some(declared) => wrong.push(format!("{what}: {here}; declared: {}; AWS: {aws}", declared.here)),
            }
        }
        let asked = |what: &str| self.0.iter().any(|statement| statement.what == what);
        let of_here = DIFFERENCES.iter().filter(|d| (d.service, d.side) == (service, side));
        wrong.extend(of_here.filter(|d| !asked(d.what)).map(|d| format!("{}: nobody asks that", d.what)));
        assert!(wrong.is_empty(), "{service} in the {side}: {wrong:#?}");
    }
}

/// `ok`, or the name of the error.
fn outcome<T, E, R>(result: &Result<T, SdkError<E, R>>) -> String
where
    SdkError<E, R>: ProvideErrorMetadata + Debug,
{
    match result {
        Ok(_) => "ok".to_owned(),
        Err(error) => error.code().map_or_else(|| format!("{error:?}"), str::to_owned),
    }
}

macro_rules! services {
    ($($service:ident: $simulator:ident, $local_run:ident;)*) => {
        $(
            #[test]
            fn $simulator() {
                in_the_simulator(async |place: &Place| $service::ask(place).await.hold(stringify!($service), place.side));
            }

            #[test]
            fn $local_run() {
                in_the_local_run(async |place: &Place| $service::ask(place).await.hold(stringify!($service), place.side));
            }
        )*

        const SERVICES: &[&str] = &[$(stringify!($service)),*];
    };
}

services! {
    dynamodb: dynamodb_in_the_simulator, dynamodb_in_the_local_run;
    identity_center: identity_center_in_the_simulator, identity_center_in_the_local_run;
    lambda: lambda_in_the_simulator, lambda_in_the_local_run;
    organizations: organizations_in_the_simulator, organizations_in_the_local_run;
    scheduler: scheduler_in_the_simulator, scheduler_in_the_local_run;
    step_functions: step_functions_in_the_simulator, step_functions_in_the_local_run;
}

/// The table in `tests/README.md` has one row for each difference: service, statement, who differs and how.
#[test]
fn every_difference_is_in_the_table_for_people_and_no_other() {
    let readme = include_str!("../../README.md");
    let (_, table) = readme.split_once("| service | what is asked |").expect("the table of differences");
    let rows: Vec<&str> = table.lines().skip(2).take_while(|line| line.starts_with('|')).collect();
    for difference in DIFFERENCES {
        let differences::Difference { service, what, here, side } = difference;
        assert!(SERVICES.contains(service), "{service}");
        let is_it = |row: &&&str| row.starts_with(&format!("| `{service}` | {what} |"));
        let row = rows.iter().find(is_it).unwrap_or_else(|| panic!("no row: | `{service}` | {what} |"));
        let column = row.split('|').nth(if *side == Side::Simulator { 4 } else { 5 }).unwrap_or_default();
        assert_eq!(column.trim(), *here, "{row}");
    }
    let differing = |row: &str| row.split('|').skip(4).take(2).filter(|cell| cell.trim() != "as AWS").count();
    let told: usize = rows.iter().map(|row| differing(row)).sum();
    assert_eq!(told, DIFFERENCES.len(), "rows without a declared difference: {rows:#?}");
}
