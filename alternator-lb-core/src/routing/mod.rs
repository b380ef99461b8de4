//! Which node a request goes to.
//!
//! The [`Router`] holds a [`RoutingSnapshot`] of the nodes that can be used at the moment. A request takes one from it with a
//! single atomic increment and a look at two of them; nothing here waits, locks or looks at more than a handful of nodes,
//! however many there are. The table changes only when a refresh brings another list or a node goes out or comes back.
//!
//! An operation keeps a [`Plan`]: where its attempts went, so that a retry goes to a node that has not been tried yet.
//!
//! An operation on some partition may have a [`RoutingInfo`] for the nodes that serve it best: the one coordinator that all clients
//! agree on, or any replica. It is honoured at each attempt as far as the nodes allow it then; where it names no node that
//! can be used, the operation goes its ordinary way. A info never leads to a node outside the list. To find the one coordinator
//! of a key whose replicas are not known, all nodes of the datacenter are weighed, for a nanosecond each.
//!
//! Plain synchronous code: the time and the random numbers come from the caller.

mod attempt;
mod ejected;
mod endpoint;
mod error;
mod health_event;
mod healthy_set;
mod load_stats;
mod plan;
mod policy;
mod primary;
mod priority;
mod rendezvous;
mod replica;
mod round_robin;
mod router;
mod routing_info;
mod selector;
mod snapshot;
mod token;
pub mod token_map;
mod trace;

pub use attempt::Attempt;
pub use endpoint::{Endpoint, EndpointState};
pub use error::SelectionError;
pub use health_event::HealthEvent;
pub use plan::Plan;
pub use policy::Policy;
pub use router::{RetryTarget, Router};
pub use routing_info::{Preference, RoutingInfo, RoutingKey};
pub use snapshot::RoutingSnapshot;
pub use token::{KeyValue, Token};
pub use token_map::TokenMap;
pub use trace::{Reason, Replica, RoutingTrace};
