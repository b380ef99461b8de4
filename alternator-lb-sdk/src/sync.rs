//! The atomics whose orderings are checked: the crate `interleavings` puts others in their place, and the same sources
//! on top of them.

pub(crate) use std::sync::atomic;
