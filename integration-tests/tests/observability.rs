//! What an operator sees of a cluster: numbers, events, and records.

mod events;
mod nodes;
mod records;
mod stats;
