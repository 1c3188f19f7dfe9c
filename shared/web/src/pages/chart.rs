//! Active access over time, as a drawing and in words.

use std::fmt::Write as _;

use maud::{Markup, html};

use crate::time;
use crate::views::{ChartPoint, Frame};

/// Width and height of the drawing, in its own units.
const WIDTH: i64 = 1_000;
const HEIGHT: i64 = 200;

/// The chart; nothing where there is nothing to draw.
pub(super) fn chart(frame: &Frame, points: &[ChartPoint]) -> Markup {
    let (Some(first), Some(last)) = (points.first(), points.last()) else { return html! {} };
    let span = last.at.as_second().saturating_sub(first.at.as_second());
    // A line along the bottom says less than the words below it.
    if span <= 0 || points.iter().all(|point| point.active == 0) {
        return html! {};
    }
    let top = ceiling(points.iter().map(|point| point.active).max().unwrap_or(0));
    let highest = points.iter().max_by_key(|point| point.active).unwrap_or(first);
    let emergencies = points.iter().any(|point| point.emergencies > 0);
    html! {
        figure.chart {
            figcaption {
                h2 { "Active access over time" }
                p.detail {
                    (last.active) " now, at most " (highest.active) " at " (time::at(frame, highest.at))
                    @if emergencies { " " span.key { "emergencies" } }
                }
            }
            div.plot {
                svg viewBox={ "0 0 " (WIDTH) " " (HEIGHT) } preserveAspectRatio="none" role="img"
                    aria-labelledby="chart-title chart-text" {
                    title #chart-title { "Active access over time" }
                    desc #chart-text {
                        "From " (first.active) " to " (last.active) ", at most " (highest.active)
                        ". The table below the drawing has the numbers of each day."
                    }
                    line.grid x1="0" x2=(WIDTH) y1="1" y2="1" {}
                    line.grid x1="0" x2=(WIDTH) y1=(HEIGHT / 2) y2=(HEIGHT / 2) {}
                    line.base x1="0" x2=(WIDTH) y1=(HEIGHT) y2=(HEIGHT) {}
                    path.area d=(area(points, top, |point| point.active)) {}
                    path.line d=(line(points, top, |point| point.active)) {}
                    @if emergencies { path.area.emergencies d=(area(points, top, |point| point.emergencies)) {} }
                }
                span.top { (top) }
                span.middle { @if top.is_multiple_of(2) { (top / 2) } }
                span.zero { "0" }
            }
            div.axis { span { (time::at(frame, first.at)) } span { (time::at(frame, last.at)) } }
            details.fold.numbers {
                summary { "As a table" }
                (table(frame, points))
            }
        }
    }
}

/// The same for those who do not see it, or want the numbers: the most of each day, in the reader's zone.
fn table(frame: &Frame, points: &[ChartPoint]) -> Markup {
    let day = |point: &ChartPoint| point.at.to_zoned(frame.zone.clone()).date();
    html! {
        table {
            thead { tr { th scope="col" { "Day" } th scope="col" { "At most" } th scope="col" { "Emergencies" } } }
            tbody { @for points in points.chunk_by(|a, b| day(a) == day(b)) {
                @if let Some(first) = points.first() {
                    tr {
                        th scope="row" { (time::day(frame, first.at)) }
                        td { (points.iter().map(|point| point.active).max().unwrap_or(0)) }
                        td { (points.iter().map(|point| point.emergencies).max().unwrap_or(0)) }
                    }
                }
            } }
        }
    }
}

/// The next round number: 2, 3, 4, 6, 8, 10, 20 …
fn ceiling(most: u32) -> u32 {
    let mut unit: u32 = 1;
    loop {
        for step in [2, 3, 4, 6, 8, 10] {
            let candidate = unit.saturating_mul(step);
            if candidate >= most {
                return candidate;
            }
        }
        unit = unit.saturating_mul(10);
    }
}

/// Steps, because access begins and ends at once: across to the next point, then up or down.
fn line(points: &[ChartPoint], top: u32, of: fn(&ChartPoint) -> u32) -> String {
    let mut path = String::new();
    for (index, point) in points.iter().enumerate() {
        let (x, y) = (across(points, point), up(of(point), top));
        // Writing to a string cannot fail.
        let _ = if index == 0 { write!(path, "M{x} {y}") } else { write!(path, "H{x}V{y}") };
    }
    path
}

fn area(points: &[ChartPoint], top: u32, of: fn(&ChartPoint) -> u32) -> String {
    format!("{}V{HEIGHT}H0Z", line(points, top, of))
}

fn across(points: &[ChartPoint], point: &ChartPoint) -> i64 {
    let (Some(first), Some(last)) = (points.first(), points.last()) else { return 0 };
    let span = last.at.as_second().saturating_sub(first.at.as_second()).max(1);
    point.at.as_second().saturating_sub(first.at.as_second()).saturating_mul(WIDTH).checked_div(span).unwrap_or(0)
}

fn up(value: u32, top: u32) -> i64 {
    HEIGHT - i64::from(value).saturating_mul(HEIGHT).checked_div(i64::from(top.max(1))).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_drawing_stays_in_its_frame_and_steps() {
        let point = |at: i64, active| ChartPoint {
            at: curfew_domain::time::Timestamp::from_second(at).unwrap(),
            active,
            emergencies: 0,
        };
        let points = [point(0, 0), point(50, 4), point(100, 2)];
        assert_eq!(line(&points, 4, |point| point.active), "M0 200H500V0H1000V100");
        assert_eq!([0, 3, 5, 11, 41, 250].map(ceiling), [2, 3, 6, 20, 60, 300]);
        assert_eq!(ceiling(u32::MAX), u32::MAX);
    }
}
