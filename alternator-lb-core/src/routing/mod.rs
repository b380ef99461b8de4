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
pub mod token_map;
mod traffic;
mod turn;
mod wish;

pub use attempt::Attempt;
pub use change::Change;
pub use error::SelectionError;
pub use explained::{Explained, Reason, Replica};
pub use plan::Plan;
pub use policy::Policy;
pub use router::{Elsewhere, Router};
pub use table::Table;
pub use target::{Peer, Target};
pub use token::{KeyValue, Token};
pub use token_map::TokenMap;
pub use wish::{Key, Order, Wish};
