//! How values are written in JSON.

use serde::Serializer;
use std::fmt;
use std::time::Duration;

/// A time in milliseconds, exact to a microsecond.
pub(super) fn millis<S: Serializer>(time: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(as_millis(*time))
}

/// The same of a time that may be unknown.
pub(super) fn maybe_millis<S: Serializer>(
    time: &Option<Duration>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match time {
        Some(time) => millis(time, serializer),
        None => serializer.serialize_none(),
    }
}

/// A value as its text.
pub(super) fn text<S: Serializer>(
    value: &impl fmt::Display,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_str(value)
}

pub(super) fn as_millis(time: Duration) -> f64 {
    // Exact for 285 years.
    time.as_micros() as f64 / 1e3
}
