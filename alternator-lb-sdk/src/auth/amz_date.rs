//! Times as SigV4 writes them: `20260131T235959Z`.

use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use std::time::{SystemTime, UNIX_EPOCH};

const LENGTH: usize = "20260131T235959Z".len();

/// Returns a second, in UTC. `None` before 1970 and after the year 9999.
pub(super) fn amz_date(time: SystemTime) -> Option<String> {
    let seconds = time.duration_since(UNIX_EPOCH).ok()?.as_secs();
    let date = DateTime::from_secs(i64::try_from(seconds).ok()?);
    let mut text = date.fmt(Format::DateTime).ok()?;
    text.retain(|char| !matches!(char, '-' | ':'));
    (text.len() == LENGTH).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::time::Duration;

    fn text(seconds: u64) -> Option<String> {
        let date = amz_date(UNIX_EPOCH + Duration::from_secs(seconds))?;
        assert_eq!(date.split_once('T').unwrap().0, &date[..8]);
        Some(date)
    }

    #[test]
    fn known_times_are_written_as_sigv4_wants() {
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
    fn times_out_of_range_have_no_date() {
        assert_eq!(text(253_402_300_800), None);
        assert_eq!(amz_date(UNIX_EPOCH - Duration::from_nanos(1)), None);
    }

    proptest! {
        #[test]
        fn written_time_reads_back(seconds in 0..253_402_300_800u64) {
            let text = text(seconds).unwrap();
            let number = |range: std::ops::Range<usize>| text[range].parse::<u64>().unwrap();
            let separated = format!(
                "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z",
                number(0..4), number(4..6), number(6..8), number(9..11), number(11..13), number(13..15),
            );
            let read = DateTime::from_str(&separated, Format::DateTime).unwrap();
            prop_assert_eq!(read.secs(), seconds as i64);
        }
    }
}
