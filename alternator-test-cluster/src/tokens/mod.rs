//! Where partitions are kept: the partitioner, and which nodes are replicas of what it yields.

mod layout;
mod murmur3;
mod owner;
mod partition_key;
mod ring;
mod tablet;
mod tablet_map;
#[cfg(test)]
mod test_owners;

pub use layout::Tokens;
pub(crate) use murmur3::token;
pub(crate) use owner::{Owner, id};
pub use partition_key::PartitionKey;
pub(crate) use ring::Ring;
pub use tablet::Tablet;
pub(crate) use tablet_map::{Load, TabletMap};

/// Tokens after `start`, up to and with `end`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Range {
    pub(crate) start: i64,
    pub(crate) end: i64,
}
