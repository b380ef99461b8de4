//! All that is known of one node.

use super::Palette;
use super::events;
use super::sparkline::sparkline;
use super::units::{UNKNOWN, age, maybe, milliseconds, percent};
use crate::top::model::{Model, NodeRow};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span, Text};
use ratatui::widgets::{Paragraph, Wrap};
use std::time::Duration;

/// Draws the node with this URL, and its events.
pub(super) fn draw(
    frame: &mut Frame<'_>,
    area: Rect,
    model: &Model,
    url: &str,
    palette: Palette,
    now: Duration,
) {
    let mut lines = vec![Line::styled(url.to_owned(), palette.header())];
    match model.nodes.find(url) {
        Some(row) => lines.extend(facts(row, area.width.into(), palette)),
        None => lines.push(Line::styled(
            "It is no longer in the list of nodes.",
            palette.warning(),
        )),
    }
    lines.push(Line::default());
    let events = model.events.of_node(url).take(area.height.into());
    lines.extend(events.map(|event| events::line(event, palette, now)));
    frame.render_widget(
        Paragraph::new(Text::from(lines)).wrap(Wrap { trim: false }),
        area,
    );
}

fn facts(row: &NodeRow, width: usize, palette: Palette) -> Vec<Line<'_>> {
    let record = &row.record;
    let reason = record.reason.as_ref().map(|reason| format!(": {reason}"));
    let state = Line::from(vec![
        Span::raw("state     "),
        Span::styled(row.state().to_owned(), palette.state(row.state())),
        Span::raw(format!(
            " for {}{}",
            age(milliseconds(record.in_state_for_ms)),
            reason.unwrap_or_default()
        )),
    ]);
    let listed = record.listed_ago_ms.map(milliseconds);
    let listed = listed.map_or_else(|| UNKNOWN.to_owned(), |time| format!("{} ago", age(time)));
    let place = row
        .place()
        .unwrap_or_else(|| "not told by the scope".to_owned());
    let outcomes: Vec<_> = record
        .outcomes
        .iter()
        .map(|(outcome, count)| format!("{} {count}", outcome.replace('_', " ")))
        .collect();
    vec![
        state,
        Line::raw(format!("place     {place}; listed {listed}")),
        Line::raw(format!(
            "requests  {}, {} failed, {} in flight; {}/s, {} failures/s, share {}",
            record.requests,
            record.failures,
            record.in_flight,
            maybe(row.history.rate()),
            maybe(row.history.failure_rate()),
            percent(record.share),
        )),
        Line::raw(format!("outcomes  {}", outcomes.join(", "))),
        Line::raw(format!(
            "latency   {} ms; median {} ms, 99th percentile {} ms",
            maybe(record.latency_ms),
            maybe(record.latency_p50_ms),
            maybe(record.latency_p99_ms),
        )),
        sparkline(&row.history, width, palette),
    ]
}
