//! Token-aware routing: requests go to a replica of their partition.

mod indexes;
mod keys;
mod lwt;
mod membership;
mod real_cluster;
mod scopes;
pub(crate) mod support;
mod system_tables;
mod tablets;
