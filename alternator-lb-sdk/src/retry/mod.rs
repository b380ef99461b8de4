//! Whether, where and after which wait the SDK makes another attempt.

pub(crate) mod connection_evidence;
pub(crate) mod outcome;
pub(crate) mod policy;
pub(crate) mod unreachable;
