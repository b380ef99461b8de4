//! The last line: the filter, the keys, and the position in the table.

use super::Palette;
use super::node_table::ShownRows;
use crate::top::model::{Model, Pane};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

/// Draws the line.
pub(super) fn draw(
    frame: &mut Frame<'_>,
    area: Rect,
    model: &Model,
    rows: Option<ShownRows>,
    palette: Palette,
) {
    let filter = &model.nodes.filter;
    let line = if filter.is_edited {
        Line::from(vec![
            Span::styled(format!("filter: {}", filter.text()), palette.title()),
            Span::styled("█", palette.title()),
            Span::styled("  Enter keep  Esc clear", palette.dim()),
        ])
    } else if filter.text().is_empty() {
        keys(&model.pane, palette)
    } else {
        let text = format!("filter: {}", filter.text());
        Line::from(vec![
            Span::styled(text, palette.warning()),
            Span::styled("  Esc clear  / change", palette.dim()),
        ])
    };
    frame.render_widget(line, area);
    if let Some(rows) = rows
        && rows.count < model.nodes.rows().len()
    {
        let position = Line::raw(position(rows)).right_aligned();
        frame.render_widget(position, area);
    }
}

/// The rows on the screen, of those that could be there.
fn position(rows: ShownRows) -> String {
    match rows.count {
        0 => " 0 rows".to_owned(),
        count => format!(
            " {}–{} of {}",
            rows.before + 1,
            rows.before + count,
            rows.filtered
        ),
    }
}

fn keys(pane: &Pane, palette: Palette) -> Line<'static> {
    let text = match pane {
        Pane::Nodes => "q quit  ? help  s sort  r reverse  / filter  Enter node  e events  p pause",
        Pane::Events { .. } => "q quit  ? help  e nodes  ↑↓ scroll",
        Pane::Node { .. } => "q quit  ? help  Enter, Esc all nodes",
        Pane::Help => "q quit  ? back",
    };
    Line::styled(text, palette.dim())
}
