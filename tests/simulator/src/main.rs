//! `cargo run --bin curfew-sim -- ...`: campaigns of faults over Curfew on a simulated AWS.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command line tool")]

mod args;

use std::io::{IsTerminal as _, Write as _};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use args::{Campaign, Cli, Command};
use clap::Parser as _;
use curfew_sim::campaign::{
    Baseline, Bounds, Fault, Pairs, Report, Schedule, Told, baseline, controls, pairs, random, run, run_all, singles,
};
use curfew_sim::directory::{Size, measure};
use curfew_sim::life;
use curfew_sim::scenario::{Scenario, all, named};
use curfew_sim::storm::{Peer, Storm, curfew, peer};
use curfew_sim::timeline::{Detail, json, timeline};
use curfew_sim::triggers::{Way, simulate};

/// Steps that are told after the first violation.
const AFTERMATH: usize = 6;
/// How often progress is told where it cannot be overwritten.
const TELL_EVERY: Duration = Duration::from_secs(5);
/// The seed of runs that have none of their own.
const SEED: u64 = 1;

fn main() -> ExitCode {
    match command(Cli::parse().command) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(message) => {
            eprintln!("curfew-sim: {message}");
            ExitCode::from(2)
        }
    }
}

/// Whether all is well.
fn command(command: Command) -> Result<bool, String> {
    match command {
        Command::Scenarios { json } => Ok(list(json)),
        Command::Exhaustive { campaign, every, all } => exhaustive(&campaign, every, !all),
        Command::Pairs { campaign, distance, sample, seed, full } => {
            let which = Pairs { distance, sample: (!full).then_some(sample), seed };
            let baselines = baselines(chosen(&campaign, false)?);
            Ok(search(&pairs(&baselines, which), &campaign))
        }
        Command::Random { campaign, seeds } => {
            let baselines = baselines(chosen(&campaign, true)?);
            Ok(search(&random(&baselines, seeds), &campaign))
        }
        Command::Replay { schedule, reads, json } => replay(&schedule, reads, json),
        Command::Storm { grants, accounts, operation_ms, seed, alone, json } => {
            Ok(storms(Storm { grants, accounts, operation_ms, seed }, alone, json))
        }
        Command::Triggers { grants, minutes, seed, json } => Ok(ways(grants, minutes, seed, json)),
        Command::Counts { json } => Ok(counts(json)),
        Command::Directory { users, groups, accounts, permission_sets, seed, json } => {
            Ok(directory(Size { users, groups, accounts, permission_sets }, seed, json))
        }
        Command::Controls { only, fit, threads, time_limit, json } => {
            let bounds = controls::Bounds { time_limit, threads };
            broken(&only, fit, &bounds, json).map_err(|error| error.to_string())
        }
    }
}

/// What two lives cost in a small organisation; `tests/it/counts.rs` holds that it is the same in a big one.
fn counts(as_json: bool) -> bool {
    let size = life::Size { users: 10, accounts: 10, permission_sets: 10, grants: 10 };
    let lives = life::lives(size, ["Reader", "Operator"], false);
    let named = ["automatic", "approved"].into_iter().zip(&lives);
    if as_json {
        let named: std::collections::BTreeMap<_, _> = named.collect();
        println!("{}", serde_json::to_string(&named).unwrap_or_default());
        return true;
    }
    for (name, life::Life { cost, lines }) in named {
        println!(
            "{name}: {} calls, of them {} to sso-admin and {} to the table; {} write units, {} read units, {} states",
            cost.calls,
            cost.sso_admin,
            cost.dynamodb,
            cost.write_units,
            cost.half_read_units.div_ceil(2),
            cost.states
        );
        println!("  {:<10} {:>5} {:>5}  call", "function", "calls", "WU");
        for line in lines {
            println!("  {:<10} {:>5} {:>5}  {} {}", line.function, line.calls, line.write_units, line.call, line.items);
        }
    }
    true
}

/// Reads a large organisation and tells what that cost. All is well if each reading was put in force.
fn directory(size: Size, seed: u64, as_json: bool) -> bool {
    let report = measure(size, seed);
    let well =
        report.readings.iter().all(|reading| reading.answer.get("outcome").is_some_and(|outcome| outcome == "synced"));
    if as_json {
        println!("{}", serde_json::to_string(&report).unwrap_or_default());
        return well;
    }
    for reading in &report.readings {
        let calls: u64 = reading.calls.values().sum();
        println!(
            "{}: {calls} calls in {:.0} s, {} invocations, at most {} calls to Identity Center in a second, {} write and {} \
             read units",
            reading.what,
            reading.seconds,
            reading.invocations,
            reading.sso_admin_per_second,
            reading.write_units,
            reading.read_units
        );
        reading.calls.iter().for_each(|(operation, count)| println!("  {count:>6} {operation}"));
        println!("  {}", reading.answer);
    }
    println!("snapshot: {} bytes in the table", report.stored_bytes);
    if let (Some(before), Some(peak)) = (report.before_mb, report.peak_mb) {
        println!("memory of this process: {before} MB with the simulated AWS before, {peak} MB at most while it read");
    }
    well
}

fn list(as_json: bool) -> bool {
    let mut rows = Vec::new();
    for scenario in all() {
        let plain = baseline(&scenario, SEED);
        rows.push((scenario.name, scenario.about, plain.ran.calls, plain.ran.events, singles(&plain, false).len()));
    }
    if as_json {
        let rows: Vec<_> = rows
            .iter()
            .map(|(name, about, calls, events, singles)| {
                serde_json::json!({ "name": name, "about": about, "calls": calls, "events": events, "single_faults": singles })
            })
            .collect();
        println!("{}", serde_json::json!(rows));
    } else {
        println!("{:<22} {:>6} {:>6} {:>7}  what", "scenario", "calls", "events", "singles");
        for (name, about, calls, events, singles) in &rows {
            println!("{name:<22} {calls:>6} {events:>6} {singles:>7}  {about}");
        }
        println!("{} single faults in all", rows.iter().map(|row| row.4).sum::<usize>());
    }
    true
}

/// The scenarios that a campaign is about. `chaos` is for random runs, unless it is named.
fn chosen(campaign: &Campaign, chaos: bool) -> Result<Vec<Scenario>, String> {
    if campaign.scenarios.is_empty() {
        return Ok(all().into_iter().filter(|scenario| chaos || scenario.name != "chaos").collect());
    }
    let find = |name: &String| named(name).ok_or_else(|| format!("there is no scenario `{name}`"));
    campaign.scenarios.iter().map(find).collect()
}

/// Runs without faults.
fn baselines(scenarios: Vec<Scenario>) -> Vec<(Scenario, Baseline)> {
    let run = |scenario| {
        let plain = baseline(&scenario, SEED);
        (scenario, plain)
    };
    scenarios.into_iter().map(run).collect()
}

fn exhaustive(campaign: &Campaign, every: usize, thin: bool) -> Result<bool, String> {
    let mut schedules = Vec::new();
    for (scenario, plain) in baselines(chosen(campaign, false)?) {
        let wanted =
            |fault: &Fault| campaign.kinds.is_empty() || campaign.kinds.iter().any(|kind| kind == fault.kind());
        let none = Schedule { scenario: scenario.name.to_owned(), faults: Vec::new(), seed: SEED };
        let one = |fault| Schedule { faults: vec![fault], ..none.clone() };
        let faults = singles(&plain, thin).into_iter().filter(wanted).step_by(every.max(1));
        schedules.extend(faults.map(one));
        schedules.push(none);
    }
    // Runs without faults first; the others mixed, so that a short campaign sees something of everything.
    schedules.sort_by_key(|schedule| !schedule.faults.is_empty());
    let plain = schedules.iter().take_while(|schedule| schedule.faults.is_empty()).count();
    let mixed = schedules.split_off(plain);
    let mut order: Vec<usize> = (0..mixed.len()).collect();
    fastrand::Rng::with_seed(SEED).shuffle(&mut order);
    schedules.extend(order.into_iter().filter_map(|at| mixed.get(at).cloned()));
    Ok(search(&schedules, campaign))
}

/// Runs a campaign and tells what came of it.
fn search(work: &dyn curfew_sim::campaign::Work, campaign: &Campaign) -> bool {
    let bounds = Bounds { threads: campaign.threads, time_limit: campaign.time_limit, keep_going: campaign.keep_going };
    let mut last = Instant::now();
    let report = run_all(work, &bounds, |told| {
        if !campaign.json {
            progress(&told, &mut last);
        }
    });
    if campaign.json {
        println!("{}", serde_json::to_string(&report).unwrap_or_default());
    } else {
        summary(&report);
    }
    report.violations.is_empty()
}

/// On a terminal one line that changes; elsewhere a line every few seconds. A violation is told when it is found: a long
/// campaign may be stopped.
fn progress(told: &Told, last: &mut Instant) {
    let mut err = std::io::stderr();
    let is_terminal = err.is_terminal();
    for found in &told.new {
        let _ = writeln!(err, "VIOLATION {} in {}: {}", found.invariant, found.schedule, found.what);
    }
    if !is_terminal && last.elapsed() < TELL_EVERY {
        return;
    }
    *last = Instant::now();
    let Told { done, of, per_second, covered, violations, .. } = told;
    let (begin, end) = if is_terminal { ("\r", " ") } else { ("", "\n") };
    let _ = write!(
        err,
        "{begin}{done} of {of} schedules, {per_second:.0} per second, {covered} states covered, {violations} violations{end}"
    );
    let _ = err.flush();
}

fn summary(report: &Report) {
    eprintln!();
    for (scenario, schedules) in &report.by_scenario {
        println!("{scenario:<22} {schedules:>7} schedules");
    }
    println!(
        "{} of {} schedules in {:.1} s ({:.0} per second): {} faults struck, {} missed, {} states covered, {} AWS calls",
        report.schedules,
        report.planned,
        report.seconds,
        report.per_second,
        report.strikes,
        report.missed,
        report.states_covered,
        report.calls
    );
    println!("the longest had {} calls: {}", report.longest.0, report.longest.1);
    for found in &report.violations {
        println!("VIOLATION {} in {}\n  {} ({})", found.invariant, found.schedule, found.what, found.at);
    }
    match report.violations.first() {
        None => println!("no invariant is violated"),
        Some(first) => {
            println!();
            if let Ok(schedule) = first.schedule.parse::<Schedule>() {
                tell(&schedule, Detail { reads: false, after_violation: AFTERMATH });
            }
            println!("\nagain: cargo run --bin curfew-sim -- replay '{}'", first.schedule);
        }
    }
}

fn tell(schedule: &Schedule, detail: Detail) {
    if let Some(scenario) = named(&schedule.scenario) {
        let ran = run(&scenario, schedule);
        print!("{}", timeline(&ran, detail));
    }
}

fn replay(text: &str, reads: bool, as_json: bool) -> Result<bool, String> {
    let schedule: Schedule = text.parse().map_err(|error| format!("{error}"))?;
    let scenario = named(&schedule.scenario).ok_or("there is no such scenario")?;
    let ran = run(&scenario, &schedule);
    if as_json {
        println!("{}", json(&ran));
    } else {
        print!("{}", timeline(&ran, Detail { reads, after_violation: 0 }));
        println!(
            "{} AWS calls, {} faults struck, {} violations",
            ran.counts.all_calls(),
            ran.strikes,
            ran.violations.len()
        );
        for violation in &ran.violations {
            println!("!!! {} at {}", violation.what, violation.at);
        }
    }
    Ok(ran.violations.is_empty())
}

/// Whether nothing was lost.
fn storms(storm: Storm, alone: bool, as_json: bool) -> bool {
    if storm.grants == 0 || storm.accounts == 0 {
        eprintln!("curfew-sim: a storm needs at least one grant and one account");
        return false;
    }
    eprintln!(
        "{} grants end at once, in {} accounts; an operation takes {} ms",
        storm.grants, storm.accounts, storm.operation_ms
    );
    let curfew = curfew(storm);
    let mut all = vec![curfew.clone()];
    if !alone {
        all.extend([Peer::Team, Peer::Elevator].map(|of| peer(storm, of)));
    }
    if as_json {
        println!("{}", serde_json::json!({ "curfew": all.first(), "peers": all.get(1..) }));
    } else {
        println!(
            "{:<22} {:>6} {:>8} {:>8} {:>6} {:>8} {:>8} {:>10} {:>8} {:>8}",
            "who", "lost", "last s", "best s", "ratio", "p50 s", "p99 s", "calls each", "refused", "reads/s"
        );
        for o in &all {
            println!(
                "{:<22} {:>6} {:>8.1} {:>8.1} {:>6.3} {:>8.1} {:>8.1} {:>10.2} {:>8.2} {:>8.1}",
                o.who,
                o.lost,
                o.seconds,
                o.best_seconds,
                o.ratio_to_limit,
                o.p50,
                o.p99,
                o.calls_per_removal,
                o.refused_per_removal,
                o.reads_per_second
            );
        }
    }
    curfew.lost == 0
}

fn ways(grants: usize, minutes: usize, seed: u64, as_json: bool) -> bool {
    let all = Way::ALL.map(|way| simulate(way, grants.max(1), minutes.max(1), seed));
    if as_json {
        println!("{}", serde_json::json!(all));
        return true;
    }
    println!("{grants} grants that end within {minutes} min; the scheduler fires within a minute of its time");
    println!(
        "{:<28} {:>8} {:>8} {:>8} {:>8} {:>10}  refused with 10 / 1,000 at once",
        "schedules", "p50 s", "p99 s", "calls", "at once", "USD/1,000"
    );
    for t in all {
        let [ten, thousand] = t.refused;
        println!(
            "{:<28} {:>8.1} {:>8.1} {:>8} {:>8} {:>10.4}  {ten} / {thousand}",
            t.way, t.late_p50, t.late_p99, t.invocations, t.at_once, t.usd_per_thousand
        );
    }
    true
}

fn broken(
    only: &[String],
    fit: bool,
    bounds: &controls::Bounds,
    as_json: bool,
) -> Result<bool, controls::ControlError> {
    let places = controls::Places::of_build();
    let mut all = controls::load(&places.controls())?;
    all.retain(|control| only.is_empty() || only.contains(&control.name));
    if fit {
        controls::check_fit(&all, &places.root)?;
        println!("{} controls fit the code", all.len());
        return Ok(true);
    }
    let results = controls::run(&all, &places, bounds, |line| eprintln!("{line}"))?;
    if as_json {
        println!("{}", serde_json::to_string(&results).unwrap_or_default());
    } else {
        print!("{}", controls::table(&results));
    }
    let caught = results.iter().filter(|caught| caught.expected).count();
    eprintln!("{caught} of {} controls caught", all.len());
    Ok(caught == all.len() && !all.is_empty())
}
