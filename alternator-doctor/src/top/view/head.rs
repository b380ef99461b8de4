//! The first lines: the subject, the numbers of all nodes, and their origin or age.

use super::Palette;
use super::units::{age, maybe};
use crate::top::model::Model;
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};
use std::time::Duration;

/// The age from which a document is no longer of now: it is one or two seconds old when the next is read.
const STALE: Duration = Duration::from_secs(5);

/// Draws three lines, or the second alone where there is no room for more.
pub(super) fn draw(
    frame: &mut Frame<'_>,
    area: Rect,
    model: &Model,
    palette: Palette,
    now: Duration,
) {
    if area.height < 3 {
        let line = match &model.error {
            Some(_) => status(model, palette, now),
            None => numbers(model, palette),
        };
        frame.render_widget(line, area);
        return;
    }
    let lines = Layout::vertical([Constraint::Length(1); 3]).areas(area);
    let [title_area, numbers_area, status_area] = lines;
    frame.render_widget(title(model, palette), title_area);
    frame.render_widget(numbers(model, palette), numbers_area);
    frame.render_widget(status(model, palette, now), status_area);
}

fn title<'a>(model: &'a Model, palette: Palette) -> Line<'a> {
    let mut line = Line::from(vec![
        Span::styled("alternator-doctor top", palette.title()),
        Span::raw("  "),
        Span::raw(model.title.as_str()),
    ]);
    if model.is_paused {
        line.push_span(Span::styled("  PAUSED", palette.warning()));
    }
    line
}

fn numbers(model: &Model, palette: Palette) -> Line<'static> {
    let rows = model.nodes.rows();
    let up = rows.iter().filter(|row| row.is_up()).count();
    let in_flight = rows.iter().map(|row| u64::from(row.record.in_flight));
    let in_flight: u64 = in_flight.sum();
    let history = &model.totals.history;
    let state = match rows.len() {
        0 => Span::raw("no nodes yet"),
        nodes => {
            let style = if nodes == up {
                palette.good()
            } else {
                palette.bad()
            };
            Span::styled(format!("{up} of {nodes} nodes up"), style)
        }
    };
    let failures = history.failure_rate();
    let failing = failures.is_some_and(|failures| failures > 0.0);
    let failure_style = if failing {
        palette.bad()
    } else {
        palette.dim()
    };
    let mut line = Line::from(vec![
        state,
        Span::raw(format!("  {} requests/s", maybe(history.rate()))),
        Span::raw("  "),
        Span::styled(format!("{} failures/s", maybe(failures)), failure_style),
        Span::raw(format!("  {in_flight} in flight")),
    ]);
    let stats = &model.totals.stats;
    if stats.failovers > 0 {
        line.push_span(Span::raw(format!("  {} failovers", stats.failovers)));
    }
    if stats.is_in_panic_mode {
        line.push_span(Span::styled("  PANIC MODE", palette.bad()));
    }
    line
}

/// The origin of the numbers, or the reason for which there are none or none of now.
fn status<'a>(model: &'a Model, palette: Palette, now: Duration) -> Line<'a> {
    if let Some(error) = &model.error {
        return Line::styled(
            format!("✗ {error}; trying again{}", since(model, now)),
            palette.bad(),
        );
    }
    let Some(last) = &model.last else {
        return Line::styled("waiting for the first status", palette.dim());
    };
    let stats = &model.totals.stats;
    if stats.refreshes > 0 && stats.refreshes == stats.refresh_failures {
        let text = "! no list of nodes could be read yet: these are the seeds";
        return Line::styled(text, palette.warning());
    }
    let old = now.saturating_sub(last.at);
    if old >= STALE && !model.is_paused {
        let text = format!(
            "! these numbers are {} old: nothing newer was written",
            age(old)
        );
        return Line::styled(text, palette.warning());
    }
    let text = format!("{}, {}", model.description, last.version);
    Line::styled(text, palette.dim())
}

/// The age of the numbers that stay on the screen.
fn since(model: &Model, now: Duration) -> String {
    match &model.last {
        Some(last) => format!(
            " (these numbers are {} old)",
            age(now.saturating_sub(last.at))
        ),
        None => String::new(),
    }
}
