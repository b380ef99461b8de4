//! The counters of metadata requests, per node and second.

use std::ops::Range;
use std::time::Duration;

/// The requests that are counted apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RequestKind {
    /// `DescribeTable` and `ListTagsOfResource`.
    Schema,
    /// A page of `system.tablets`.
    Tablets,
    /// A page that all tables of a client share: `system.peers`, `system_schema.keyspaces`, `system.config`.
    Shared,
    /// `/localnodes`
    Membership,
    /// A probe of an ejected or new node.
    Probe,
}

/// The events of a scenario.
#[derive(Clone, Debug)]
pub struct MetadataRecord {
    nodes: usize,
    /// For each kind, ordered by second, then by node.
    requests: [Vec<u32>; RequestKind::ALL.len()],
    /// The bytes of metadata responses in each second.
    bytes: Vec<u64>,
    /// The share of reads in each second that go to a replica, of those for which a map is known.
    replica_reads: Vec<f64>,
    /// The most requests of any client about any table, without those that its tables share.
    most_per_table: u32,
}

impl RequestKind {
    const ALL: [Self; 5] = [
        Self::Schema,
        Self::Tablets,
        Self::Shared,
        Self::Membership,
        Self::Probe,
    ];

    /// The kinds that the bars count.
    pub(super) const METADATA: [Self; 3] = [Self::Schema, Self::Tablets, Self::Shared];

    fn index(self) -> usize {
        match self {
            Self::Schema => 0,
            Self::Tablets => 1,
            Self::Shared => 2,
            Self::Membership => 3,
            Self::Probe => 4,
        }
    }
}

impl MetadataRecord {
    /// Creates an empty record of so many nodes.
    pub fn new(nodes: u32, length: Duration) -> Self {
        let nodes = nodes as usize;
        let seconds = second(length);
        Self {
            nodes,
            requests: std::array::from_fn(|_| vec![0; nodes * seconds]),
            bytes: vec![0; seconds],
            replica_reads: vec![1.0; seconds],
            most_per_table: 0,
        }
    }

    /// Counts a request to a node, and the bytes of its response.
    pub fn request(&mut self, kind: RequestKind, node: u32, bytes: usize, now: Duration) {
        let slot = second(now) * self.nodes + node as usize;
        let counts = self.requests.get_mut(kind.index());
        if let Some(count) = counts.and_then(|counts| counts.get_mut(slot)) {
            *count += 1;
        }
        if let Some(sum) = self.bytes.get_mut(second(now)) {
            *sum += bytes as u64;
        }
    }

    /// Records the share of reads that go to a replica in a second.
    pub fn replica_reads(&mut self, share: f64, now: Duration) {
        if let Some(slot) = self.replica_reads.get_mut(second(now)) {
            *slot = share;
        }
    }

    /// Records the number of requests of a client about a table.
    pub fn table_requests(&mut self, requests: u32) {
        self.most_per_table = self.most_per_table.max(requests);
    }

    /// Returns the most requests of any client about any table.
    pub(super) fn most_per_table(&self) -> u32 {
        self.most_per_table
    }

    /// Returns the requests of these kinds of each node in a period.
    pub(super) fn per_node(&self, kinds: &[RequestKind], seconds: Range<usize>) -> Vec<u32> {
        let mut sums = vec![0; self.nodes];
        for kind in kinds {
            let Some(counts) = self.requests.get(kind.index()) else {
                continue;
            };
            let slots = seconds.start * self.nodes..seconds.end * self.nodes;
            for row in counts.get(slots).unwrap_or_default().chunks(self.nodes) {
                for (sum, count) in sums.iter_mut().zip(row) {
                    *sum += count;
                }
            }
        }
        sums
    }

    /// Returns the most requests of any node in any `window` seconds that begin a multiple of them after the start.
    pub(super) fn peak(&self, kinds: &[RequestKind], seconds: Range<usize>, window: usize) -> u32 {
        let windows = seconds.clone().step_by(window);
        let windows = windows.map(|first| first..(first + window).min(seconds.end));
        let peaks = windows.flat_map(|window| self.per_node(kinds, window));
        peaks.max().unwrap_or_default()
    }

    /// Returns the mean and the most bytes of any second.
    pub(super) fn bytes(&self, seconds: Range<usize>) -> (f64, u64) {
        let bytes = self.bytes.get(seconds).unwrap_or_default();
        let sum: u64 = bytes.iter().sum();
        let mean = sum as f64 / bytes.len().max(1) as f64;
        (mean, bytes.iter().copied().max().unwrap_or_default())
    }

    /// Returns the mean and the least share of reads that go to a replica in a period.
    pub(super) fn shares(&self, seconds: Range<usize>) -> (f64, f64) {
        let shares = self.replica_reads.get(seconds).unwrap_or_default();
        let mean = shares.iter().sum::<f64>() / shares.len().max(1) as f64;
        (mean, shares.iter().copied().fold(1.0, f64::min))
    }
}

fn second(time: Duration) -> usize {
    usize::try_from(time.as_secs()).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn seconds(n: u64) -> Duration {
        Duration::from_secs(n)
    }

    #[test]
    fn requests_are_counted_by_kind_node_and_second() {
        let mut record = MetadataRecord::new(2, seconds(4));
        for (kind, node, time) in [
            (RequestKind::Schema, 0, 0),
            (RequestKind::Tablets, 0, 1),
            (RequestKind::Tablets, 0, 1),
            (RequestKind::Probe, 1, 1),
            (RequestKind::Shared, 1, 9),
        ] {
            record.request(kind, node, 10, seconds(time));
        }
        assert_eq!(record.per_node(&RequestKind::METADATA, 0..4), [3, 0]);
        assert_eq!(record.per_node(&[RequestKind::Probe], 1..2), [0, 1]);
        assert_eq!(record.peak(&RequestKind::METADATA, 0..4, 1), 2);
        assert_eq!(record.peak(&RequestKind::METADATA, 0..4, 2), 3);
        assert_eq!(record.bytes(0..4), (10.0, 30));
    }

    #[test]
    fn reads_go_to_replicas_unless_recorded_otherwise() {
        let mut record = MetadataRecord::new(1, seconds(2));
        record.replica_reads(0.5, seconds(1));
        assert_eq!(record.shares(0..2), (0.75, 0.5));
        assert_eq!(record.shares(0..1), (1.0, 1.0));
    }
}
