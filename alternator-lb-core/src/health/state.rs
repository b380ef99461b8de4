//! The state of a node, and its packing into one atomic integer.

use crate::clock::millis;
use std::time::Duration;

/// The state of a node. Times are durations since the caller's epoch, in milliseconds once packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// The node takes its full share of the requests.
    Up,
    /// The node was restored or admitted recently: under load it takes less than its share at first.
    SlowStart {
        /// The time of the restoration or admission.
        since: Duration,
    },
    /// The node takes no requests, and must not be probed yet.
    Ejected {
        /// The reason of the ejection.
        cause: EjectionCause,
        /// The end of the backoff.
        until: Duration,
    },
    /// The node is ejected, and a [`ProbePermit`](super::ProbePermit) is valid: one probe or one request decides.
    HalfOpen {
        /// The reason of the ejection.
        cause: EjectionCause,
        /// The end of the permit's lifetime.
        until: Duration,
    },
}

/// The reason of an ejection. Its number is a part of packed values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EjectionCause {
    /// The node is new, and has not responded yet: servers list a node some ten seconds before it listens.
    Pending,
    /// The node could not be connected, or did not respond to a health check.
    Unreachable,
    /// The node responds, but mostly with errors of its own.
    Failing,
}

impl State {
    /// Returns whether the node takes requests.
    pub fn is_up(self) -> bool {
        self.cause().is_none()
    }

    /// Returns the reason of the ejection, if the node is ejected.
    pub fn cause(self) -> Option<EjectionCause> {
        match self {
            Self::Up | Self::SlowStart { .. } => None,
            Self::Ejected { cause, .. } | Self::HalfOpen { cause, .. } => Some(cause),
        }
    }

    /// Packs the kind into the highest byte and the milliseconds below it, which last for two million years.
    pub(super) fn pack(self) -> u64 {
        let (kind, time) = match self {
            Self::Up => (UP, Duration::ZERO),
            Self::SlowStart { since } => (SLOW_START, since),
            Self::Ejected { cause, until } => (EJECTED + cause as u64, until),
            Self::HalfOpen { cause, until } => (HALF_OPEN + cause as u64, until),
        };
        kind << MILLIS_BITS | millis(time).min(MAX_MILLIS)
    }

    pub(super) fn unpack(packed: u64) -> Self {
        let time = Duration::from_millis(packed & MAX_MILLIS);
        match packed >> MILLIS_BITS {
            UP => Self::Up,
            SLOW_START => Self::SlowStart { since: time },
            kind if kind < HALF_OPEN => Self::Ejected {
                cause: EjectionCause::from_number(kind - EJECTED),
                until: time,
            },
            kind => Self::HalfOpen {
                cause: EjectionCause::from_number(kind - HALF_OPEN),
                until: time,
            },
        }
    }
}

const MILLIS_BITS: u32 = 56;
const MAX_MILLIS: u64 = (1 << MILLIS_BITS) - 1;

/// The kinds. Those of ejected nodes are followed by one for each further cause.
const UP: u64 = 0;
const SLOW_START: u64 = 1;
const EJECTED: u64 = 2;
const HALF_OPEN: u64 = EJECTED + 3;

impl EjectionCause {
    fn from_number(number: u64) -> Self {
        match number {
            0 => Self::Pending,
            1 => Self::Unreachable,
            _ => Self::Failing,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_state_packs_into_a_distinct_integer_and_back() {
        let mut states = vec![State::Up];
        for until in [0, 1, 86_400_000, MAX_MILLIS].map(Duration::from_millis) {
            states.push(State::SlowStart { since: until });
            for cause in [
                EjectionCause::Pending,
                EjectionCause::Unreachable,
                EjectionCause::Failing,
            ] {
                states.push(State::Ejected { cause, until });
                states.push(State::HalfOpen { cause, until });
            }
        }
        let mut packed: Vec<_> = states.iter().map(|state| state.pack()).collect();
        for (state, packed) in states.iter().zip(&packed) {
            assert_eq!(State::unpack(*packed), *state);
        }
        packed.sort_unstable();
        packed.dedup();
        assert_eq!(packed.len(), states.len());
    }

    proptest! {
        #[test]
        fn no_time_changes_the_kind_of_a_packed_state(millis in any::<u64>()) {
            let since = Duration::from_millis(millis);
            let unpacked = State::unpack(State::SlowStart { since }.pack());
            let is_in_slow_start = matches!(unpacked, State::SlowStart { .. });
            prop_assert!(is_in_slow_start);
        }
    }
}
