//! `cargo run -p curfew-model`: checks the protocol, and shows what each safeguard is for.

use std::process::ExitCode;

use clap::Parser;
use curfew_model::check::{self, Outcome};
use curfew_model::controls::{CONTROLS, Expected, LARGE_CONTROLS};
use curfew_model::properties::STANDING;
use curfew_model::scenes::{LARGE, RACE_WITH_ADMINISTRATOR, SMALL, Scene};

/// Checks the protocol of granting and removing access in every reachable state, and that no safeguard can go unnoticed.
#[derive(Parser)]
struct Arguments {
    /// More faults at once: minutes, and gigabytes of memory.
    #[arg(long)]
    large: bool,
    /// Only scenes and controls whose name contains this.
    #[arg(long, default_value = "")]
    only: String,
    /// Print each counterexample, step by step.
    #[arg(long)]
    trace: bool,
    /// Threads for the scenes. Controls use one: only then a counterexample is a shortest one.
    #[arg(long, default_value_t = 2)]
    threads: usize,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let scenes = if arguments.large { LARGE } else { SMALL };
    let mut well = true;
    println!("The whole design: every invariant, in every state\n");
    println!("{:<46} {:>10} {:>6} {:>8}", "scene", "states", "depth", "seconds");
    for scene in scenes.iter().filter(|scene| scene.name.contains(&arguments.only)) {
        well &= design(scene, &arguments);
    }
    println!("\nOne safeguard less\n");
    println!("{:<24} {:<24} {:>6} {:>10} {:>8}", "without", "breaks", "steps", "states", "seconds");
    let more = if arguments.large { LARGE_CONTROLS } else { &[] };
    for control in CONTROLS.iter().chain(more).filter(|control| control.without.contains(&arguments.only)) {
        let outcome = control.check(arguments.threads);
        well &= outcome.is_ok();
        let (Ok(outcome) | Err(outcome)) = outcome;
        row(control.without, &outcome, arguments.trace);
        if let Expected::Holds(why) = control.expected {
            println!("    {why}");
        }
    }
    if "race".contains(&arguments.only) {
        println!("\nBeyond the promise: an administrator assigns the same key while Curfew does\n");
        let outcome = check::until_broken(RACE_WITH_ADMINISTRATOR, STANDING);
        row("race", &outcome, arguments.trace);
        well &= !outcome.broken.is_empty();
    }
    if well { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn design(scene: &Scene, arguments: &Arguments) -> bool {
    let outcome = check::exhaustive(scene.setting, arguments.threads);
    let Outcome { states, depth, took, .. } = outcome;
    println!("{:<46} {states:>10} {depth:>6} {:>8.1}", scene.name, took.as_secs_f32());
    show(&outcome, arguments.trace);
    for name in &outcome.unreached {
        println!("    never reached: {name}");
    }
    outcome.broken.is_empty() && outcome.unreached.is_empty()
}

fn row(name: &str, outcome: &Outcome, trace: bool) {
    let (states, seconds) = (outcome.states, outcome.took.as_secs_f32());
    let broken = outcome.broken.iter().map(|(invariant, story)| (*invariant, story.len()));
    let nothing = outcome.broken.is_empty().then_some(("nothing", 0));
    for (broken, steps) in broken.chain(nothing) {
        println!("{name:<24} {broken:<24} {steps:>6} {states:>10} {seconds:>8.1}");
    }
    show(outcome, trace);
}

fn show(outcome: &Outcome, trace: bool) {
    for (invariant, story) in outcome.broken.iter().filter(|_| trace) {
        println!("    {invariant}");
        for line in story {
            println!("      {line}");
        }
    }
}
