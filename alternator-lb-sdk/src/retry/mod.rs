//! Whether, where and after which wait an operation makes another attempt.
//!
//! ```text
//! ended attempt ─▶ outcome: what it says of its node ─▶ policy: next node, wait, and who pays ─▶ the SDK retries
//!                    └─ connection_evidence: was the request sent at all?
//!    └─ attempt_end: what the application reads of it
//! failed operation ─▶ error_context: which attempts were made
//! ```
//!
//! Knows the router and the SDK's retry configuration. Sends nothing itself: the SDK makes every attempt.

pub(crate) mod attempt_end;
pub(crate) mod classifiers;
pub(crate) mod connection_evidence;
pub(crate) mod error_context;
pub(crate) mod outcome;
pub(crate) mod policy;
pub(crate) mod quota;
