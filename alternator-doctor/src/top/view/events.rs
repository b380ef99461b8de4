//! The events.

use super::Palette;
use super::units::age;
use crate::top::model::{EventEntry, Model};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span, Text};
use ratatui::widgets::{Paragraph, Wrap};
use std::time::Duration;

/// Draws the last events, one in each line.
pub(super) fn draw_last(
    frame: &mut Frame<'_>,
    area: Rect,
    model: &Model,
    palette: Palette,
    now: Duration,
) {
    let rows = usize::from(area.height.saturating_sub(1));
    let events = model.events.newest_first().take(rows);
    let mut lines = vec![title(model, area, palette)];
    lines.extend(events.map(|event| line(event, palette, now)));
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
    let mut lines = vec![title(model, area, palette)];
    let events = model.events.newest_first().skip(skipped);
    // Each takes two lines at least.
    for event in events.take(area.height.into()) {
        lines.push(line(event, palette, now));
        lines.push(Line::styled(format!("      {}", event.text), palette.dim()));
    }
    let text = Paragraph::new(lines).wrap(Wrap { trim: false });
    frame.render_widget(text, area);
}

fn title(model: &Model, area: Rect, palette: Palette) -> Line<'static> {
    let text = match model.events.len() {
        0 => "EVENTS: none yet".to_owned(),
        events => format!("EVENTS: {events}, the newest first"),
    };
    Line::styled(
        format!("{text:width$}", width = area.width.into()),
        palette.header(),
    )
}

fn line<'a>(event: &'a EventEntry, palette: Palette, now: Duration) -> Line<'a> {
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
