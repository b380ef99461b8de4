//! The chart: one small panel for each fault, with the throughput of all contenders over time.

use std::path::Path;

use plotters::coord::Shift;
use plotters::prelude::{
    DrawingArea, IntoDrawingArea as _, PathElement, RGBColor, SVGBackend, Text, WHITE,
};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color as _, FontStyle, IntoFont as _, ShapeStyle, TextStyle};

use super::contender::Contender;
use super::panel;
use super::results::Results;
use super::row::Row;
use crate::Outcome;

pub(super) type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

/// Draws what has a course over time. Makes the folder, if it is not there.
pub(super) fn draw(results: &Results, path: &Path) -> Outcome<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let rows = results.rows.iter().filter(|row| row.has_course());
    let rows: Vec<&Row> = rows.copied().collect();
    let lines = rows.len().div_ceil(COLUMNS);
    let height = HEAD + u32::try_from(lines)? * PANEL + MARGIN;
    let area = SVGBackend::new(path, (WIDTH, height)).into_drawing_area();
    area.fill(&WHITE)?;
    let (head, body) = area.split_vertically(HEAD);
    draw_head(&head, results)?;
    let (body, _) = body.split_vertically(height - HEAD - MARGIN);
    let most = panel::scale(results);
    for (area, row) in body.split_evenly((lines.max(1), COLUMNS)).iter().zip(rows) {
        panel::draw(area, results, row, most)?;
    }
    area.present()?;
    Ok(())
}

/// Draws what the lines are.
fn draw_head(area: &Area<'_>, results: &Results) -> Outcome<()> {
    let title = format!(
        "Successful operations per second, in thousands, of {} callers",
        results.setting.callers
    );
    area.draw(&Text::new(title, (LEFT, 20), bold(17, INK, HPos::Left)))?;
    let mut left = LEFT;
    for contender in &results.contenders {
        let style = stroke(*contender);
        area.draw(&PathElement::new(
            [(left, 48), (left + 28, 48)],
            style.stroke_width(4),
        ))?;
        let name = contender.title();
        area.draw(&Text::new(name, (left + 36, 48), text(15, INK, HPos::Left)))?;
        left += 64 + 7 * i32::try_from(name.len())?;
    }
    let fault = PathElement::new([(left, 40), (left, 56)], FAULT_COLOUR.stroke_width(2));
    area.draw(&fault)?;
    let meaning = "the fault begins; tinted: while it lasts";
    area.draw(&Text::new(
        meaning,
        (left + 8, 48),
        text(15, INK, HPos::Left),
    ))?;
    Ok(())
}

/// Returns how the line of a contender looks. The colours differ for all kinds of eyes (Okabe and Ito), and in grey too.
pub(super) fn stroke(contender: Contender) -> ShapeStyle {
    match contender {
        Contender::Sdk => RGBColor(0x99, 0x99, 0x99).stroke_width(2),
        Contender::Official => RGBColor(0xe6, 0x9f, 0x00).stroke_width(2),
        Contender::Plugin => RGBColor(0x00, 0x5a, 0xb5).stroke_width(2),
    }
}

pub(super) fn text(size: i32, colour: RGBColor, side: HPos) -> TextStyle<'static> {
    ("sans-serif", size)
        .into_font()
        .color(&colour)
        .pos(Pos::new(side, VPos::Center))
}

pub(super) fn bold(size: i32, colour: RGBColor, side: HPos) -> TextStyle<'static> {
    ("sans-serif", size, FontStyle::Bold)
        .into_font()
        .color(&colour)
        .pos(Pos::new(side, VPos::Center))
}

pub(super) const INK: RGBColor = RGBColor(0x24, 0x29, 0x2f);
pub(super) const FAINT: RGBColor = RGBColor(0xd8, 0xde, 0xe4);
pub(super) const FAULT_COLOUR: RGBColor = RGBColor(0xd1, 0x24, 0x2f);
/// What a README shows without scaling.
const WIDTH: u32 = 960;
const HEAD: u32 = 72;
const PANEL: u32 = 170;
const MARGIN: u32 = 10;
const COLUMNS: usize = 3;
const LEFT: i32 = 16;
