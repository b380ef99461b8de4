//! Formats figures for people.

use std::fmt::Display;
use std::time::Duration;

/// Writes a share: in tenths of a percent, unless it is a whole number.
pub(crate) fn percent(share: f64) -> String {
    let tenths = (share * 1000.0).round();
    if tenths % 10.0 == 0.0 {
        format!("{:.0} %", tenths / 10.0)
    } else {
        format!("{:.1} %", tenths / 10.0)
    }
}

/// Writes a share in whole percent.
pub(crate) fn whole_percent(share: f64) -> String {
    format!("{:.0} %", share * 100.0)
}

/// Writes a duration with two significant digits, or all digits before the decimal point.
pub(crate) fn time(time: Duration) -> String {
    let milliseconds = time.as_secs_f64() * 1000.0;
    if milliseconds < 9.95 {
        format!("{milliseconds:.1} ms")
    } else if milliseconds < 999.5 {
        format!("{milliseconds:.0} ms")
    } else {
        format!("{:.1} s", milliseconds / 1000.0)
    }
}

/// Writes a whole number with commas between its thousands.
pub(crate) fn count(number: impl Display) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Writes a rate; small rates with one decimal.
pub(crate) fn rate(rate: f64) -> String {
    if rate < 9.95 {
        format!("{rate:.1}")
    } else {
        count(rate.round())
    }
}

/// Writes a ratio.
pub(crate) fn times(factor: f64) -> String {
    format!("{factor:.2}")
}

/// Writes a row of a Markdown table.
pub(crate) fn table_row(cells: &[impl AsRef<str>]) -> String {
    let mut line = String::from("|");
    for cell in cells {
        line.push_str(&format!(" {} |", cell.as_ref()));
    }
    line.push('\n');
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_percent() {
        assert_eq!(percent(0.98), "98 %");
        assert_eq!(percent(0.9444), "94.4 %");
        assert_eq!(percent(1.03), "103 %");
        assert_eq!(whole_percent(0.9444), "94 %");
    }

    #[test]
    fn times_have_the_unit_that_suits_them() {
        assert_eq!(time(Duration::from_micros(1234)), "1.2 ms");
        assert_eq!(time(Duration::from_micros(9_960)), "10 ms");
        assert_eq!(time(Duration::from_millis(600)), "600 ms");
        assert_eq!(time(Duration::from_micros(999_600)), "1.0 s");
        assert_eq!(time(Duration::from_millis(8123)), "8.1 s");
    }

    #[test]
    fn thousands_have_commas() {
        assert_eq!(count(0), "0");
        assert_eq!(count(999), "999");
        assert_eq!(count(21_000), "21,000");
        assert_eq!(count(1_234_567), "1,234,567");
    }

    #[test]
    fn rates_are_as_exact_as_they_need_be() {
        assert_eq!(rate(0.04), "0.0");
        assert_eq!(rate(9.96), "10");
        assert_eq!(rate(1_234.4), "1,234");
        assert_eq!(times(1.234), "1.23");
    }
}
