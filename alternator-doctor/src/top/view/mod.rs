//! Draws the model: a pure function of the model, the size of the screen and the time.

mod events;
mod footer;
mod head;
mod help;
mod node_detail;
mod node_table;
mod palette;
mod sparkline;
mod units;

pub(super) use palette::Palette;

use super::model::{Model, Pane};
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use std::time::Duration;

/// The smallest size on which anything can be read.
const MIN_WIDTH: u16 = 24;
const MIN_HEIGHT: u16 = 5;

/// The height from which the last events are shown beside the nodes.
const HEIGHT_WITH_EVENTS: u16 = 16;

/// The height from which the head has all of its lines.
const HEIGHT_WITH_HEAD: u16 = 9;

/// Draws the whole screen. `now` is the wall clock, as the time since 1970.
pub(super) fn draw(frame: &mut Frame<'_>, model: &mut Model, palette: Palette, now: Duration) {
    let area = frame.area();
    if area.width < MIN_WIDTH || area.height < MIN_HEIGHT {
        let text = format!("too small: {MIN_WIDTH} x {MIN_HEIGHT} at least");
        frame.render_widget(text, area);
        return;
    }
    let head_height = if area.height < HEIGHT_WITH_HEAD { 1 } else { 3 };
    let [head, body, footer] = Layout::vertical([
        Constraint::Length(head_height),
        Constraint::Fill(1),
        Constraint::Length(1),
    ])
    .areas(area);
    head::draw(frame, head, model, palette, now);
    let mut rows = None;
    match model.pane.clone() {
        Pane::Nodes if area.height < HEIGHT_WITH_EVENTS => {
            rows = Some(node_table::draw(frame, body, model, palette));
        }
        Pane::Nodes => {
            let [nodes, events] = nodes_and_events(body, model.nodes.rows().len());
            rows = Some(node_table::draw(frame, nodes, model, palette));
            events::draw_last(frame, events, model, palette, now);
        }
        Pane::Node { url } => node_detail::draw(frame, body, model, &url, palette, now),
        Pane::Events { skipped } => events::draw_all(frame, body, model, skipped, palette, now),
        Pane::Help => help::draw(frame, body, palette),
    }
    footer::draw(frame, footer, model, rows, palette);
}

/// The table takes what its rows need, and two thirds at most; the events take the rest.
fn nodes_and_events(body: Rect, nodes: usize) -> [Rect; 2] {
    let needed = u16::try_from(nodes).unwrap_or(u16::MAX).saturating_add(2);
    let height = needed.min(body.height / 3 * 2);
    Layout::vertical([Constraint::Length(height), Constraint::Fill(1)]).areas(body)
}

#[cfg(test)]
mod tests;
