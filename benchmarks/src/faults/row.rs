//! The faults: what is done to the nodes, and what the plugin is expected to make of it.

use std::time::Duration;

use super::bar::Bar;
use super::script::{self, Step};
use crate::nodes::Change;

/// One fault, which is a row of the table.
#[derive(Debug)]
pub(super) struct Row {
    /// What it is called in arguments.
    pub(super) name: &'static str,
    /// What it is called in results.
    pub(super) title: &'static str,
    /// Nodes of the cluster, of which node 1 gets the fault.
    pub(super) nodes: usize,
    /// Nodes of the healthy cluster that it is compared with.
    pub(super) base: usize,
    pub(super) kind: Kind,
    /// What the plugin must reach.
    pub(super) bars: &'static [Bar],
}

/// How a fault is measured.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    /// Callers that go on all the time, and what happens to the nodes when, in a run of a given length.
    Steady(fn(Duration) -> Vec<Step>),
    /// The same, and what counts is the time from the return of the cluster to the first success.
    Return(fn(Duration) -> Vec<Step>),
    /// Node 1 crashes while hundreds of operations wait for it.
    Crash,
    /// Hundreds of operations by a new client at the same instant, while node 1 is dead.
    Burst,
}

impl Row {
    /// Runs without a fault, which the others are compared with.
    pub(super) const fn healthy(nodes: usize) -> Self {
        Self {
            name: "healthy",
            title: "no fault",
            nodes,
            base: nodes,
            kind: Kind::Steady(|_| Vec::new()),
            bars: &[],
        }
    }

    #[cfg(test)]
    pub(super) fn named(name: &str) -> Option<&'static Self> {
        ROWS.iter().find(|row| row.name == name)
    }

    /// Whether there are callers all the time, so that throughput has a course.
    pub(super) fn has_course(&self) -> bool {
        matches!(self.kind, Kind::Steady(_) | Kind::Return(_))
    }

    /// Returns what happens when, if the callers go on all the time.
    pub(super) fn script(&self, length: Duration) -> Option<Vec<Step>> {
        match self.kind {
            Kind::Steady(script) | Kind::Return(script) => Some(script(length)),
            Kind::Crash | Kind::Burst => None,
        }
    }
}

const fn steady(
    name: &'static str,
    title: &'static str,
    script: fn(Duration) -> Vec<Step>,
    bars: &'static [Bar],
) -> Row {
    Row {
        name,
        title,
        nodes: NODES,
        base: NODES,
        kind: Kind::Steady(script),
        bars,
    }
}

/// Nodes of a cluster: as many as a request can be sent to by three attempts.
pub(super) const NODES: usize = 3;

/// What is asked of the plugin where a node takes requests and does not answer: those that wait for it when it begins
/// (at most one per caller) are rescued in the time that it takes to find out, and no others wait.
const AS_A_HANG: &[Bar] = &[
    Bar::Throughput(0.95),
    Bar::NoneFailed,
    Bar::Slowest(Duration::from_millis(600)),
    Bar::FewSlow,
];

pub(super) static ROWS: [Row; 14] = [
    steady(
        "refuses",
        "a node refuses connections",
        |_| script::fault(Change::Stop),
        &[
            Bar::Throughput(0.98),
            Bar::NoneFailed,
            Bar::Slowest(Duration::from_millis(20)),
        ],
    ),
    steady(
        "hangs",
        "a node hangs",
        |_| script::fault(Change::Hang),
        AS_A_HANG,
    ),
    steady(
        "errors",
        "a node answers 500 to everything",
        |_| script::fault(Change::Errors(1.0)),
        &[
            Bar::Throughput(0.98),
            Bar::NoneFailed,
            Bar::Slowest(Duration::from_millis(100)),
        ],
    ),
    steady(
        "late",
        "a node answers 100 ms late",
        |_| script::fault(Change::Delay(Duration::from_millis(100))),
        &[Bar::Throughput(0.95), Bar::NoneFailed, Bar::StillAsked],
    ),
    steady(
        "half-errors",
        "a node answers 500 to every other",
        |_| script::fault(Change::Errors(0.5)),
        &[Bar::Throughput(0.9), Bar::NoneFailed],
    ),
    steady(
        "throttled",
        "a node throttles everything",
        |_| script::fault(Change::Throttle(1.0)),
        // A third is its share among three; less than a quarter is clearly below that.
        &[Bar::ShareBelow(0.25), Bar::NotLeftOut],
    ),
    Row {
        name: "two-dead",
        title: "two of three are dead",
        nodes: NODES,
        // The one that is left can do no more than it could alone.
        base: 1,
        kind: Kind::Steady(|_| script::stopped(&[1, 2])),
        bars: &[Bar::Throughput(0.9), Bar::NoneFailed],
    },
    steady(
        "black-hole",
        "packets to a node are dropped",
        |_| script::fault(Change::BlackHole),
        AS_A_HANG,
    ),
    steady(
        "stalls",
        "a node stalls after the headers",
        |_| script::fault(Change::Stall),
        AS_A_HANG,
    ),
    steady(
        "flapping",
        "a node flaps every 300 ms",
        script::flapping,
        &[Bar::Throughput(0.8), Bar::NoneFailed],
    ),
    steady(
        "rolling",
        "rolling restart of all three",
        script::rolling,
        &[Bar::NoneFailed],
    ),
    Row {
        name: "all-dead",
        title: "all are dead, one returns",
        nodes: NODES,
        base: NODES,
        kind: Kind::Return(script::all_dead),
        bars: &[Bar::BackWithin(Duration::from_secs(1))],
    },
    Row {
        name: "crash",
        title: "a node dies with 300 in flight",
        nodes: NODES,
        base: NODES,
        kind: Kind::Crash,
        bars: &[Bar::NoneFailed],
    },
    Row {
        name: "burst",
        title: "a node is dead, 400 at once",
        nodes: NODES,
        base: NODES,
        kind: Kind::Burst,
        bars: &[Bar::NoneFailed],
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_row_is_found_by_its_name() {
        for row in &ROWS {
            let found = Row::named(row.name).unwrap();
            assert_eq!(found.title, row.title);
            assert!(!row.bars.is_empty(), "{}", row.name);
        }
    }
}
