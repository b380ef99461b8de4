//! Points in time as SigV4 writes them: `20260131T235959Z`.

use std::time::{SystemTime, UNIX_EPOCH};

/// A second, in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Moment([u8; LENGTH]);

const LENGTH: usize = 16;
/// Of that the day.
const DAY: usize = 8;

impl Moment {
    /// `None` before 1970 and after the year 9999.
    pub(crate) fn of(time: SystemTime) -> Option<Self> {
        let seconds = time.duration_since(UNIX_EPOCH).ok()?.as_secs();
        let (year, month, day) = date(seconds / 86_400)?;
        let of_day = seconds % 86_400;
        let mut text = *b"00000000T000000Z";
        for (place, width, number) in [
            (0, 4, year),
            (4, 2, month),
            (6, 2, day),
            (9, 2, of_day / 3600),
            (11, 2, of_day / 60 % 60),
            (13, 2, of_day % 60),
        ] {
            let mut rest = number;
            let digits = text.get_mut(place..place + width)?;
            for digit in digits.iter_mut().rev() {
                *digit += u8::try_from(rest % 10).ok()?;
                rest /= 10;
            }
        }
        Some(Self(text))
    }

    pub(crate) fn text(&self) -> &str {
        // Digits and two letters.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// The day of it: `20260131`.
    pub(crate) fn day(&self) -> &str {
        self.text().get(..DAY).unwrap_or_default()
    }
}

/// Year, month and day so many days after 1970-01-01. Years are counted from March here, so that a leap day is the last of
/// its year (Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms").
fn date(days: u64) -> Option<(u64, u64, u64)> {
    // Days since 0000-03-01.
    let days = days.checked_add(719_468)?;
    let (era, of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let months = (5 * of_year + 2) / 153;
    let day = of_year - (153 * months + 2) / 5 + 1;
    let month = if months < 10 { months + 3 } else { months - 9 };
    let year = era * 400 + year_of_era + u64::from(month <= 2);
    (year <= 9999).then_some((year, month, day))
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_smithy_types::DateTime;
    use aws_smithy_types::date_time::Format;
    use proptest::prelude::*;
    use std::time::Duration;

    fn text(seconds: u64) -> Option<String> {
        let moment = Moment::of(UNIX_EPOCH + Duration::from_secs(seconds))?;
        assert_eq!(moment.day(), &moment.text()[..8]);
        Some(moment.text().to_owned())
    }

    #[test]
    fn known_moments() {
        for (seconds, expected) in [
            (0, "19700101T000000Z"),
            (951_782_400, "20000229T000000Z"),
            (1_369_353_600, "20130524T000000Z"),
            (1_709_164_799, "20240228T235959Z"),
            (1_709_164_800, "20240229T000000Z"),
            (1_767_225_599, "20251231T235959Z"),
            (1_767_225_600, "20260101T000000Z"),
            (4_107_542_400, "21000301T000000Z"),
            (253_402_300_799, "99991231T235959Z"),
        ] {
            assert_eq!(text(seconds).as_deref(), Some(expected));
        }
    }

    #[test]
    fn what_cannot_be_written_is_nothing() {
        assert_eq!(text(253_402_300_800), None);
        assert_eq!(Moment::of(UNIX_EPOCH - Duration::from_nanos(1)), None);
    }

    proptest! {
        #[test]
        fn it_is_what_the_sdk_writes(seconds in 0..253_402_300_800u64) {
            let by_the_sdk = DateTime::from_secs(seconds as i64).fmt(Format::DateTime).unwrap();
            prop_assert_eq!(text(seconds).unwrap(), by_the_sdk.replace(['-', ':'], ""));
        }
    }
}
