//! AWS Signature Version 4, verified as Alternator does.

mod amz_date;
mod authorization;
mod canonical;
mod verify;

pub(crate) use verify::{claimed_role, verify};
