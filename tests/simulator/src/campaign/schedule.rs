//! A schedule: scenario, faults, seed. Written on one line, it replays a run exactly.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use curfew_domain::time::SignedDuration;

use crate::{CallFault, EventFault, Function, Outage, Plan, Service};

/// One thing that goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fault {
    /// An AWS call, by its running number: `call:37:crash-after`.
    Call(usize, CallFault),
    /// An event for a function, by its running number: `event:2:triple`.
    Event(usize, EventFault),
    /// A deployment before an AWS call: `deploy:12`.
    Deploy(usize),
    /// A function's clock is off by so many seconds: `skew:revoke:-300`.
    Skew(Function, i64),
    /// A service is down between these seconds of the run: `outage:dynamodb:60:180`.
    Outage(Service, u64, u64),
}

/// A run, exactly: `approved/call:37:crash-after+event:2:triple#7`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Schedule {
    /// Name of the scenario.
    pub scenario: String,
    /// What goes wrong.
    pub faults: Vec<Fault>,
    /// Decides everything that is random.
    pub seed: u64,
}

/// Why a text is no schedule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{part}` is no part of a schedule; expected {expected}")]
pub struct ScheduleError {
    part: String,
    expected: &'static str,
}

impl Fault {
    /// What kind it is, without its place.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Call(_, kind) => kind.name(),
            Self::Event(_, kind) => kind.name(),
            Self::Deploy(_) => "deploy",
            Self::Skew(..) => "skew",
            Self::Outage(..) => "outage",
        }
    }
}

impl Schedule {
    /// The faults, as the world takes them.
    pub fn plan(&self) -> Plan {
        let mut plan = Plan::default();
        for fault in &self.faults {
            match *fault {
                Fault::Call(number, kind) => drop(plan.calls.insert(number, kind)),
                Fault::Event(number, kind) => drop(plan.events.insert(number, kind)),
                Fault::Deploy(number) => drop(plan.deploys.insert(number)),
                Fault::Skew(function, seconds) => {
                    plan.skew.insert(function, SignedDuration::from_secs(seconds));
                }
                Fault::Outage(service, from, to) => {
                    let (from, to) = (Duration::from_secs(from), Duration::from_secs(to));
                    plan.outages.push(Outage { service, from, to });
                }
            }
        }
        plan
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Call(number, kind) => write!(f, "call:{number}:{kind}"),
            Self::Event(number, kind) => write!(f, "event:{number}:{kind}"),
            Self::Deploy(number) => write!(f, "deploy:{number}"),
            Self::Skew(function, seconds) => write!(f, "skew:{function}:{seconds}"),
            Self::Outage(service, from, to) => write!(f, "outage:{service}:{from}:{to}"),
        }
    }
}

impl FromStr for Fault {
    type Err = ScheduleError;

    fn from_str(text: &str) -> Result<Self, ScheduleError> {
        let wrong = |expected| ScheduleError { part: text.to_owned(), expected };
        let parts: Vec<&str> = text.split(':').collect();
        let number = |text: &str| text.parse::<usize>().map_err(|_| wrong("a number"));
        let seconds = |text: &str| text.parse::<u64>().map_err(|_| wrong("seconds"));
        Ok(match parts.as_slice() {
            ["call", at, kind] => {
                Self::Call(number(at)?, CallFault::named(kind).ok_or_else(|| wrong("a fault of calls"))?)
            }
            ["event", at, kind] => {
                Self::Event(number(at)?, EventFault::named(kind).ok_or_else(|| wrong("a fault of events"))?)
            }
            ["deploy", at] => Self::Deploy(number(at)?),
            ["skew", function, by] => {
                let function = Function::named(function).ok_or_else(|| wrong("the name of a function"))?;
                Self::Skew(function, by.parse().map_err(|_| wrong("seconds"))?)
            }
            ["outage", service, from, to] => {
                let service = Service::named(service).ok_or_else(|| wrong("the name of a service"))?;
                Self::Outage(service, seconds(from)?, seconds(to)?)
            }
            _ => return Err(wrong("call:…, event:…, deploy:…, skew:… or outage:…")),
        })
    }
}

impl fmt::Display for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let faults: Vec<String> = self.faults.iter().map(ToString::to_string).collect();
        let faults = if faults.is_empty() { "none".to_owned() } else { faults.join("+") };
        write!(f, "{}/{faults}#{}", self.scenario, self.seed)
    }
}

impl FromStr for Schedule {
    type Err = ScheduleError;

    fn from_str(text: &str) -> Result<Self, ScheduleError> {
        let wrong = |part: &str, expected| ScheduleError { part: part.to_owned(), expected };
        let (rest, seed) = text.rsplit_once('#').unwrap_or((text, "0"));
        let (scenario, faults) = rest.split_once('/').unwrap_or((rest, "none"));
        if crate::scenario::named(scenario).is_none() {
            return Err(wrong(scenario, "the name of a scenario (`curfew-sim scenarios` lists them)"));
        }
        let faults =
            if faults == "none" { Vec::new() } else { faults.split('+').map(str::parse).collect::<Result<_, _>>()? };
        let seed = seed.parse().map_err(|_| wrong(seed, "a seed"))?;
        Ok(Self { scenario: scenario.to_owned(), faults, seed })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_schedule_reads_as_it_is_written() {
        let all = "approved/call:37:crash-after+event:2:triple+deploy:9+skew:revoke:-300+outage:dynamodb:60:180#7";
        for text in [all, "automatic/none#0", "automatic/call:1:frozen-never#18446744073709551615"] {
            assert_eq!(text.parse::<Schedule>().unwrap().to_string(), text);
        }
        assert_eq!("automatic".parse::<Schedule>().unwrap().to_string(), "automatic/none#0");
        let plan = all.parse::<Schedule>().unwrap().plan();
        assert_eq!((plan.calls.len(), plan.events.len(), plan.deploys.len(), plan.outages.len()), (1, 1, 1, 1));
    }

    #[test]
    fn what_is_no_schedule_says_why() {
        for (text, why) in [
            ("nothing/none#1", "`nothing` is no part"),
            ("approved/call:x:drop#1", "a number"),
            ("approved/call:1:drop#1", "a fault of calls"),
            ("approved/event:1#1", "expected call:"),
            ("approved/none#x", "a seed"),
        ] {
            let error = text.parse::<Schedule>().unwrap_err().to_string();
            assert!(error.contains(why), "{error}");
        }
    }
}
