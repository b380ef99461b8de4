//! Benchmarks of the plugin, compared with the SDK alone and the official client.
//!
//! Each benchmark is a program under `src/bin` and a module here. Build and run them with `--release`; they use
//! loopback only. The nodes run in a second process, so that their processor time does not count as the client's. Both
//! processes share the machine, so figures are comparable between contenders of one run, but not between runs or
//! machines. [`soak`] measures nothing, and has the nodes in its own process.

mod client;
pub mod cost;
mod cpu_usage;
pub mod faults;
pub mod fleet;
mod floor;
pub mod load;
mod machine;
mod nodes;
mod program;
mod progress;
pub mod replicas;
pub mod soak;
mod text;

type Outcome<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;
