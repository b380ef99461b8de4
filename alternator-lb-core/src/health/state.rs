//! The state of a node, and how it fits into one atomic packed.

use crate::clock::millis;
use std::time::Duration;

/// What is the matter with a node at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    Up,
    /// Up again, or for the first time, since then: under load it takes less than its share at first.
    SlowStart {
        since: Duration,
    },
    /// Ejected: not to be tried before this moment.
    Ejected {
        cause: EjectionCause,
        until: Duration,
    },
    /// Ejected, and somebody finds out whether it is well again, unless that takes longer than until this moment.
    HalfOpen {
        cause: EjectionCause,
        until: Duration,
    },
}

/// Why a node is left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EjectionCause {
    /// It is new, and has not been seen to listen: servers name a node some ten seconds before it does.
    Pending,
    /// It could not be connected, or did not answer the question whether it is there.
    Unreachable,
    /// It answers, but mostly with errors of its own.
    Failing,
}

impl State {
    /// Whether requests go there.
    pub fn is_up(self) -> bool {
        match self {
            Self::Up | Self::SlowStart { .. } => true,
            Self::Ejected { .. } | Self::HalfOpen { .. } => false,
        }
    }

    /// Why it is left out, if it is.
    pub fn cause(self) -> Option<EjectionCause> {
        match self {
            Self::Up | Self::SlowStart { .. } => None,
            Self::Ejected { cause, .. } | Self::HalfOpen { cause, .. } => Some(cause),
        }
    }

    /// The kind above, milliseconds below. Two million years of these fit.
    pub(super) fn pack(self) -> u64 {
        let (kind, moment) = match self {
            Self::Up => (UP, Duration::ZERO),
            Self::SlowStart { since } => (SLOW_START, since),
            Self::Ejected { cause, until } => (RESTING + u64::from(cause.number()), until),
            Self::HalfOpen { cause, until } => (ON_TRIAL + u64::from(cause.number()), until),
        };
        kind << KIND | millis(moment).min(MILLIS)
    }

    pub(super) fn unpack(packed: u64) -> Self {
        let moment = Duration::from_millis(packed & MILLIS);
        match packed >> KIND {
            UP => Self::Up,
            SLOW_START => Self::SlowStart { since: moment },
            kind if kind < ON_TRIAL => Self::Ejected {
                cause: EjectionCause::of(kind - RESTING),
                until: moment,
            },
            kind => Self::HalfOpen {
                cause: EjectionCause::of(kind - ON_TRIAL),
                until: moment,
            },
        }
    }
}

const KIND: u32 = 56;
const MILLIS: u64 = (1 << KIND) - 1;
const UP: u64 = 0;
const SLOW_START: u64 = 1;
const RESTING: u64 = 2;
const ON_TRIAL: u64 = RESTING + 3;

impl EjectionCause {
    pub(super) fn number(self) -> u32 {
        match self {
            Self::Pending => 0,
            Self::Unreachable => 1,
            Self::Failing => 2,
        }
    }

    fn of(number: u64) -> Self {
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
    fn every_state_fits_into_a_word_of_its_own() {
        let moments = [0, 1, 86_400_000, MILLIS].map(Duration::from_millis);
        let causes = [
            EjectionCause::Pending,
            EjectionCause::Unreachable,
            EjectionCause::Failing,
        ];
        let mut states = vec![State::Up];
        for until in moments {
            states.push(State::SlowStart { since: until });
            for cause in causes {
                states.push(State::Ejected { cause, until });
                states.push(State::HalfOpen { cause, until });
            }
        }
        let mut words: Vec<_> = states.iter().map(|state| state.pack()).collect();
        for (state, packed) in states.iter().zip(&words) {
            assert_eq!(State::unpack(*packed), *state);
        }
        words.sort_unstable();
        words.dedup();
        assert_eq!(words.len(), states.len());
    }

    proptest! {
        #[test]
        fn no_moment_changes_the_kind(millis in any::<u64>()) {
            let since = Duration::from_millis(millis);
            let read = State::unpack(State::SlowStart { since }.pack());
            let is_warming = matches!(read, State::SlowStart { .. });
            prop_assert!(is_warming);
        }
    }
}
