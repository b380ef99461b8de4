//! Selects the node that a request goes to.
//!
//! The [`Router`] holds a [`RoutingSnapshot`] of the usable nodes. A request picks one with a single atomic increment
//! and a comparison of two nodes; nothing here waits, locks or looks at more than a handful of nodes, however many
//! there are. The snapshot is replaced only when a refresh brings another list or a node is ejected or restored.
//!
//! An operation keeps a [`Plan`]: the nodes of its attempts, so that a retry goes to a node that has not been tried
//! yet.
//!
//! An operation on known partitions can have a [`RoutingInfo`], which prefers the nodes that serve them best: the
//! primary node that all clients agree on, or any replica. Each attempt honours it as far as the nodes allow at that
//! time; where it leads to no usable node, the operation is routed as any other. It never leads to a node outside the
//! list. To find the primary node of a key, all nodes of the datacenter are weighed, at a nanosecond each. Replicas
//! have no part in that: clients read the maps of them at different times, and would not agree.
//!
//! Plain synchronous code: the time and the random numbers come from the caller.

mod attempt_log;
mod attempt_record;
mod bounded_load;
mod endpoint;
mod ewma;
mod exclusion;
mod healthy_set;
mod hedging;
mod load_stats;
mod operation_latency;
mod plan;
mod policy;
mod priority;
mod reason;
mod recent_latencies;
pub mod rendezvous;
mod retry_decision;
mod router;
mod routing_info;
mod selection;
mod selector;
mod snapshot;
mod token;
mod token_map;
mod trace;
mod traffic;

pub use attempt_log::{AttemptLog, MAX_RECORDS, SharedAttemptLog};
pub use attempt_record::{AttemptEnd, AttemptRecord, AttemptResult, NextStep};
pub use endpoint::{Endpoint, EndpointState};
pub use exclusion::{Exclusion, TRIAL_INTERVAL};
pub use hedging::{Hedge, HedgeCounts, Hedging};
pub use operation_latency::OperationKind;
pub use plan::{Attempt, Plan};
pub use policy::Policy;
pub use reason::Reason;
pub use recent_latencies::LatencySummary;
pub use retry_decision::{
    MAX_FAILOVER_WAIT, MAX_FREE_ATTEMPTS, RESEND_TOKENS, RESEND_TOKENS_PER_SECOND, RETRY_COST,
    RetryBudget, RetryDecision, RetryTarget, TIME_TO_CONNECT,
};
pub use router::{HealthEvent, Router};
pub use routing_info::{Preference, RoutingInfo, RoutingKey};
pub use snapshot::{RoutingSnapshot, SelectionError};
#[cfg(any(test, fuzzing))]
pub(crate) use token::fuzzing;
pub use token::{KeyValue, Token};
pub use token_map::TokenMap;
pub use trace::{Replica, RoutingTrace};
pub use traffic::Traffic;
