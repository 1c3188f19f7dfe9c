//! Instants in the reader's zone, and durations in words.

use curfew_domain::time::{AccessDuration, SignedDuration, Timestamp};
use jiff::Zoned;
use maud::{Markup, html};

use crate::views::Frame;

/// An instant as people read it: the clock for today, with the day otherwise; UTC on hover. `console.js` tells it anew
/// in the browser's zone if the cookie was not there yet.
pub(crate) fn at(frame: &Frame, at: Timestamp) -> Markup {
    let text = said(&at.to_zoned(frame.zone.clone()), &frame.now.to_zoned(frame.zone.clone()));
    html! { time datetime=(at) title=(utc(at)) { (text) } }
}

/// An instant and how far it is away: `14:30, in 42 min`.
pub(crate) fn at_and_away(frame: &Frame, when: Timestamp) -> Markup {
    html! { (at(frame, when)) ", " (away(frame, when)) }
}

/// The day of an instant, where the hour says nothing.
pub(crate) fn day(frame: &Frame, at: Timestamp) -> Markup {
    let (day, today) = (at.to_zoned(frame.zone.clone()), frame.now.to_zoned(frame.zone.clone()));
    let form = if day.year() == today.year() { "%-d %b" } else { "%-d %b %Y" };
    html! { time datetime=(at) title=(utc(at)) data-day { (day.strftime(form)) } }
}

/// How far an instant is away: `in 42 min`, `3 h ago`. `console.js` keeps it true.
pub(crate) fn away(frame: &Frame, when: Timestamp) -> Markup {
    html! { span data-away=(when.as_second()) { (distance(when.duration_since(frame.now))) } }
}

fn said(at: &Zoned, now: &Zoned) -> String {
    let form = if at.date() == now.date() {
        "%H:%M"
    } else if at.year() == now.year() {
        "%a %-d %b, %H:%M"
    } else {
        "%-d %b %Y, %H:%M"
    };
    at.strftime(form).to_string()
}

fn utc(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M UTC").to_string()
}

/// `in 42 min`, `3 h 5 min ago`.
pub(crate) fn distance(from_now: SignedDuration) -> String {
    let words = words(from_now.abs().as_secs());
    if from_now.is_negative() { format!("{words} ago") } else { format!("in {words}") }
}

/// Seconds in words, the two largest units.
pub(crate) fn words(seconds: i64) -> String {
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3_600 % 24, seconds / 60 % 60);
    let units = [(days, "d"), (hours, "h"), (minutes, "min")];
    let Some(first) = units.iter().position(|(n, _)| *n > 0) else { return "less than a minute".to_owned() };
    let said: Vec<String> =
        units.iter().skip(first).take(2).filter(|(n, _)| *n > 0).map(|(n, unit)| format!("{n} {unit}")).collect();
    said.join(" ")
}

/// How long access is wanted, in words.
pub(crate) fn duration(duration: AccessDuration) -> String {
    let seconds = duration.seconds();
    match seconds % 60 {
        0 => words(i64::from(seconds)),
        rest => format!("{} {rest} s", words(i64::from(seconds - rest))),
    }
}

/// How long something lasts, in words.
pub(crate) fn lasting(duration: SignedDuration) -> String {
    words(duration.as_secs())
}

/// The durations that a form offers, ascending: round ones below the longest, and the longest.
pub(crate) fn presets(max: AccessDuration) -> Vec<AccessDuration> {
    const ROUND: [i64; 12] =
        [900, 1_800, 3_600, 7_200, 14_400, 28_800, 43_200, 86_400, 259_200, 604_800, 1_209_600, 2_592_000];
    let round = ROUND.iter().filter_map(|seconds| AccessDuration::from_seconds(*seconds).ok());
    let below: Vec<AccessDuration> = round.filter(|duration| *duration < max).collect();
    // Four are enough to choose from besides the longest: the shortest would be missed more than the middle.
    let skip = below.len().saturating_sub(MOST_PRESETS);
    let kept = below.iter().take(1).chain(below.iter().skip(1 + skip));
    kept.copied().chain([max]).collect()
}

/// Presets below the longest.
const MOST_PRESETS: usize = 5;

/// The preset that is chosen if nobody chose: an hour, or the longest below.
pub(crate) fn usual(max: AccessDuration) -> AccessDuration {
    AccessDuration::from_seconds(3_600).map_or(max, |hour| hour.min(max))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> AccessDuration {
        AccessDuration::parse(text).unwrap()
    }

    #[test]
    fn durations_are_said_in_two_units() {
        let said: Vec<String> = [5, 59, 60, 3_600, 5_400, 86_400, 90_061, 200_000].map(words).to_vec();
        let expected =
            ["less than a minute", "less than a minute", "1 min", "1 h", "1 h 30 min", "1 d", "1 d 1 h", "2 d 7 h"];
        assert_eq!(said, expected);
        assert_eq!(duration(of("PT1H30S")), "1 h 30 s");
        assert_eq!(distance(SignedDuration::from_secs(-7_200)), "2 h ago");
    }

    #[test]
    fn presets_end_with_the_longest_and_never_pass_it() {
        let said = |max: &str| presets(of(max)).into_iter().map(duration).collect::<Vec<_>>();
        assert_eq!(said("PT10M"), ["10 min"]);
        assert_eq!(said("PT1H"), ["15 min", "30 min", "1 h"]);
        assert_eq!(said("PT4H"), ["15 min", "30 min", "1 h", "2 h", "4 h"]);
        assert_eq!(said("PT12H"), ["15 min", "1 h", "2 h", "4 h", "8 h", "12 h"]);
        assert_eq!(usual(of("PT30M")), of("PT30M"));
    }

    #[test]
    fn an_instant_is_told_in_the_readers_zone() {
        let zone = crate::zone(Some("Europe/Berlin"));
        let told = |at: &str| {
            let now: Timestamp = "2026-11-23T23:30:00Z".parse().unwrap();
            said(&at.parse::<Timestamp>().unwrap().to_zoned(zone.clone()), &now.to_zoned(zone.clone()))
        };
        assert_eq!(told("2026-11-24T00:15:00Z"), "01:15", "the same day in Berlin");
        assert_eq!(told("2026-11-23T13:30:00Z"), "Mon 23 Nov, 14:30");
        assert_eq!(told("2025-01-02T03:04:05Z"), "2 Jan 2025, 04:04");
    }
}
