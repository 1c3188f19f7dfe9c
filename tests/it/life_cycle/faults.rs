//! What goes wrong, and where.

use std::collections::BTreeMap;

use curfew_domain::time::Timestamp;

/// What happens to one port call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// It fails and had no effect.
    Lost,
    /// It had its effect, and its caller is told that it failed.
    ReplyLost,
    /// The caller dies before the effect.
    CrashBefore,
    /// The caller dies after the effect.
    CrashAfter,
    /// It had its effect, and its caller sleeps through the next so many seconds.
    Frozen(u16),
}

impl Kind {
    pub(crate) const ALL: [Self; 5] =
        [Self::Lost, Self::ReplyLost, Self::CrashBefore, Self::CrashAfter, Self::Frozen(20)];
}

/// All trouble of one run.
#[derive(Debug, Clone, Default)]
pub(crate) struct Plan {
    /// By number of the port call, counted from 0 over the whole run.
    pub(crate) at: BTreeMap<usize, Kind>,
    /// The n-th call of a port from now on, counted from 0.
    pub(crate) of_port: Option<(&'static str, usize, Kind)>,
    /// Every call whose name starts so, between these instants.
    pub(crate) outages: Vec<(&'static str, Timestamp, Timestamp)>,
    /// Random trouble.
    pub(crate) chaos: Option<Chaos>,
}

/// Random trouble until an instant.
#[derive(Debug, Clone)]
pub(crate) struct Chaos {
    pub(crate) random: Random,
    /// How many calls of a thousand fail.
    pub(crate) per_mille: u64,
    pub(crate) until: Timestamp,
}

impl Plan {
    /// What happens to this call.
    pub(crate) fn strike(&mut self, number: usize, port: &str, now: Timestamp) -> Option<Kind> {
        if let Some(kind) = self.at.get(&number) {
            return Some(*kind);
        }
        if let Some((name, left, kind)) = self.of_port.filter(|(name, _, _)| *name == port) {
            self.of_port = left.checked_sub(1).map(|left| (name, left, kind));
            if left == 0 {
                return Some(kind);
            }
        }
        if self.outages.iter().any(|(prefix, from, to)| port.starts_with(prefix) && (*from..*to).contains(&now)) {
            return Some(Kind::Lost);
        }
        let chaos = self.chaos.as_mut().filter(|chaos| now < chaos.until)?;
        let hit = chaos.random.below(1_000) < chaos.per_mille;
        hit.then(|| Kind::ALL[usize::try_from(chaos.random.below(5)).unwrap()])
    }
}

/// A splitmix64 generator.
#[derive(Debug, Clone)]
pub(crate) struct Random(pub(crate) u64);

impl Random {
    /// A number below `n`.
    pub(crate) fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % n
    }
}
