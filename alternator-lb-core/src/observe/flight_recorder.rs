//! A record of the last unusual occurrences, to be read after an incident.

use super::Event;
use crate::health::Outcome;
use crate::routing::Reason;
use crossbeam_queue::ArrayQueue;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

/// Keeps the last entries, and overwrites the oldest. Lock-free: attempts write to it.
///
/// Of attempts only those are recorded that were not ordinary: see [`AttemptEntry::is_ordinary`]. So a cluster in good
/// health records next to nothing, and the entries of an incident are not lost among those of ordinary requests.
#[derive(Debug)]
pub struct FlightRecorder {
    capacity: usize,
    /// Made at the first entry.
    entries: OnceLock<ArrayQueue<Entry>>,
}

type Entry = (Duration, Record);

/// What is recorded.
#[derive(Clone, Debug)]
pub enum Record {
    /// An attempt of an operation has ended.
    Attempt(AttemptEntry),
    /// A refresh of the list of nodes has ended.
    Refresh {
        /// The number of nodes now.
        nodes: usize,
        /// True if it succeeded.
        has_succeeded: bool,
        /// The number of attempts since the beginning.
        requests: u64,
    },
    /// An event.
    Event(Box<Event>),
    /// An operation has failed without a node, or none of those that it tried could be reached.
    RouteError(Box<str>),
}

/// An attempt that has ended.
#[derive(Clone, Debug)]
pub struct AttemptEntry {
    /// The URL of the node.
    pub node: Arc<str>,
    /// The number of the attempt in its operation, from 1 on.
    pub number: u32,
    /// Why it went to the node.
    pub reason: Reason,
    /// What came of it.
    pub outcome: Outcome,
    /// The HTTP status of the response, if there was one.
    pub status: Option<u16>,
    /// How long it took.
    pub duration: Duration,
    /// The number of responses of the node before: how many ordinary ones came between two entries.
    pub responses: u64,
}

impl AttemptEntry {
    /// Returns whether an attempt is not worth an entry: a first one that went where the operation wanted it, or its
    /// hedge, and got a response.
    #[must_use]
    pub fn is_ordinary(number: u32, reason: Reason, outcome: Outcome) -> bool {
        let is_ordinary_choice = match reason {
            Reason::Hedge => true,
            Reason::PrimaryNode
            | Reason::Replica
            | Reason::RoundRobin
            | Reason::LessLoaded
            | Reason::Pinned => number == 1,
            Reason::NextPrimaryNode
            | Reason::SameNode
            | Reason::Remaining
            | Reason::Probe
            | Reason::Fallback
            | Reason::NoNode => false,
        };
        is_ordinary_choice && outcome == Outcome::Responded
    }
}

impl FlightRecorder {
    /// The default number of entries: at some 70 bytes each they take 300 KB.
    pub const DEFAULT_CAPACITY: usize = 4_096;

    /// A recorder of this many entries; of none it records nothing.
    #[must_use]
    pub fn new(capacity: usize) -> Self {
        Self {
            capacity,
            entries: OnceLock::new(),
        }
    }

    /// Records an entry, unless the recorder is off.
    pub fn record(&self, now: Duration, record: impl FnOnce() -> Record) {
        if self.capacity == 0 {
            return;
        }
        let entries = self.entries.get_or_init(|| ArrayQueue::new(self.capacity));
        entries.force_push((now, record()));
    }

    /// Returns the entries by their time. They stay recorded.
    #[must_use]
    pub fn entries(&self) -> Vec<(Duration, Record)> {
        let Some(queue) = self.entries.get() else {
            return Vec::new();
        };
        let mut entries: Vec<Entry> = std::iter::from_fn(|| queue.pop())
            .take(self.capacity)
            .collect();
        // Entries that came meanwhile take the place of the oldest.
        let room = self.capacity.saturating_sub(queue.len());
        for entry in entries.iter().skip(entries.len().saturating_sub(room)) {
            // Another one came in between, and is newer.
            let _ = queue.push(entry.clone());
        }
        entries.sort_by_key(|(at, _)| *at);
        entries
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(recorder: &FlightRecorder) -> Vec<u64> {
        let entries = recorder.entries();
        entries.iter().map(|(at, _)| at.as_secs()).collect()
    }

    fn record(recorder: &FlightRecorder, second: u64) {
        recorder.record(Duration::from_secs(second), || {
            Record::Event(Box::new(Event::RefreshRecovered))
        });
    }

    #[test]
    fn newest_entries_are_kept_and_can_be_read_again() {
        let recorder = FlightRecorder::new(3);
        assert!(seconds(&recorder).is_empty());
        for second in 1..=5 {
            record(&recorder, second);
        }
        assert_eq!(seconds(&recorder), [3, 4, 5]);
        assert_eq!(seconds(&recorder), [3, 4, 5]);
        record(&recorder, 6);
        assert_eq!(seconds(&recorder), [4, 5, 6]);
    }

    #[test]
    fn recorder_without_capacity_records_nothing() {
        let recorder = FlightRecorder::new(0);
        record(&recorder, 1);
        assert!(seconds(&recorder).is_empty());
    }

    #[test]
    fn default_recorder_takes_300_kilobytes() {
        let bytes = FlightRecorder::DEFAULT_CAPACITY * (size_of::<Entry>() + size_of::<usize>());
        assert!((200_000..=400_000).contains(&bytes), "{bytes}");
    }

    #[test]
    fn only_a_first_attempt_as_wanted_with_a_response_is_ordinary() {
        let is_ordinary = AttemptEntry::is_ordinary;
        assert!(is_ordinary(1, Reason::RoundRobin, Outcome::Responded));
        assert!(!is_ordinary(2, Reason::RoundRobin, Outcome::Responded));
        assert!(!is_ordinary(1, Reason::Fallback, Outcome::Responded));
        assert!(!is_ordinary(1, Reason::Replica, Outcome::Overloaded));
    }
}
