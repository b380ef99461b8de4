//! Lightweight transactions with the costs of Paxos: a lock at each coordinator, and ballots between coordinators.
//!
//! The data itself needs none of it, since the engine executes one write at a time. What clients see is reproduced: the
//! time that a transaction takes, and what happens to two of them on one partition. Through one coordinator they queue
//! for a lock in its memory; through two they take each other's ballots away.

mod acceptors;
mod ballot;
mod costs;
mod proposer;

pub use costs::Paxos;
pub(crate) use proposer::{Proposer, Transaction};
