//! The atomics of the lock-free types. With `--cfg alternator_loom` they are loom's, so that the package
//! `interleavings` can run these types under every order in which threads can run.

#[cfg(alternator_loom)]
pub(crate) use loom::sync::atomic;
#[cfg(not(alternator_loom))]
pub(crate) use std::sync::atomic;
