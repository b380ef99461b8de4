//! One panel of the chart.

use plotters::coord::Shift;
use plotters::prelude::{
    ChartBuilder, DrawingArea, LineSeries, PathElement, Rectangle, SVGBackend, Text,
};
use plotters::style::Color as _;
use plotters::style::text_anchor::HPos;

use super::case::FaultCase;
use super::figures::BUCKET;
use super::results::Results;
use super::script;
use super::style::{self, FAINT, FAULT_COLOUR, INK};
use crate::Outcome;

/// Returns the end of the vertical axis, which all panels share so that they can be compared at a glance.
pub(super) fn scale(results: &Results) -> f64 {
    let courses = results
        .measured
        .iter()
        .flat_map(|it| it.throughput_series.iter());
    let most = courses.fold(0.0, |most: f64, value| most.max(*value));
    (most * 1.05).max(1.0) / THOUSAND
}

pub(super) fn draw(
    area: &DrawingArea<SVGBackend<'_>, Shift>,
    results: &Results,
    case: &FaultCase,
    most: f64,
) -> Outcome<()> {
    let length = results.setting.length;
    let seconds = length.as_secs_f64();
    let title = Text::new(case.title, (40, 14), style::bold(15, INK, HPos::Left));
    area.draw(&title)?;
    let mut chart = ChartBuilder::on(area)
        .margin_top(28)
        .margin_right(14)
        .margin_left(6)
        .x_label_area_size(22)
        .y_label_area_size(32)
        .build_cartesian_2d(0.0..seconds, 0.0..most)?;
    let labels = style::text(13, INK, HPos::Left);
    chart
        .configure_mesh()
        .disable_x_mesh()
        .bold_line_style(FAINT)
        .light_line_style(FAINT.mix(0.0))
        .axis_style(FAINT)
        .x_labels(5)
        .y_labels(4)
        .x_label_formatter(&|seconds| format!("{seconds:.0} s"))
        .y_label_formatter(&|thousands| format!("{thousands:.0}"))
        .label_style(labels)
        .draw()?;
    let steps = case.script(length).unwrap_or_default();
    if let Some(fault_period) = script::fault_period(&steps, length) {
        let (from, to) = (
            fault_period.start.as_secs_f64(),
            fault_period.end.as_secs_f64(),
        );
        let tint = Rectangle::new([(from, 0.0), (to, most)], FAULT_COLOUR.mix(0.06).filled());
        let begin = PathElement::new([(from, 0.0), (from, most)], FAULT_COLOUR.stroke_width(2));
        chart.plotting_area().draw(&tint)?;
        chart.plotting_area().draw(&begin)?;
    }
    for contender in &results.contenders {
        let Some(measured) = results.of(case, *contender) else {
            continue;
        };
        let middle = BUCKET.as_secs_f64() / 2.0;
        let points = measured
            .throughput_series
            .iter()
            .enumerate()
            .map(|(bucket, value)| {
                let time = bucket as f64 * BUCKET.as_secs_f64() + middle;
                (time, value / THOUSAND)
            });
        chart.draw_series(LineSeries::new(points, style::line_style(*contender)))?;
    }
    Ok(())
}

const THOUSAND: f64 = 1000.0;
