//! The colours, lines and fonts of the chart.

use plotters::prelude::RGBColor;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color as _, FontStyle, IntoFont as _, ShapeStyle, TextStyle};

use super::contender::Contender;

/// Returns the line style of a contender. The colours are distinguishable with any colour vision (Okabe and Ito), and
/// in grey.
pub(super) fn line_style(contender: Contender) -> ShapeStyle {
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
