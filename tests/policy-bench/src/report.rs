//! What was measured, as text and JSON.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::differential::Tally;
use crate::measure::{Row, Times};

/// A figure that we are out for (shared/DESIGN.md §9).
#[derive(Debug, Clone)]
pub struct Goal {
    /// What is measured, with its unit.
    pub what: &'static str,
    /// What came out.
    pub figure: f64,
    /// The most that it may be.
    pub bound: f64,
    /// Whether it is.
    pub met: bool,
}

/// The goals, by the smallest and the largest number of policies.
pub fn goals(rows: &[Row]) -> Vec<Goal> {
    let (Some(first), Some(last)) = (rows.first(), rows.last()) else { return Vec::new() };
    let goal = |what, figure, bound| Goal { what, figure, bound, met: figure <= bound };
    let mismatches = rows.iter().fold(0.0, |sum, row| sum + if row.mismatches > 0 { 1.0 } else { 0.0 });
    vec![
        goal("growth of a warm verdict, times", last.warm[0].mean() / first.warm[0].mean(), 3.0),
        goal("warm verdict, ms", last.warm[0].mean() / 1e3, 1.0),
        goal("warm verdict, ms, 99 of 100", last.warm[0].percentile(99) / 1e3, 1.0),
        goal("whole decision, ms", last.whole.warm.mean() / 1e3, 1.0),
        goal("growth of a whole decision, times", last.whole.warm.mean() / first.whole.warm.mean(), 3.0),
        goal("cold verdict, of parsing everything", last.cold[0].mean() / last.cold[1].mean(), 0.005),
        goal("sizes at which any answer differed", mismatches, 0.0),
    ]
}

/// The goals as lines.
pub fn verdicts(goals: &[Goal]) -> String {
    let line = |goal: &Goal| {
        let met = if goal.met { "met" } else { "MISSED" };
        format!("{met:<7} {:<40} {:>9.4}  (at most {})", goal.what, goal.figure, goal.bound)
    };
    goals.iter().map(line).collect::<Vec<_>>().join("\n")
}

fn line(text: &mut String, name: &str, times: &Times, base: f64) {
    let (mean, half, most) = (times.mean(), times.percentile(50), times.percentile(99));
    // Writing to a String cannot fail.
    let _ = writeln!(text, "  {name:<38} {mean:>13.1} {half:>13.1} {most:>13.1} {:>10.5}", mean / base);
}

/// One number of policies as a table. Microseconds of processor time.
pub fn row(row: &Row) -> String {
    let mut text = format!(
        "{} policies: index {} kB, compiled in {:.1} ms; {:.1} candidates; {} allowed; {} mismatches\n  {:<38} {:>13} {:>13} {:>13} {:>10}\n",
        row.policies,
        row.index / 1024,
        row.compile.mean() / 1e3,
        row.candidates,
        row.allowed,
        row.mismatches,
        "µs of processor time",
        "mean",
        "50 %",
        "99 %",
        "of full",
    );
    let full = row.warm[1].mean();
    for (name, times) in ["verdict, warm", "  full Cedar", "  cel", "  plain loop"].iter().zip(&row.warm) {
        line(&mut text, name, times, full);
    }
    let full = row.cold[1].mean();
    for (name, times) in ["verdict, cold", "  parsing everything"].iter().zip(&row.cold) {
        line(&mut text, name, times, full);
    }
    let full = row.list_full.mean();
    let name = format!("{} entitlements, cold", row.listed);
    line(&mut text, &name, &row.list[0], full);
    line(&mut text, "  warm", &row.list[1], full);
    line(&mut text, "  full Cedar, from a sample", &row.list_full, full);
    let _ = writeln!(text, "  {:.0} of them can be requested, on average", row.offered);
    let whole = &row.whole;
    let base = whole.warm.mean();
    let _ =
        writeln!(text, "  a whole decision, {} people; {} allowed; last column: of warm", whole.people, whole.allowed);
    let parts = [("warm", &whole.warm), ("first with a snapshot", &whole.first)];
    let parts = parts.into_iter().chain([("snapshot unpacked", &whole.unpack), ("configuration opened", &whole.open)]);
    for (name, times) in parts {
        line(&mut text, &format!("  {name}"), times, base);
    }
    text
}

fn figures(times: &Times) -> Value {
    json!({ "mean_us": times.mean(), "p50_us": times.percentile(50), "p99_us": times.percentile(99) })
}

/// Everything as JSON.
pub fn json(rows: &[Row], goals: &[Goal]) -> String {
    let row = |row: &Row| {
        let [sliced, full, cel, plain] = &row.warm;
        json!({
            "policies": row.policies, "index_bytes": row.index, "compile": figures(&row.compile),
            "candidates": row.candidates, "allowed": row.allowed, "mismatches": row.mismatches,
            "warm": { "sliced": figures(sliced), "full": figures(full), "cel": figures(cel), "plain": figures(plain) },
            "cold": { "sliced": figures(&row.cold[0]), "full": figures(&row.cold[1]) },
            "list": {
                "entitlements": row.listed, "offered": row.offered, "cold": figures(&row.list[0]),
                "warm": figures(&row.list[1]), "full_estimated": figures(&row.list_full),
            },
            "whole": {
                "people": row.whole.people, "allowed": row.whole.allowed, "warm": figures(&row.whole.warm),
                "first": figures(&row.whole.first), "unpack": figures(&row.whole.unpack),
                "open": figures(&row.whole.open),
            },
        })
    };
    let goal = |goal: &Goal| json!({ "what": goal.what, "figure": goal.figure, "bound": goal.bound, "met": goal.met });
    let rows: Vec<Value> = rows.iter().map(row).collect();
    let goals: Vec<Value> = goals.iter().map(goal).collect();
    json!({ "rows": rows, "goals": goals }).to_string()
}

/// What was compared.
pub fn tally(tally: &Tally, seed: u64, json: bool) -> String {
    let Tally { cases, allowed, failed, candidates, policies } = tally;
    if json {
        return json!({ "seed": seed, "cases": cases, "allowed": allowed, "failed": failed, "mismatches": 0,
            "candidates": candidates, "policies": policies })
        .to_string();
    }
    format!(
        "{cases} cases, seed {seed}: the same from sliced, full Cedar and plain matcher; {allowed} allowed, {failed} with \
         an error; {candidates} candidates of {policies} policies"
    )
}
