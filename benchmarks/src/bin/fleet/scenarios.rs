//! What is played.

use crate::step::Step;
use benchmarks::fleet::Timeline;
use std::ops::Range;
use std::time::Duration;

/// A description of faults.
#[derive(Debug)]
pub(crate) struct Scenario {
    pub(crate) name: &'static str,
    pub(crate) title: &'static str,
    pub(crate) description: &'static str,
    pub(crate) scope: Scope,
    /// In seconds: when the fault begins and ends, if there is one, and when the scenario does.
    fault: Option<Range<u64>>,
    end: u64,
    /// What happens when, given how many nodes there are.
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

/// When the first fault begins: ten seconds before it are measured.
const FAULT_START: u64 = 16;

/// For how long a fault lasts that is not a restart.
const FAULT_END: u64 = FAULT_START + 60;

/// By when every client has found out that it is over.
const SCENARIO_END: u64 = FAULT_END + 34;

/// How long ScyllaDB takes to find a node dead that says nothing (`failure_detector_timeout_in_ms`). One that is shut down
/// says so.
const FAILURE_DETECTION: u64 = 20;

/// How long before it listens a node is listed.
const LISTED_BEFORE_SERVING: u64 = 13;

/// How long a restart takes, and after how long the next node is restarted.
const RESTART: u64 = 30;
const RESTART_INTERVAL: u64 = 10;
const RESTARTS: u32 = 6;
const LAST_RESTART: u64 = FAULT_START + (RESTARTS as u64 - 1) * RESTART_INTERVAL + RESTART;

pub(crate) const SCENARIOS: [Scenario; 13] = [
    Scenario {
        name: "healthy",
        title: "Nothing is wrong",
        description: "What chance alone does, for comparison. Scope: the cluster, with three seeds.",
        scope: Scope::Cluster,
        fault: None,
        end: 46,
        script: |_| Vec::new(),
    },
    Scenario {
        name: "datacenter",
        title: "Nothing is wrong, scope datacenter",
        description: "The same with another scope, under which discovery asks any node.",
        scope: Scope::Datacenter,
        fault: None,
        end: 46,
        script: |_| Vec::new(),
    },
    Scenario {
        name: "restart",
        title: "Rolling restart",
        description: "Six nodes are restarted, one every 10 s. Each says that it goes, refuses connections for 30 s, and is listed \
                again 13 s before it listens.",
        scope: Scope::Cluster,
        fault: Some(FAULT_START..LAST_RESTART),
        end: LAST_RESTART + 34,
        script: rolling_restart,
    },
    Scenario {
        name: "crash",
        title: "A node crashes",
        description: "One node refuses connections for 15 s, and is back before the others have found it dead: it is listed all the \
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
        description: "One node takes requests and answers nothing for 60 s. After 20 s the others find it dead.",
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
        description: "One node takes ten times as long for 60 s. It answers probes at once, as with a slow disk.",
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
                others find them dead; they are listed again 13 s before they listen.",
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
        title: "Most nodes answer 500",
        description: "Six nodes in ten answer every request with an error for 60 s: leaving them all out would put two and a half \
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
            // What the others hear of its farewell takes a moment to spread.
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
