//! The schedule of schemas.

use super::{AGE_JITTER, REFUSAL_AGE, seconds};
use crate::jitter::jittered;
use std::time::Duration;

/// The result of a fetch of a table's schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SchemaOutcome {
    /// The schema is known.
    Known,
    /// The table does not exist.
    Missing,
    /// No node responded, or the schema is known in part for that reason.
    Unreachable,
    /// The server refuses the request, or its response is no schema.
    Refused,
}

/// The least time between two fetches of a schema because of hints that it is wrong. An application with a mistake of
/// its own, which looks like another key each time, costs the cluster twelve small requests a minute per table.
pub const SCHEMA_HINT_INTERVAL: Duration = seconds(10);

/// The age at which a schema is stale. It matters only for changes by other clients that cause no error, and costs two
/// small requests per table and process in that time, while the table is used.
const AGE: Duration = seconds(30 * 60);

/// The pause while a table does not exist: an application that uses it is about to create it.
const MISSING: Duration = seconds(5);

/// The pause after no node responded.
const UNREACHABLE: Duration = seconds(30);

impl SchemaOutcome {
    /// Returns the time until the next fetch, without jitter.
    #[must_use]
    pub fn pause(self) -> Duration {
        match self {
            Self::Known => AGE,
            Self::Missing => MISSING,
            Self::Unreachable => UNREACHABLE,
            Self::Refused => REFUSAL_AGE,
        }
    }

    /// Returns the time of the next fetch.
    #[must_use]
    pub fn next(self, now: Duration, rng: &mut fastrand::Rng) -> Duration {
        now + jittered(self.pause(), AGE_JITTER, rng)
    }
}
