//! x
use curfew_model::{check, protocol::Setting, safeguards::*, state::Faults};
fn main() {
    let a: Vec<u8> = std::env::args().nth(1).unwrap_or("111100".into()).bytes().map(|b| b - b'0').collect();
    let slots = std::env::args().nth(2).and_then(|x| x.parse().ok()).unwrap_or(3);
    let faults = Faults { crashes: a[0], duplicates: a[1], lost_answers: a[2], lost_triggers: a[3], removals_by_hand: a[4], returns: a[5], assignments_by_hand: a.get(6).copied().unwrap_or(0) };
    let p = Setting { safeguards: Safeguards::ALL, faults, grants: 2, slots, standing: std::env::args().nth(3).is_some() };
    let o = check::exhaustive(p, 2);
    println!("{o:#?}");
    if std::env::var("CTL").is_ok() {
        for r in REMOVALS {
            let o = check::until_broken(Setting { safeguards: Safeguards::without(r.name).unwrap(), ..p });
            println!("{:24} {:9} {:6.1?} {:?}", r.name, o.states, o.took, o.broken.iter().map(|b| (b.0, b.1.len())).collect::<Vec<_>>());
        }
    }
}
