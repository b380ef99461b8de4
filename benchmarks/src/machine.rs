//! Describes the machine and the date, which every report states.

use std::num::NonZero;
use std::time::SystemTime;

use aws_sdk_dynamodb::primitives::{DateTime, DateTimeFormat};

/// Returns the cores and the model of the processor, such as `2 cores (Intel(R) Xeon(R) Processor)`.
pub(crate) fn describe() -> String {
    let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
    let plural = if cores == 1 { "" } else { "s" };
    let information = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    match model(&information) {
        Some(model) => format!("{cores} core{plural} ({model})"),
        None => format!("{cores} core{plural}"),
    }
}

/// Returns the date in UTC, such as `2026-11-23`.
pub(crate) fn today() -> String {
    #[expect(
        clippy::disallowed_methods,
        reason = "prints the date; nothing is timed with it"
    )]
    let now = DateTime::from(SystemTime::now());
    let text = now.fmt(DateTimeFormat::DateTime).unwrap_or_default();
    text.split('T').next().unwrap_or_default().to_owned()
}

/// Finds the model in `/proc/cpuinfo`, which only Linux has, and not on every processor.
fn model(information: &str) -> Option<&str> {
    information
        .lines()
        .filter_map(|line| line.split_once(':'))
        .find(|(name, _)| name.trim() == "model name")
        .map(|(_, model)| model.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_model_is_that_of_the_first_core() {
        let information = "processor\t: 0\nmodel name\t: Some CPU @ 2 GHz\n\nprocessor\t: 1\nmodel name\t: Other\n";
        assert_eq!(model(information), Some("Some CPU @ 2 GHz"));
        assert_eq!(model("processor\t: 0\nFeatures : fp\n"), None);
    }

    #[test]
    fn a_date_has_year_month_and_day() {
        let date = today();
        let digits: Vec<usize> = date.split('-').map(str::len).collect();
        assert_eq!(digits, [4, 2, 2], "{date}");
    }
}
