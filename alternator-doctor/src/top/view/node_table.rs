//! The table of the nodes.

use super::Palette;
use super::sparkline::sparkline;
use super::units::{UNKNOWN, age, maybe, milliseconds, percent};
use crate::top::model::{Column, Model, NodeRow, Order};
use ratatui::Frame;
use ratatui::layout::{Alignment, Constraint, Rect};
use ratatui::text::{Line, Text};
use ratatui::widgets::{Cell, Row, Table};

/// The columns from left to right.
const COLUMNS: [Column; 11] = [
    Column::Node,
    Column::Place,
    Column::State,
    Column::Since,
    Column::Rate,
    Column::Failures,
    Column::InFlight,
    Column::Latency,
    Column::P99,
    Column::Share,
    Column::History,
];

/// The columns that are left out where they do not fit, the first of these first.
const DISPENSABLE: [Column; 9] = [
    Column::Place,
    Column::P99,
    Column::Since,
    Column::Failures,
    Column::Share,
    Column::InFlight,
    Column::Rate,
    Column::Latency,
    Column::History,
];

/// The widths of the columns whose contents vary.
const NODE_WIDTHS: std::ops::RangeInclusive<usize> = 12..=45;
const MAX_PLACE_WIDTH: usize = 24;
/// The history takes what is left, and this at least.
const MIN_HISTORY_WIDTH: usize = 12;

/// The rows on the screen.
#[derive(Clone, Copy, Debug)]
pub(super) struct ShownRows {
    /// The number of rows before them.
    pub(super) before: usize,
    pub(super) count: usize,
    /// The number of rows that the filter lets pass.
    pub(super) filtered: usize,
}

/// Draws the header and the rows that fit.
pub(super) fn draw(
    frame: &mut Frame<'_>,
    area: Rect,
    model: &mut Model,
    palette: Palette,
) -> ShownRows {
    let columns = columns(model.nodes.rows(), area.width.into());
    let is_outdated = model.error.is_some();
    let order = model.nodes.order;
    let page = model.nodes.page(area.height.saturating_sub(1).into());
    let header = columns
        .iter()
        .map(|(column, width)| header(*column, *width, order));
    let header = Row::new(header.collect::<Vec<_>>()).style(palette.header());
    let rows = page.rows.iter().enumerate().map(|(position, row)| {
        let cells = columns
            .iter()
            .map(|(column, width)| cell(row, *column, *width, palette));
        let cells = Row::new(cells.collect::<Vec<_>>());
        match position == page.selected {
            true => cells.style(palette.selected()),
            false if is_outdated => cells.style(palette.dim()),
            false => cells,
        }
    });
    let widths = columns
        .iter()
        .map(|(_, width)| Constraint::Length((*width).try_into().unwrap_or(u16::MAX)));
    let table = Table::new(rows, widths).header(header).column_spacing(1);
    frame.render_widget(table, area);
    ShownRows {
        before: page.first,
        count: page.rows.len(),
        filtered: page.shown,
    }
}

/// The columns that fit, with their widths.
fn columns(rows: &[NodeRow], width: usize) -> Vec<(Column, usize)> {
    let has_places = rows.iter().any(|row| row.record.datacenter.is_some());
    let columns = COLUMNS
        .into_iter()
        .filter(|column| has_places || *column != Column::Place);
    let mut columns: Vec<_> = columns
        .map(|column| (column, min_width(column, rows)))
        .collect();
    let sum = |columns: &[(Column, usize)]| {
        let widths = columns.iter().map(|(_, width)| width + 1);
        widths.sum::<usize>().saturating_sub(1)
    };
    for dispensable in DISPENSABLE {
        if sum(&columns) > width {
            columns.retain(|(column, _)| *column != dispensable);
        }
    }
    let left = width.saturating_sub(sum(&columns));
    if let Some((Column::History, width)) = columns.last_mut() {
        *width += left;
    }
    columns
}

fn min_width(column: Column, rows: &[NodeRow]) -> usize {
    match column {
        Column::Node => {
            let widest = rows.iter().map(|row| row.address().chars().count()).max();
            widest
                .unwrap_or_default()
                .clamp(*NODE_WIDTHS.start(), *NODE_WIDTHS.end())
        }
        Column::Place => {
            let widest = rows
                .iter()
                .filter_map(NodeRow::place)
                .map(|place| place.chars().count())
                .max();
            widest
                .unwrap_or_default()
                .clamp(title(column).len() + 1, MAX_PLACE_WIDTH)
        }
        Column::State => 10,
        Column::History => MIN_HISTORY_WIDTH,
        // Numbers are no wider than their titles with the arrow of the order.
        _ => title(column).len() + 1,
    }
}

fn title(column: Column) -> &'static str {
    match column {
        Column::Node => "NODE",
        Column::Place => "PLACE",
        Column::State => "STATE",
        Column::Since => "SINCE",
        Column::Rate => "REQ/s",
        Column::Failures => "FAIL/s",
        Column::InFlight => "FLIGHT",
        Column::Latency => "LAT ms",
        Column::P99 => "P99 ms",
        Column::Share => "SHARE",
        Column::History => "LATENCY",
    }
}

fn header(column: Column, width: usize, order: Order) -> Cell<'static> {
    let arrow = match order.column == column {
        true if order.is_descending() => "▼",
        true => "▲",
        false => "",
    };
    // The column of the order has one more, which is empty otherwise.
    let text = format!("{}{arrow}", title(column));
    let text: String = text.chars().take(width).collect();
    Cell::from(Text::from(text).alignment(alignment(column)))
}

fn alignment(column: Column) -> Alignment {
    match column.is_numeric() {
        true => Alignment::Right,
        false => Alignment::Left,
    }
}

fn cell<'a>(row: &'a NodeRow, column: Column, width: usize, palette: Palette) -> Cell<'a> {
    let record = &row.record;
    let failures = row.history.failure_rate();
    let line = match column {
        Column::Node => Line::raw(row.address()),
        Column::Place => Line::raw(row.place().unwrap_or_else(|| UNKNOWN.to_owned())),
        Column::State => Line::styled(row.state(), palette.state(row.state())),
        Column::Since => Line::raw(age(milliseconds(record.in_state_for_ms))),
        Column::Rate => Line::raw(maybe(row.history.rate())),
        Column::Failures if failures.is_some_and(|failures| failures > 0.0) => {
            Line::styled(maybe(failures), palette.bad())
        }
        Column::Failures => Line::raw(maybe(failures)),
        Column::InFlight => Line::raw(record.in_flight.to_string()),
        Column::Latency => Line::raw(maybe(record.latency_ms)),
        Column::P99 => Line::raw(maybe(record.latency_p99_ms)),
        Column::Share => Line::raw(percent(record.share)),
        Column::History => match &record.reason {
            Some(reason) => Line::styled(reason.as_str(), palette.bad()),
            None => sparkline(&row.history, width, palette),
        },
    };
    Cell::from(Text::from(line).alignment(alignment(column)))
}
