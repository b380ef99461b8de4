//! Signature Version 4 as Alternator verifies it.

mod canonical;
mod clock;
mod credential;
mod verify;

pub(crate) use verify::{role, verify};
