//! How access is given: what a strategy comes to, and that nothing is granted where it comes to nothing.

use curfew_domain::id::GroupId;
use curfew_domain::request::Means;
use curfew_domain::verdict::Outcome;

use super::world::{ACCESS, BEN, CLEO, DORA, SETTINGS, ask, bundle, circumstances, directory, facts, problems, user};
use crate::decide::Approved;
use crate::directory::{Directory, Group};
use crate::evaluator::Configuration;
use crate::judge::Wish;

const FLOWS: &str = "[flow.automatic]\ndescription = \"x\"\n[policy.standard]\ndescription = \"x\"\n\
    flows = [\"automatic\"]\n[policy.break-glass]\ndescription = \"x\"\nflows = [\"automatic\"]\n";
const PERMIT: &str = "permit (principal, action, resource);\n";

fn configuration(strategy: &str, groups: &str) -> Configuration {
    let access = ACCESS.replace("strategy = \"connector\"", &format!("strategy = {strategy}"));
    let settings = format!("{SETTINGS}[ownership]\npermission_sets = [\"Admin\"]\n{groups}");
    let files =
        [("curfew.toml", settings.as_str()), ("access.toml", &access), ("flows.toml", FLOWS), ("r.cedar", PERMIT)];
    Configuration::load(&bundle(&files)).map_or_else(|wrong| panic!("{}", problems(&wrong)), |(loaded, _)| loaded)
}

/// What begins for Ana by this strategy in this organisation, or why nothing does; judged when she asks and again when her
/// access is to begin.
fn begins(configuration: &Configuration, directory: &Directory) -> Result<Means, String> {
    let (ask, circumstances) = (ask(), circumstances());
    let facts = facts(directory, &circumstances);
    let verdict = configuration.decide(&facts, &ask);
    let denied = verdict.outcome == Outcome::Denied;
    // As if it had been approved under other circumstances.
    let approved = Outcome::Allowed { flow: "automatic".into(), steps: vec![] };
    let verdict_then = curfew_domain::verdict::Verdict { outcome: approved, ..verdict.clone() };
    let begins = configuration.still_allowed(&facts, &Approved { ask: &ask, verdict: &verdict_then, steps: &[] });
    assert_eq!(begins.is_err(), denied, "both times alike: {verdict:?} {begins:?}");
    let (wish, listed) = (Wish::from(&ask), &verdict.explanation);
    assert!(begins.as_ref().err().is_none_or(|why| listed.contains(&why[0])), "{wish:?} {listed:?}");
    begins.map_err(|reasons| reasons.join("; "))
}

#[test]
fn direct_assignment_unless_the_configuration_says_otherwise() {
    assert_eq!(begins(&configuration("\"connector\"", ""), &directory()), Ok(Means::Assignment));
}

#[test]
fn a_group_that_is_curfews_alone_and_exists_once() {
    let id = |n: u32| GroupId::parse(&format!("10000000-0000-4000-8000-{n:012}")).unwrap();
    let configuration = configuration("{ group = \"helpers\" }", "groups = [\"helpers\"]\n");
    let mut directory = directory();
    let missing = "this access is given by membership of the group `helpers`, which does not exist";
    assert_eq!(begins(&configuration, &directory), Err(missing.to_owned()));
    directory.groups.insert(id(7), Group { name: "helpers".into() });
    assert_eq!(begins(&configuration, &directory), Ok(Means::Membership(id(7))));
    assert_eq!(configuration.owned_groups(&directory), [id(7)]);
    directory.groups.insert(id(8), Group { name: "helpers".into() });
    assert!(begins(&configuration, &directory).unwrap_err().contains("several groups"));
}

#[test]
fn the_people_who_are_there_and_never_the_requester() {
    let of = |people: &str| begins(&configuration(&format!("{{ manual = [{people}] }}"), ""), &directory());
    let hands = |people: &[u32]| Ok(Means::Hands(people.iter().map(|n| user(*n)).collect()));
    assert_eq!(of("\"group:security\""), hands(&[CLEO, DORA]), "Emil is in it and has left");
    assert_eq!(of("\"user:ana\", \"manager\""), hands(&[BEN]), "Ana asks");
    assert!(of("\"user:ana\", \"user:emil\"").unwrap_err().contains("nobody is there who does it"));
}
