//! Which node a request goes to.
//!
//! The [`Router`] holds a [`Table`] of the nodes that can be used at the moment. A request takes one from it with a
//! single atomic increment and a look at two of them; nothing here waits, locks or looks at more than a handful of nodes,
//! however many there are. The table changes only when a refresh brings another list or a node goes out or comes back.
//!
//! An operation keeps a [`Plan`]: where its attempts went, so that a retry goes to a node that has not been tried yet.
//!
//! An operation on some partition may have a [`Wish`] for the nodes that serve it best: the one coordinator that all clients
//! agree on, or any replica. It is honoured at each attempt as far as the nodes allow it then; where it names no node that
//! can be used, the operation goes its ordinary way. A wish never leads to a node outside the list. To find the one coordinator
//! of a key whose replicas are not known, all nodes of the datacenter are weighed, for a nanosecond each.
//!
//! Plain synchronous code: the time and the random numbers come from the caller.

mod attempt;
mod change;
mod coordinator;
mod ejected;
mod error;
mod explained;
mod expression;
mod key_condition;
mod lwt;
mod plan;
mod policy;
mod pool;
mod rendezvous;
mod replica;
mod rotation;
mod router;
mod spill;
mod table;
mod target;
mod token;
pub(crate) mod token_map;
mod traffic;
mod turn;
mod wish;

pub(crate) use attempt::Attempt;
pub(crate) use change::Change;
pub use error::RouteError;
pub use explained::Reason;
pub(crate) use explained::{Explained, Replica};
pub(crate) use key_condition::value_of_key;
pub(crate) use lwt::{Isolation, Returns, Write, WriteKind, WriteRules};
pub(crate) use plan::Plan;
pub use policy::Policy;
pub(crate) use router::{Elsewhere, Router};
pub(crate) use table::Table;
pub(crate) use target::{Peer, Target};
pub(crate) use token::{KeyValue, Token};
pub(crate) use token_map::TokenMap;
pub(crate) use wish::{Key, Order, Wish};
