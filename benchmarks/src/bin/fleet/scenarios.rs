//! The scenarios.

use crate::step::Step;
use benchmarks::fleet::Timeline;
use std::ops::Range;
use std::time::Duration;

/// A scenario: the scope of the clients and a script of faults.
#[derive(Debug)]
pub(crate) struct Scenario {
    pub(crate) name: &'static str,
    pub(crate) title: &'static str,
    pub(crate) description: &'static str,
    pub(crate) scope: Scope,
    /// In seconds: the period of the fault, if any, and the end of the scenario.
    fault: Option<Range<u64>>,
    end: u64,
    /// Returns the steps and their times, for a number of nodes.
    pub(crate) script: fn(u32) -> Vec<(Duration, Step)>,
}

/// The scope of the clients.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scope {
    /// The default. One seed in each rack.
    Cluster,
    Datacenter,
    /// The client's own rack, else the datacenter.
    RackFirst,
}

pub(crate) const RACKS: u32 = 3;

/// The nodes of a rack.
pub(crate) fn rack(rack: u32, nodes: u32) -> Range<u32> {
    nodes * rack / RACKS..nodes * (rack + 1) / RACKS
}

impl Scenario {
    pub(crate) fn timeline(&self) -> Timeline {
        let end = seconds(self.end);
        match &self.fault {
            Some(fault) => Timeline::new(seconds(fault.start)..seconds(fault.end), end),
            None => Timeline::without_fault(end),
        }
    }
}

const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// The beginning of the first fault. The ten seconds before it are measured.
const FAULT_START: u64 = 16;

/// The end of a fault of 60 s, as all faults other than restarts and the crash.
const FAULT_END: u64 = FAULT_START + 60;

/// The end of the scenario, by when every client has detected the end of the fault.
const SCENARIO_END: u64 = FAULT_END + 34;

/// The time until ScyllaDB declares an unresponsive node dead (`failure_detector_timeout_in_ms`). A node that shuts
/// down announces it.
const FAILURE_DETECTION: u64 = 20;

/// The time for which a booting node is listed before it listens.
const LISTED_BEFORE_SERVING: u64 = 13;

/// The duration of a restart, and the interval between restarts.
const RESTART: u64 = 30;
const RESTART_INTERVAL: u64 = 10;
const RESTARTS: u32 = 6;
const LAST_RESTART: u64 = FAULT_START + (RESTARTS as u64 - 1) * RESTART_INTERVAL + RESTART;

pub(crate) const SCENARIOS: [Scenario; 13] = [
    Scenario {
        name: "healthy",
        title: "No fault",
        description: "The effect of chance alone, for comparison. Scope: the cluster, with three seeds.",
        scope: Scope::Cluster,
        fault: None,
        end: 46,
        script: |_| Vec::new(),
    },
    Scenario {
        name: "datacenter",
        title: "No fault, scope datacenter",
        description: "The same with another scope, under which discovery queries any node.",
        scope: Scope::Datacenter,
        fault: None,
        end: 46,
        script: |_| Vec::new(),
    },
    Scenario {
        name: "restart",
        title: "Rolling restart",
        description: "Six nodes are restarted, one every 10 s. Each announces its shutdown, refuses connections for 30 s, and is listed \
                again 13 s before it listens.",
        scope: Scope::Cluster,
        fault: Some(FAULT_START..LAST_RESTART),
        end: LAST_RESTART + 34,
        script: rolling_restart,
    },
    Scenario {
        name: "crash",
        title: "A node crashes",
        description: "One node refuses connections for 15 s, and is back before the others declare it dead: it is listed all the \
                time.",
        scope: Scope::Cluster,
        fault: Some(FAULT_START..FAULT_START + 15),
        end: FAULT_START + 15 + 34,
        script: |_| {
            vec![
                (seconds(FAULT_START), Step::Stop(1..2)),
                (seconds(FAULT_START + 15), Step::Listen(1..2)),
            ]
        },
    },
    Scenario {
        name: "hang",
        title: "A node hangs",
        description: "One node accepts requests without responding for 60 s. After 20 s the others declare it dead.",
        scope: Scope::Cluster,
        fault: Some(FAULT_START..FAULT_END),
        end: SCENARIO_END,
        script: |_| {
            vec![
                (seconds(FAULT_START), Step::Hang(1..2)),
                (seconds(FAULT_START + FAILURE_DETECTION), Step::Delist(1..2)),
                (seconds(FAULT_END), Step::List(1..2)),
                (seconds(FAULT_END), Step::Resume(1..2)),
            ]
        },
    },
    Scenario {
        name: "slow",
        title: "A node is slow",
        description: "One node takes ten times as long for 60 s. It responds to probes at once, as with a slow disk.",
        scope: Scope::Cluster,
        fault: Some(FAULT_START..FAULT_END),
        end: SCENARIO_END,
        script: |_| slow(false),
    },
    Scenario {
        name: "busy",
        title: "A node is slow in all it does",
        description: "The same, and probes wait behind the operations, as with a busy processor.",
        scope: Scope::Cluster,
        fault: Some(FAULT_START..FAULT_END),
        end: SCENARIO_END,
        script: |_| slow(true),
    },
    Scenario {
        name: "rack",
        title: "A rack is lost",
        description: "A third of the nodes loses power for 60 s: nothing comes from there, no refusal either. After 20 s the \
                others declare them dead; they are listed again 13 s before they listen.",
        scope: Scope::Cluster,
        fault: Some(FAULT_START..FAULT_END),
        end: SCENARIO_END,
        script: |nodes| outage(rack(0, nodes)),
    },
    Scenario {
        name: "rack-datacenter",
        title: "A rack is lost, scope datacenter",
        description: "The same with the other scope.",
        scope: Scope::Datacenter,
        fault: Some(FAULT_START..FAULT_END),
        end: SCENARIO_END,
        script: |nodes| outage(rack(0, nodes)),
    },
    Scenario {
        name: "rack-first",
        title: "A rack is lost, clients prefer their own",
        description: "The same, and a third of the clients lives in each rack: those of the lost one have to go elsewhere.",
        scope: Scope::RackFirst,
        fault: Some(FAULT_START..FAULT_END),
        end: SCENARIO_END,
        script: |nodes| outage(rack(0, nodes)),
    },
    Scenario {
        name: "half-rack-first",
        title: "Half of a rack is lost, clients prefer their own",
        description: "The same with half of the nodes of a rack: the others keep 70 % of its traffic.",
        scope: Scope::RackFirst,
        fault: Some(FAULT_START..FAULT_END),
        end: SCENARIO_END,
        script: |nodes| outage(0..rack(0, nodes).end / 2),
    },
    Scenario {
        name: "partition",
        title: "A network partition",
        description: "A third of the clients cannot reach half of the nodes for 60 s: what they send is lost. All nodes are listed.",
        scope: Scope::Cluster,
        fault: Some(FAULT_START..FAULT_END),
        end: SCENARIO_END,
        script: |nodes| {
            vec![
                (seconds(FAULT_START), Step::BeginPartition(0..nodes / 2)),
                (seconds(FAULT_END), Step::EndPartition(0..nodes / 2)),
            ]
        },
    },
    Scenario {
        name: "errors",
        title: "Most nodes respond with 500",
        description: "Six nodes in ten respond to every request with an error for 60 s: ejecting all of them would put two and a half \
                times the load on the others, which are half busy.",
        scope: Scope::Cluster,
        fault: Some(FAULT_START..FAULT_END),
        end: SCENARIO_END,
        script: |nodes| {
            let (nodes, share) = (0..nodes * 6 / 10, 1.0);
            vec![
                (
                    seconds(FAULT_START),
                    Step::Fail {
                        nodes: nodes.clone(),
                        share,
                    },
                ),
                (seconds(FAULT_END), Step::Recover(nodes)),
            ]
        },
    },
];

fn rolling_restart(nodes: u32) -> Vec<(Duration, Step)> {
    let steps = (0..RESTARTS).flat_map(|restart| {
        let node = nodes * restart / RESTARTS;
        let node = node..node + 1;
        let begin = FAULT_START + u64::from(restart) * RESTART_INTERVAL;
        [
            (seconds(begin), Step::Stop(node.clone())),
            // The announcement of the shutdown takes a moment to spread.
            (seconds(begin + 1), Step::Delist(node.clone())),
            (
                seconds(begin + RESTART - LISTED_BEFORE_SERVING),
                Step::List(node.clone()),
            ),
            (seconds(begin + RESTART), Step::Listen(node)),
        ]
    });
    steps.collect()
}

fn slow(delays_probes: bool) -> Vec<(Duration, Step)> {
    let slow = Step::Slow {
        nodes: 1..2,
        factor: 10.0,
        delays_probes,
    };
    vec![
        (seconds(FAULT_START), slow),
        (seconds(FAULT_END), Step::Recover(1..2)),
    ]
}

fn outage(nodes: Range<u32>) -> Vec<(Duration, Step)> {
    vec![
        (seconds(FAULT_START), Step::HostDown(nodes.clone())),
        (
            seconds(FAULT_START + FAILURE_DETECTION),
            Step::Delist(nodes.clone()),
        ),
        (
            seconds(FAULT_END - LISTED_BEFORE_SERVING),
            Step::Boot(nodes.clone()),
        ),
        (
            seconds(FAULT_END - LISTED_BEFORE_SERVING),
            Step::List(nodes.clone()),
        ),
        (seconds(FAULT_END), Step::Listen(nodes)),
    ]
}
