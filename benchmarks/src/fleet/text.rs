//! Figures as people write them.

use std::time::Duration;

/// Writes a time with two digits, or more where it has more before the point.
pub(super) fn time(time: Duration) -> String {
    let milliseconds = time.as_secs_f64() * 1_000.0;
    if milliseconds < 9.95 {
        format!("{milliseconds:.1} ms")
    } else if milliseconds < 999.5 {
        format!("{milliseconds:.0} ms")
    } else {
        format!("{:.1} s", milliseconds / 1_000.0)
    }
}

/// Writes a number with commas between its thousands.
pub(super) fn count(number: u64) -> String {
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

/// Writes how often something happens: small numbers with a tenth.
pub(super) fn rate(rate: f64) -> String {
    if rate < 9.95 {
        format!("{rate:.1}")
    } else {
        count(rate.round() as u64)
    }
}

/// Writes how many times as much it is.
pub(super) fn times(factor: f64) -> String {
    format!("{factor:.2}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_the_unit_that_suits_them() {
        assert_eq!(time(Duration::from_micros(1_234)), "1.2 ms");
        assert_eq!(time(Duration::from_micros(9_960)), "10 ms");
        assert_eq!(time(Duration::from_micros(999_600)), "1.0 s");
    }

    #[test]
    fn numbers_are_as_exact_as_they_need_be() {
        assert_eq!(count(1_234_567), "1,234,567");
        assert_eq!(rate(0.04), "0.0");
        assert_eq!(rate(9.96), "10");
        assert_eq!(rate(1_234.4), "1,234");
        assert_eq!(times(1.234), "1.23");
    }
}
