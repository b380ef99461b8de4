//! Requests go straight to a node that holds their partition.

mod indexes;
mod keys;
mod lwt;
mod membership;
mod permissions;
mod rig;
mod scopes;
mod tablets;
