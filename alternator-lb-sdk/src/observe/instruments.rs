//! The table of instruments: what the plugin exports, in whichever way.
//!
//! One table, so that both exporters, the documentation and the dashboard cannot differ. Names, units and attributes
//! follow OpenTelemetry's semantic conventions: see [`docs::metrics`](crate::docs::metrics). All of them are read when
//! they are collected, so a request costs the same with and without them.

use super::readings::{Count, Reading};
use alternator_lb_core::observe::{NodeStatus, Stats};

/// One metric.
#[derive(Debug)]
pub(super) struct Instrument {
    /// The name by OpenTelemetry's conventions.
    pub(super) name: &'static str,
    pub(super) unit: Unit,
    /// One sentence without its full stop, as the conventions have it.
    pub(super) description: &'static str,
    /// The kind, the attributes, and the values.
    pub(super) reading: Reading,
}

/// The unit of an instrument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    Seconds,
    Bytes,
    /// A number of what the annotation says, as `{request}`.
    Number(&'static str),
}

/// The states of a node: see [`NodeState`](alternator_lb_core::observe::NodeState).
pub(super) const STATE: &str = "alternator.client.node.state";
/// The outcomes of attempts: see [`Outcome`](alternator_lb_core::health::Outcome).
pub(super) const ERROR_TYPE: &str = "error.type";
/// The host of a node.
pub(super) const SERVER_ADDRESS: &str = "server.address";
/// The port of a node.
pub(super) const SERVER_PORT: &str = "server.port";

/// All instruments: those of nodes, and then those of the cluster.
pub(super) static INSTRUMENTS: [Instrument; 20] = [
    Instrument {
        name: "alternator.client.requests",
        unit: Unit::Number("{request}"),
        description: "Number of requests sent to the node, each retry as one more",
        reading: Reading::Counter(Count::OfNode(NodeStatus::requests)),
    },
    Instrument {
        name: "alternator.client.errors",
        unit: Unit::Number("{error}"),
        description: "Number of requests to the node that ended without a result, by the kind of their end",
        reading: Reading::Counter(Count::ByErrorType(NodeStatus::outcomes)),
    },
    Instrument {
        name: "alternator.client.request.active",
        unit: Unit::Number("{request}"),
        description: "Number of requests in flight to the node",
        reading: Reading::UpDownCounter(Count::OfNode(|node| node.in_flight().into())),
    },
    Instrument {
        name: "alternator.client.request.duration.p50",
        unit: Unit::Seconds,
        description: "Median time of the node's responses over the last 15 to 30 seconds",
        reading: Reading::Gauge(NodeStatus::latency_p50),
    },
    Instrument {
        name: "alternator.client.request.duration.p99",
        unit: Unit::Seconds,
        description: "99th percentile of the time of the node's responses over the last 15 to 30 seconds",
        reading: Reading::Gauge(NodeStatus::latency_p99),
    },
    Instrument {
        name: "alternator.client.node.status",
        unit: Unit::Number("{node}"),
        description: "State of the node: 1 for the state that it is in, and 0 for all others",
        reading: Reading::UpDownCounter(Count::ByState),
    },
    Instrument {
        name: "alternator.client.failovers",
        unit: Unit::Number("{retry}"),
        description: "Number of retries that went to another node than the attempt before",
        reading: Reading::Counter(Count::OfCluster(Stats::failovers)),
    },
    Instrument {
        name: "alternator.client.retries_spared",
        unit: Unit::Number("{retry}"),
        description: "Number of retries that cost the application none of its own, since the node was never reached",
        reading: Reading::Counter(Count::OfCluster(Stats::retries_spared)),
    },
    Instrument {
        name: "alternator.client.hedge.requests",
        unit: Unit::Number("{request}"),
        description: "Number of second requests of hedged reads",
        reading: Reading::Counter(Count::OfCluster(Stats::hedges)),
    },
    Instrument {
        name: "alternator.client.hedge.wins",
        unit: Unit::Number("{request}"),
        description: "Number of second requests of hedged reads whose response came first",
        reading: Reading::Counter(Count::OfCluster(Stats::hedges_won)),
    },
    Instrument {
        name: "alternator.client.spill_overs",
        unit: Unit::Number("{request}"),
        description: "Number of requests that went to a scope after the preferred one",
        reading: Reading::Counter(Count::OfCluster(Stats::spill_overs)),
    },
    Instrument {
        name: "alternator.client.replica.hits",
        unit: Unit::Number("{request}"),
        description: "Number of token-aware requests that went to a replica of their partition",
        reading: Reading::Counter(Count::OfCluster(Stats::replica_hits)),
    },
    Instrument {
        name: "alternator.client.replica.misses",
        unit: Unit::Number("{request}"),
        description: "Number of token-aware requests that went to a node that is no known replica of their partition",
        reading: Reading::Counter(Count::OfCluster(Stats::replica_misses)),
    },
    Instrument {
        name: "alternator.client.moved_primaries",
        unit: Unit::Number("{request}"),
        description: "Number of requests with key affinity that went to another node than the first one of their key",
        reading: Reading::Counter(Count::OfCluster(Stats::moved_primaries)),
    },
    Instrument {
        name: "alternator.client.refreshes",
        unit: Unit::Number("{refresh}"),
        description: "Number of refreshes of the list of nodes that have ended",
        reading: Reading::Counter(Count::OfCluster(Stats::refreshes)),
    },
    Instrument {
        name: "alternator.client.refresh.failures",
        unit: Unit::Number("{refresh}"),
        description: "Number of refreshes of the list of nodes that have failed",
        reading: Reading::Counter(Count::OfCluster(Stats::refresh_failures)),
    },
    Instrument {
        name: "alternator.client.panic_mode.entries",
        unit: Unit::Number("{entry}"),
        description: "Number of times that panic mode was entered",
        reading: Reading::Counter(Count::OfCluster(Stats::panic_mode_entries)),
    },
    Instrument {
        name: "alternator.client.panic_mode.active",
        unit: Unit::Number("{client}"),
        description: "1 while panic mode is on: more than half of the reachable nodes fail",
        reading: Reading::UpDownCounter(Count::OfCluster(|stats| stats.is_in_panic_mode().into())),
    },
    Instrument {
        name: "alternator.client.compression.saved",
        unit: Unit::Bytes,
        description: "Bytes of bodies that compression has saved",
        reading: Reading::Counter(Count::OfCluster(Stats::bytes_saved_by_compression)),
    },
    Instrument {
        name: "alternator.client.minimal_headers.saved",
        unit: Unit::Bytes,
        description: "Bytes of headers that minimal headers have saved",
        reading: Reading::Counter(Count::OfCluster(Stats::bytes_saved_by_minimal_headers)),
    },
];

#[cfg(test)]
mod tests;
