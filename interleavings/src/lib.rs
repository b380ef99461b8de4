//! The lock-free types of `alternator-lb-core`, on top of loom's atomics.
//!
//! Loom runs a model under every order of its threads' steps, and with every value that a relaxed load may return. It
//! needs atomics of its own, which `alternator-lb-core` takes under a cfg of ours; under `--cfg loom` tokio would
//! change as well. Each model is a test:
//!
//! ```text
//! RUSTFLAGS="--cfg alternator_loom" cargo test -p interleavings --release --target-dir target/loom
//! ```
//!
//! Without the cfg this package is empty.

#[cfg(all(test, alternator_loom))]
mod ejection;
#[cfg(all(test, alternator_loom))]
mod idle_flag;
#[cfg(all(test, alternator_loom))]
mod in_flight;
#[cfg(all(test, alternator_loom))]
mod lease;
#[cfg(all(test, alternator_loom))]
mod refresh_schedule;
