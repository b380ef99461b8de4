//! What the simulation of a fleet needs besides the library's own code.
//!
//! The program `fleet` includes the library's private sources, and with them knows how clients behave. Here is what knows
//! nothing of the library: the course of time, servers with a queue, what is counted, and the tables that come of it.

mod agenda;
mod arguments;
mod bucket;
mod counts;
mod figures;
mod latencies;
mod load;
mod node_set;
mod phase;
mod progress;
mod record;
mod report;
mod returns;
mod server;
mod settling;
mod text;

pub use agenda::Agenda;
pub use arguments::{Arguments, Task, usage};
pub use bucket::Bucket;
pub use node_set::NodeSet;
pub use phase::{Phase, Timeline};
pub use progress::Progress;
pub use record::Record;
pub use report::table;
pub use server::Server;
