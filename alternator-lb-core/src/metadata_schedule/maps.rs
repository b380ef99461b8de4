//! The schedule of token maps.

use super::{AGE_JITTER, REFUSAL_AGE, SHARED_AGE, backoff, seconds};
use crate::jitter::jittered;
use std::time::Duration;

/// The result of a fetch of a table's token maps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MapOutcome {
    /// The maps are known. The age is that of [`PlacementSummary::age`], the least one of the table and its indexes.
    Known(Duration),
    /// No map was read, since every node holds every partition by the replication of the table's keyspace.
    NoGain,
    /// The maps were read in vain: every node holds every partition by them. They are read again when nodes join, and
    /// otherwise for the case that the replication is reduced.
    EveryNodeIsReplica,
    /// The table or one of its indexes has a schema and no partitions, as it may be right after it was created.
    Missing,
    /// A page of the server's tables is malformed, or refused for a reason other than a permission.
    Malformed,
    /// No node responded.
    Unreachable,
    /// The role has no permission.
    Refused,
    /// The server has no tables that maps are made of.
    Unsupported,
}

/// The placement of one table or index, as far as it determines for how long its map is of use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PlacementSummary {
    /// The number of tablets, or of ranges between vnodes.
    pub ranges: usize,
    /// The number of tablets that are moving to another node. One that moves between the shards of a node, or that is
    /// repaired or restored, stays where it is.
    pub moving: usize,
    /// True if the address of a replica is unknown: a node is about to join or to leave.
    pub is_incomplete: bool,
}

/// The nodes and replicas of a datacenter that requests go to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DatacenterReplication {
    /// The number of nodes.
    pub nodes: usize,
    /// The number of replicas that each partition has there. None if it is unknown.
    pub replicas: Option<usize>,
}

/// The least time between two fetches of maps because of changes of the nodes, which come in series.
pub const MAP_CHANGE_INTERVAL: Duration = seconds(5);

/// The age at which a map is stale. In that time a balancer moves some tablets of a table, each of which costs its
/// requests a hop.
const AGE: Duration = seconds(10 * 60);

/// The least age of a map whose tablets move.
const MIN_AGE_MOVING: Duration = seconds(15);

/// The age of a map with as many tablets that move as it has tablets, so that half a percent of the reads go astray at
/// the end of the age of any map: a move takes some 30 s and replaces one replica of three, so that a read of a tablet
/// that has moved goes astray with a probability of 1/3, and 30 s × 3 × 0.5 % = 0.45 s.
const AGE_ALL_MOVING: Duration = Duration::from_millis(450);

/// The number of ranges that stretch the ordinary age by once its length, so that large maps do not cost more than
/// small ones: a table of 100,000 tablets takes 25 MB of responses.
const RANGES_PER_STRETCH: usize = 10_000;

/// The first age of a map that lacks addresses, doubled each time: a join or a removal takes minutes, and some never
/// end.
const INCOMPLETE: Duration = seconds(60);

/// The first pause, doubled each time, after a response that another node or the next moment may correct.
const FIRST_RETRY: Duration = seconds(2);

/// The longest pause after malformed responses.
const MAX_RETRY: Duration = seconds(60);

/// The pause after no node responded: by then discovery knows which nodes are down.
const UNREACHABLE: Duration = seconds(10);

/// The age of a map that gains nothing.
const NO_GAIN: Duration = seconds(60 * 60);

impl MapOutcome {
    /// Returns the time until the next fetch, without jitter. `failures` is the number of fetches in a row, this one
    /// included, that did not bring complete maps.
    #[must_use]
    pub fn pause(self, failures: u32) -> Duration {
        match self {
            Self::Known(age) => age,
            // The check of the replication, which all tables share, is as old then.
            Self::NoGain => SHARED_AGE,
            Self::EveryNodeIsReplica => NO_GAIN,
            Self::Missing => backoff(FIRST_RETRY, failures, AGE),
            Self::Malformed => backoff(FIRST_RETRY, failures, MAX_RETRY),
            Self::Unreachable => UNREACHABLE,
            Self::Refused | Self::Unsupported => REFUSAL_AGE,
        }
    }

    /// Returns the time of the next fetch.
    #[must_use]
    pub fn next(self, failures: u32, now: Duration, rng: &mut fastrand::Rng) -> Duration {
        now + jittered(self.pause(failures), AGE_JITTER, rng)
    }
}

impl PlacementSummary {
    /// Returns the age at which the map is stale. `failures` is the number of fetches in a row, this one included, that
    /// did not bring complete maps.
    #[must_use]
    pub fn age(&self, failures: u32) -> Duration {
        let stretch = 1 + self.ranges / RANGES_PER_STRETCH;
        let ordinary = AGE.saturating_mul(u32::try_from(stretch).unwrap_or(u32::MAX));
        let complete = match self.moving {
            0 => ordinary,
            moving => {
                let age = AGE_ALL_MOVING.mul_f64(self.ranges as f64 / moving as f64);
                age.clamp(MIN_AGE_MOVING, ordinary)
            }
        };
        match self.is_incomplete {
            true => backoff(INCOMPLETE, failures, complete),
            false => complete,
        }
    }
}

/// Returns whether a client with a map sends a request to a better node than one without: not if every node of the
/// datacenters that it uses holds every partition.
pub fn gains_from_map(datacenters: impl IntoIterator<Item = DatacenterReplication>) -> bool {
    let mut datacenters = datacenters.into_iter().peekable();
    let is_unknown = datacenters.peek().is_none();
    let gains = |datacenter: DatacenterReplication| {
        let replicas = datacenter.replicas;
        replicas.is_none_or(|replicas| replicas < datacenter.nodes)
    };
    is_unknown || datacenters.any(gains)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn age(ranges: usize, moving: usize) -> Duration {
        let placement = PlacementSummary {
            ranges,
            moving,
            is_incomplete: false,
        };
        placement.age(0)
    }

    #[test]
    fn age_of_a_map_falls_with_the_share_of_tablets_that_move() {
        for (ranges, moving, expected) in [
            (1_024, 0, 600),
            (1_024, 1, 460),
            (1_024, 4, 115),
            (1_024, 1_024, 15),
            (32, 1, 15),
            (16_384, 1, 1_200),
        ] {
            assert_eq!(age(ranges, moving).as_secs(), expected, "{ranges} {moving}");
        }
    }

    /// Reads that go astray at the end of the age of a map, by a model of moves that is written differently.
    #[test]
    fn half_a_percent_of_reads_go_astray_at_the_end_of_the_age() {
        for (ranges, moving) in [(1_024, 1), (1_024, 10), (100_000, 100)] {
            let seconds = age(ranges, moving).as_secs_f64();
            let moved = moving as f64 * seconds / 30.0;
            let astray = moved / ranges as f64 / 3.0;
            assert!(
                (astray - 0.005).abs() < 0.001,
                "{ranges} {moving}: {astray}"
            );
        }
    }

    #[test]
    fn large_maps_are_stale_later() {
        let ages = [1, 9_999, 10_000, 100_000].map(|ranges| age(ranges, 0).as_secs());
        assert_eq!(ages, [600, 600, 1_200, 6_600]);
    }

    #[test]
    fn incomplete_map_is_read_again_soon_and_then_less_often() {
        let placement = PlacementSummary {
            ranges: 16,
            moving: 0,
            is_incomplete: true,
        };
        let ages = [1, 2, 3, 4, 5, 40].map(|failures| placement.age(failures).as_secs());
        assert_eq!(ages, [60, 120, 240, 480, 600, 600]);
    }

    #[test]
    fn malformed_and_missing_maps_are_read_again_in_seconds_and_refused_ones_in_minutes() {
        let pauses = |outcome: MapOutcome| [1, 2, 6, 60].map(|n| outcome.pause(n).as_secs());
        assert_eq!(pauses(MapOutcome::Malformed), [2, 4, 60, 60]);
        assert_eq!(pauses(MapOutcome::Missing), [2, 4, 64, 600]);
        assert_eq!(pauses(MapOutcome::Unreachable), [10; 4]);
        assert_eq!(pauses(MapOutcome::Refused), [300; 4]);
    }

    #[test]
    fn map_gains_unless_every_node_of_every_datacenter_is_a_replica() {
        let datacenter = |nodes, replicas| DatacenterReplication { nodes, replicas };
        for (datacenters, expected) in [
            (vec![], true),
            (vec![datacenter(3, Some(3))], false),
            (vec![datacenter(2, Some(3))], false),
            (vec![datacenter(4, Some(3))], true),
            (vec![datacenter(3, None)], true),
            (vec![datacenter(3, Some(3)), datacenter(4, Some(3))], true),
            (vec![datacenter(3, Some(3)), datacenter(1, Some(1))], false),
        ] {
            assert_eq!(
                gains_from_map(datacenters.clone()),
                expected,
                "{datacenters:?}"
            );
        }
    }
}
