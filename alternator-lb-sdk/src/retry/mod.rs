//! Whether, where and after which wait an operation makes another attempt.
//!
//! ```text
//! ended attempt ─▶ outcome: what it says of its node ─▶ policy: next node, wait, and who pays ─▶ the SDK retries
//!                    └─ connection_evidence: was the request sent at all?
//! failed operation ─▶ unreachable: which nodes were tried
//! ```
//!
//! Knows the router and the SDK's retry configuration. Sends nothing itself: the SDK makes every attempt.

pub(crate) mod classifiers;
pub(crate) mod connection_evidence;
pub(crate) mod outcome;
pub(crate) mod policy;
pub(crate) mod quota;
pub(crate) mod unreachable;
