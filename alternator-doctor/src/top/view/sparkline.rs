//! A line of bars, the height of each a latency.

use super::Palette;
use crate::top::model::{History, Point};
use ratatui::text::{Line, Span};

const BARS: [&str; 8] = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"];
const FAILED: &str = "×";
const SILENT: &str = " ";

/// Draws the last points, the newest on the right. The highest of them has a full bar, and zero would have none.
///
/// The widget of `ratatui` has numbers alone: a second with failures and one without requests would look alike.
pub(super) fn sparkline(history: &History, width: usize, palette: Palette) -> Line<'static> {
    let points = history.last_points(width);
    let highest = points.clone().map(latency).fold(0.0, f64::max);
    let spans = points.map(|point| match point {
        Point::Latency(latency) => Span::styled(bar(latency, highest), palette.chart()),
        Point::Failed => Span::styled(FAILED, palette.bad()),
        Point::Silent => Span::raw(SILENT),
    });
    Line::from(spans.collect::<Vec<_>>())
}

fn latency(point: Point) -> f64 {
    match point {
        Point::Latency(latency) => latency,
        Point::Failed | Point::Silent => 0.0,
    }
}

fn bar(latency: f64, highest: f64) -> &'static str {
    let share = if highest > 0.0 {
        latency / highest
    } else {
        0.0
    };
    let eighths = (1_u8..).zip(BARS);
    let reached = eighths.take_while(|(eighths, _)| f64::from(*eighths) <= share * 8.0 + 1e-9);
    let [lowest, ..] = BARS;
    reached.last().map_or(lowest, |(_, bar)| bar)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn drawn(latencies: &[f64], width: usize) -> String {
        let mut history = History::default();
        history.record(Duration::ZERO, (0, 0), None);
        for (number, latency) in (1..).zip(latencies) {
            history.record(Duration::from_secs(number), (number, 0), Some(*latency));
        }
        sparkline(&history, width, Palette::new(false)).to_string()
    }

    #[test]
    fn bars_are_scaled_to_the_highest() {
        assert_eq!(drawn(&[1.0, 2.0, 4.0, 8.0, 0.1], 5), "▁▂▄█▁");
        assert_eq!(drawn(&[100.0, 100.0], 2), "██");
        assert_eq!(drawn(&[0.0], 1), "▁");
    }

    #[test]
    fn newest_is_on_the_right_and_the_oldest_go() {
        assert_eq!(drawn(&[8.0, 1.0], 4), "█▁");
        assert_eq!(drawn(&[8.0, 2.0, 1.0], 2), "█▄");
    }

    #[test]
    fn failures_and_silence_differ_from_low_latencies() {
        let mut history = History::default();
        for (second, requests, failures) in [(0, 0, 0), (1, 1, 0), (2, 2, 1), (3, 2, 1), (4, 3, 1)]
        {
            history.record(Duration::from_secs(second), (requests, failures), Some(3.0));
        }
        let drawn = sparkline(&history, 4, Palette::new(false)).to_string();
        assert_eq!(drawn, "█× █");
    }
}
