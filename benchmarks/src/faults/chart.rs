//! The chart: one small panel for each fault, with the throughput of all contenders over time.

use std::path::Path;

use plotters::coord::Shift;
use plotters::prelude::{DrawingArea, IntoDrawingArea as _, PathElement, SVGBackend, Text, WHITE};
use plotters::style::Color as _;
use plotters::style::text_anchor::HPos;

use super::case::FaultCase;
use super::panel;
use super::results::Results;
use super::style::{FAULT_COLOUR, INK, bold, line_style, text};
use crate::Outcome;

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

/// Draws the cases with a throughput series. Creates the folder if needed.
pub(super) fn draw(results: &Results, path: &Path) -> Outcome<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let cases = results
        .cases
        .iter()
        .filter(|case| case.has_throughput_series());
    let cases: Vec<&FaultCase> = cases.copied().collect();
    let lines = cases.len().div_ceil(COLUMNS);
    let height = HEAD + u32::try_from(lines)? * PANEL + MARGIN;
    let area = SVGBackend::new(path, (WIDTH, height)).into_drawing_area();
    area.fill(&WHITE)?;
    let (head, body) = area.split_vertically(HEAD);
    draw_head(&head, results)?;
    let (body, _) = body.split_vertically(height - HEAD - MARGIN);
    let most = panel::scale(results);
    for (area, case) in body.split_evenly((lines.max(1), COLUMNS)).iter().zip(cases) {
        panel::draw(area, results, case, most)?;
    }
    area.present()?;
    Ok(())
}

/// Draws the legend.
fn draw_head(area: &Area<'_>, results: &Results) -> Outcome<()> {
    let title = format!(
        "Successful operations per second, in thousands, of {} callers",
        results.setting.callers
    );
    area.draw(&Text::new(title, (LEFT, 20), bold(17, INK, HPos::Left)))?;
    let mut left = LEFT;
    for contender in &results.contenders {
        let style = line_style(*contender);
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

/// The width that a README shows without scaling.
const WIDTH: u32 = 960;
const HEAD: u32 = 72;
const PANEL: u32 = 170;
const MARGIN: u32 = 10;
const COLUMNS: usize = 3;
const LEFT: i32 = 16;
