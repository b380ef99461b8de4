//! The scenarios of metadata requests.

use benchmarks::fleet::{Bar, MetadataPeriod};
use std::ops::Range;
use std::time::Duration;

/// A scenario: how the clients begin, a script of changes, and the periods that are reported.
#[derive(Debug)]
pub(crate) struct MetadataScenario {
    pub(crate) name: &'static str,
    pub(crate) title: &'static str,
    pub(crate) start: Start,
    /// True if a node joins, whose number is that of the nodes before.
    pub(crate) adds_node: bool,
    /// Returns the steps and the times after which they happen, for a number of nodes.
    pub(crate) script: fn(u32) -> Vec<(Duration, MetadataStep)>,
    pub(crate) periods: &'static [MetadataPeriod],
}

/// The state of the clients at the beginning.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Start {
    /// They know nothing, and start at random times within this time.
    Cold { over: Duration },
    /// They have used all tables for long.
    Steady,
}

/// A change of the cluster.
#[derive(Clone, Copy, Debug)]
pub(crate) enum MetadataStep {
    /// A node refuses connections from now on.
    Stop(u32),
    /// It accepts them again.
    Listen(u32),
    /// No node lists the node any more (`Delist`), or all list it (`List`).
    Delist(u32),
    List(u32),
    /// The tablets of all tables are in the stage `repair`.
    BeginRepair,
    EndRepair,
    /// Tablets begin to move to the node that was added.
    BeginMoves,
    /// Records how many requests clients have made about their tables so far.
    CountRequests,
}

impl MetadataScenario {
    pub(crate) fn length(&self) -> Duration {
        let ends = self.periods.iter().map(|period| period.seconds.end as u64);
        seconds(ends.max().unwrap_or_default())
    }
}

const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

const fn period(
    title: &'static str,
    seconds: Range<usize>,
    bars: &'static [Bar],
) -> MetadataPeriod {
    MetadataPeriod {
        title,
        seconds,
        bars,
    }
}

/// The time over which clients start, and by which they have all maps: the last one waits for 10 s.
const START: u64 = 60;
const STARTED: usize = 75;

/// The time of the first change. The time before it is not measured.
const CHANGE: u64 = 30;

/// The minute after the change.
const FIRST_MINUTE: Range<usize> = 30..90;

/// As in the scenarios of operations: the time until a dead node is declared dead, that of a restart, that between
/// restarts, and that for which a booting node is listed before it listens.
const FAILURE_DETECTION: u64 = 20;
const RESTART: u64 = 30;
const RESTART_INTERVAL: u64 = 10;
const LISTED_BEFORE_SERVING: u64 = 13;

/// The time from which on a new node gets tablets: the balancer looks at the load some seconds after it has joined.
const FIRST_MOVE: u64 = CHANGE + 5;

const STEADY: &[Bar] = &[Bar::Minute(5.0)];
const CHANGED: &[Bar] = &[Bar::Second(50)];
const MOVING: &[Bar] = &[Bar::Second(50), Bar::ReplicaReads(0.99)];

pub(crate) const METADATA_SCENARIOS: [MetadataScenario; 6] = [
    MetadataScenario {
        name: "metadata-start",
        title: "Metadata: cold start of all clients",
        start: Start::Cold {
            over: seconds(START),
        },
        adds_node: false,
        script: |_| vec![(seconds(STARTED as u64), MetadataStep::CountRequests)],
        periods: &[
            period(
                "cold start over 60 s",
                0..STARTED,
                &[Bar::PerTable(3), Bar::Second(100)],
            ),
            period("the hour after", STARTED..STARTED + 3_600, &[]),
            period(
                "its last ten minutes",
                STARTED + 3_000..STARTED + 3_600,
                STEADY,
            ),
        ],
    },
    MetadataScenario {
        name: "metadata-steady",
        title: "Metadata: steady state",
        start: Start::Steady,
        adds_node: false,
        script: |_| Vec::new(),
        periods: &[period("steady state, ten minutes", 0..600, STEADY)],
    },
    MetadataScenario {
        name: "metadata-repair",
        title: "Metadata: repair of all tables",
        start: Start::Steady,
        adds_node: false,
        script: |_| {
            vec![
                (seconds(CHANGE), MetadataStep::BeginRepair),
                (seconds(CHANGE + 600), MetadataStep::EndRepair),
            ]
        },
        periods: &[
            period("repair of all tables, first minute", FIRST_MINUTE, CHANGED),
            period("repair of all tables, ten minutes", 30..630, STEADY),
        ],
    },
    MetadataScenario {
        name: "metadata-restart",
        title: "Metadata: rolling restart of all nodes",
        start: Start::Steady,
        adds_node: false,
        script: rolling_restart,
        periods: &[
            period("rolling restart, first minute", FIRST_MINUTE, CHANGED),
            period(
                "rolling restart of all nodes, one every 10 s",
                30..1_050,
                STEADY,
            ),
        ],
    },
    MetadataScenario {
        name: "metadata-dead",
        title: "Metadata: a node is dead",
        start: Start::Steady,
        adds_node: false,
        script: |_| {
            vec![
                (seconds(CHANGE), MetadataStep::Stop(1)),
                (seconds(CHANGE + FAILURE_DETECTION), MetadataStep::Delist(1)),
            ]
        },
        periods: &[
            period("a node dies, first minute", FIRST_MINUTE, CHANGED),
            period("a node is dead, ten minutes", 90..690, STEADY),
        ],
    },
    MetadataScenario {
        name: "metadata-added",
        title: "Metadata: a node is added",
        start: Start::Steady,
        adds_node: true,
        script: |nodes| {
            vec![
                (seconds(CHANGE), MetadataStep::List(nodes)),
                (seconds(FIRST_MOVE), MetadataStep::BeginMoves),
            ]
        },
        periods: &[
            period("a node is added, first minute", FIRST_MINUTE, MOVING),
            period("its tablets move, until minute 13", 90..810, MOVING),
            period("the half hour after", 810..2_610, &[]),
            period("its last ten minutes", 2_010..2_610, STEADY),
        ],
    },
];

fn rolling_restart(nodes: u32) -> Vec<(Duration, MetadataStep)> {
    let steps = (0..nodes).flat_map(|node| {
        let begin = CHANGE + u64::from(node) * RESTART_INTERVAL;
        let end = begin + RESTART;
        [
            (seconds(begin), MetadataStep::Stop(node)),
            // The announcement of the shutdown takes a moment to spread.
            (seconds(begin + 1), MetadataStep::Delist(node)),
            (
                seconds(end - LISTED_BEFORE_SERVING),
                MetadataStep::List(node),
            ),
            (seconds(end), MetadataStep::Listen(node)),
        ]
    });
    steps.collect()
}
