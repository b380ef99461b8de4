//! Benchmarks: what the plugin costs and what it saves, beside the SDK alone and the official client.
//!
//! Each is a program of its own under `src/bin`, and a module here. They are built and run with `--release`, and measure
//! on loopback only. The nodes run in a process of their own, since what they cost would otherwise be booked on the
//! client; both still share the machine, so that figures of two machines, or of two contenders in different runs, are not
//! to be compared. Figures of contenders in one run are.

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
mod text;

type Outcome<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;
