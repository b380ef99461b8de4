//! The events.

use super::Palette;
use super::units::age;
use crate::top::model::{EventEntry, Model, Severity};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span, Text};
use ratatui::widgets::{Paragraph, Wrap};
use std::time::Duration;

/// Draws the last events, one in each line, without those that repeat.
pub(super) fn draw_last(
    frame: &mut Frame<'_>,
    area: Rect,
    model: &Model,
    palette: Palette,
    now: Duration,
) {
    let rows = usize::from(area.height.saturating_sub(1));
    let events = model.events.newest_first();
    let events = events.filter(|event| event.severity != Severity::Detail);
    let text = match model.events.len() {
        0 => "EVENTS: none yet".to_owned(),
        count => format!("EVENTS, the newest first (e: all {count})"),
    };
    let mut lines = vec![title(&text, area, palette)];
    lines.extend(events.take(rows).map(|event| line(event, palette, now)));
    frame.render_widget(Text::from(lines), area);
}

/// Draws the events with their explanations, without a number of newer ones.
pub(super) fn draw_all(
    frame: &mut Frame<'_>,
    area: Rect,
    model: &Model,
    skipped: usize,
    palette: Palette,
    now: Duration,
) {
    let text = format!("EVENTS: {}, the newest first", model.events.len());
    let mut lines = vec![title(&text, area, palette)];
    let events = model.events.newest_first().skip(skipped);
    // Each takes two lines at least.
    for event in events.take(area.height.into()) {
        lines.push(line(event, palette, now));
        lines.push(Line::styled(format!("      {}", event.text), palette.dim()));
    }
    let text = Paragraph::new(lines).wrap(Wrap { trim: false });
    frame.render_widget(text, area);
}

fn title(text: &str, area: Rect, palette: Palette) -> Line<'static> {
    let width = area.width.into();
    Line::styled(format!("{text:width$}"), palette.header())
}

/// An event in one line.
pub(super) fn line(event: &EventEntry, palette: Palette, now: Duration) -> Line<'_> {
    Line::from(vec![
        Span::styled(
            format!("{:>5} ", age(now.saturating_sub(event.at))),
            palette.dim(),
        ),
        Span::styled(event.name.as_str(), palette.severity(event.severity)),
        Span::raw("  "),
        Span::raw(event.detail.as_str()),
    ])
}
