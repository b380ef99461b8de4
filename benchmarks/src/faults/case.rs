//! The fault cases: the changes to the nodes, and the thresholds of the plugin.

use std::time::Duration;

use super::script::{self, NODES, Step};
use super::threshold::Threshold;
use super::workload::Workload;
use crate::nodes::{Change, Service};

/// One fault, which is a row of the table.
#[derive(Debug)]
pub(super) struct FaultCase {
    /// The name in arguments.
    pub(super) name: &'static str,
    /// The title in results.
    pub(super) title: &'static str,
    /// The nodes; node 1 gets the fault.
    pub(super) service: Service,
    /// The healthy cluster that is the baseline.
    pub(super) baseline: Service,
    /// The number of attempts of an operation; `None` leaves it to the contender.
    pub(super) attempts: Option<u32>,
    /// The operations of the steady callers.
    pub(super) workload: Workload,
    pub(super) kind: Kind,
    /// The thresholds of the plugin.
    pub(super) thresholds: &'static [Threshold],
}

/// How a fault is measured.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    /// Steady callers, with the script of the changes to the nodes in a run of a given length.
    Steady(fn(Duration) -> Vec<Step>),
    /// Steady callers; the figure is the time from the return of the cluster to the first success.
    Return(fn(Duration) -> Vec<Step>),
    /// Node 1 crashes while hundreds of operations wait for it.
    Crash,
    /// Hundreds of operations by a new client at the same instant, while node 1 is dead.
    Burst,
}

impl FaultCase {
    /// Runs without a fault, which the others are compared with.
    pub(super) const fn healthy(service: Service) -> Self {
        Self {
            name: "healthy",
            title: "no fault",
            service,
            baseline: service,
            attempts: None,
            workload: Workload::Reads,
            kind: Kind::Steady(|_| Vec::new()),
            thresholds: &[],
        }
    }

    #[cfg(test)]
    pub(super) fn named(name: &str) -> Option<&'static Self> {
        let mut all = Self::all(true).into_iter();
        all.find(|case| case.name == name)
    }

    /// Returns whether steady callers make a throughput series.
    pub(super) fn has_throughput_series(&self) -> bool {
        matches!(self.kind, Kind::Steady(_) | Kind::Return(_))
    }

    /// Returns the script of a case with steady callers.
    pub(super) fn script(&self, length: Duration) -> Option<Vec<Step>> {
        match self.kind {
            Kind::Steady(script) | Kind::Return(script) => Some(script(length)),
            Kind::Crash | Kind::Burst => None,
        }
    }
}

pub(super) const fn steady(
    name: &'static str,
    title: &'static str,
    script: fn(Duration) -> Vec<Step>,
    thresholds: &'static [Threshold],
) -> FaultCase {
    FaultCase {
        name,
        title,
        service: THREE,
        baseline: THREE,
        attempts: None,
        workload: Workload::Reads,
        kind: Kind::Steady(script),
        thresholds,
    }
}

const LATE: FaultCase = steady(
    "late",
    "a node answers 100 ms late",
    |_| script::fault(Change::Delay(Duration::from_millis(100))),
    &[
        Threshold::Throughput(0.97),
        Threshold::NoFailures,
        Threshold::StillUsed,
        // One in ten of the 1,500 and more that sixteen callers send where each node has equally many waiting.
        Threshold::RequestsAtMost(150),
        Threshold::NotEjected,
    ],
);

const THROTTLED: FaultCase = steady(
    "throttled",
    "a node throttles everything",
    |_| script::fault(Change::Throttle(1.0)),
    // A third is its share among three; less than a quarter is clearly below that.
    &[Threshold::ShareBelow(0.25), Threshold::NotEjected],
);

const PAUSES: FaultCase = steady(
    "pauses",
    "a node answers one in twenty 100 ms late",
    |_| script::fault(Change::SlowShare(0.05, Duration::from_millis(100))),
    &[
        Threshold::NoFailures,
        Threshold::StillUsed,
        Threshold::NotEjected,
    ],
);

/// A transaction stays with its node: operations are as slow as the node of their key, and fail where that throttles.
const OF_TRANSACTIONS: &[Threshold] = &[Threshold::StillUsed, Threshold::NotEjected];

/// The thresholds where a node takes requests and does not respond: requests that wait for it when the fault begins (at
/// most one per caller) are rescued within the detection time, and no others wait.
const HANG_THRESHOLDS: &[Threshold] = &[
    Threshold::Throughput(0.95),
    Threshold::NoFailures,
    Threshold::SlowestBelow(Duration::from_millis(600)),
    Threshold::FewSlow,
];

const THREE: Service = Service::open(NODES);
const THREE_ENFORCING: Service = Service::enforcing_authorization(NODES);

pub(super) static FAULT_CASES: [FaultCase; 26] = [
    steady(
        "refuses",
        "a node refuses connections",
        |_| script::fault(Change::Stop),
        &[
            Threshold::Throughput(0.98),
            Threshold::NoFailures,
            Threshold::SlowestBelow(Duration::from_millis(20)),
        ],
    ),
    steady(
        "hangs",
        "a node hangs",
        |_| script::fault(Change::Hang),
        HANG_THRESHOLDS,
    ),
    steady(
        "errors",
        "a node answers 500 to everything",
        |_| script::fault(Change::Errors(1.0)),
        &[
            Threshold::Throughput(0.98),
            Threshold::NoFailures,
            Threshold::SlowestBelow(Duration::from_millis(100)),
        ],
    ),
    LATE,
    FaultCase {
        name: "late-all",
        title: "100 ms late, `KeyAffinity::all()`",
        workload: Workload::ReadsWithAffinity,
        ..LATE
    },
    FaultCase {
        name: "late-writes",
        title: "100 ms late, `KeyAffinity::all_writes()`",
        workload: Workload::WritesWithAffinity,
        ..LATE
    },
    FaultCase {
        name: "late-conditional",
        title: "100 ms late, `KeyAffinity::conditional_writes()`",
        workload: Workload::ConditionalWrites,
        thresholds: OF_TRANSACTIONS,
        ..LATE
    },
    PAUSES,
    FaultCase {
        name: "pauses-hedged",
        title: "the same, `Hedge::after_p95()`",
        workload: Workload::HedgedReads,
        thresholds: &[
            Threshold::NoFailures,
            Threshold::StillUsed,
            Threshold::NotEjected,
            // A fifth of the pause.
            Threshold::P999Below(Duration::from_millis(20)),
            // 5 %, and the requests that were under way at either end of the window.
            Threshold::RequestsPerOperation(1.06),
        ],
        ..PAUSES
    },
    steady(
        "half-errors",
        "a node answers 500 to every other",
        |_| script::fault(Change::Errors(0.5)),
        &[Threshold::Throughput(0.9), Threshold::NoFailures],
    ),
    THROTTLED,
    FaultCase {
        name: "throttled-all",
        title: "throttles, `KeyAffinity::all()`",
        workload: Workload::ReadsWithAffinity,
        ..THROTTLED
    },
    FaultCase {
        name: "throttled-writes",
        title: "throttles, `KeyAffinity::all_writes()`",
        workload: Workload::WritesWithAffinity,
        ..THROTTLED
    },
    FaultCase {
        name: "throttled-conditional",
        title: "throttles, `KeyAffinity::conditional_writes()`",
        workload: Workload::ConditionalWrites,
        thresholds: OF_TRANSACTIONS,
        ..THROTTLED
    },
    FaultCase {
        name: "two-dead",
        title: "two of three are dead",
        service: THREE,
        // The one that is left can do no more than it could alone.
        baseline: Service::open(1),
        attempts: None,
        workload: Workload::Reads,
        kind: Kind::Steady(|_| script::stopped(&[1, 2])),
        thresholds: &[Threshold::Throughput(0.9), Threshold::NoFailures],
    },
    steady(
        "black-hole",
        "packets to a node are dropped",
        |_| script::fault(Change::BlackHole),
        &[
            Threshold::Throughput(0.95),
            Threshold::NoFailures,
            // Where no connection is idle, the first packet of the probe's has 1.3 s, in which it is sent again.
            Threshold::SlowestBelow(Duration::from_secs(2)),
            Threshold::FewSlow,
        ],
    ),
    steady(
        "stalls",
        "a node stalls after the headers",
        |_| script::fault(Change::StallAfterHeaders),
        HANG_THRESHOLDS,
    ),
    steady(
        "stale-connections",
        "the connections to a node are lost",
        |_| script::fault(Change::LoseConnections),
        &[
            Threshold::Throughput(0.9),
            Threshold::NoFailures,
            // The longest wait before a request is taken to wait on a lost connection, and the checks before that.
            Threshold::SlowestBelow(Duration::from_secs(4)),
            Threshold::NotEjected,
        ],
    ),
    steady(
        "web-server",
        "a web server has a node's address",
        |_| script::fault(Change::WebServer),
        &[
            Threshold::Throughput(0.98),
            Threshold::NoFailures,
            Threshold::SlowestBelow(Duration::from_millis(100)),
        ],
    ),
    FaultCase {
        name: "clock",
        title: "a node's clock is an hour ahead",
        service: THREE_ENFORCING,
        baseline: THREE_ENFORCING,
        attempts: None,
        workload: Workload::Reads,
        kind: Kind::Steady(|_| script::fault(Change::ClockAhead(Duration::from_secs(3_600)))),
        thresholds: &[
            Threshold::Throughput(0.95),
            Threshold::NoFailures,
            Threshold::StillUsed,
            Threshold::NotEjected,
        ],
    },
    FaultCase {
        name: "quorum",
        title: "no quorum for two seconds, ten attempts",
        service: THREE,
        baseline: THREE,
        // The SDK waits a second and a half before the third of three attempts, on average.
        attempts: Some(10),
        workload: Workload::Reads,
        kind: Kind::Return(script::no_quorum),
        thresholds: &[Threshold::NoFailures, Threshold::NotEjected],
    },
    steady(
        "flapping",
        "a node flaps every 300 ms",
        script::flapping,
        &[Threshold::Throughput(0.8), Threshold::NoFailures],
    ),
    steady(
        "rolling",
        "rolling restart of all three",
        script::rolling,
        &[Threshold::NoFailures],
    ),
    FaultCase {
        name: "all-dead",
        title: "all are dead, one returns",
        service: THREE,
        baseline: THREE,
        attempts: None,
        workload: Workload::Reads,
        kind: Kind::Return(script::all_dead),
        thresholds: &[Threshold::RecoveryWithin(Duration::from_secs(1))],
    },
    FaultCase {
        name: "crash",
        title: "a node dies with 300 in flight",
        service: THREE,
        baseline: THREE,
        attempts: None,
        workload: Workload::Reads,
        kind: Kind::Crash,
        thresholds: &[Threshold::NoFailures],
    },
    FaultCase {
        name: "burst",
        title: "a node is dead, 400 at once",
        service: THREE,
        baseline: THREE,
        attempts: None,
        workload: Workload::Reads,
        kind: Kind::Burst,
        thresholds: &[Threshold::NoFailures],
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_case_is_found_by_its_name() {
        for case in FaultCase::all(true) {
            let found = FaultCase::named(case.name).unwrap();
            assert_eq!(found.title, case.title);
            assert!(!case.thresholds.is_empty(), "{}", case.name);
        }
    }
}
