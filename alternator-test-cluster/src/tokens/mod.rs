//! Placement of partitions: the partitioner, and the replicas of its tokens by vnodes and by tablets.

mod layout;
mod murmur3;
mod owner;
mod partition_key;
mod replication;
mod ring;
mod tablet;
mod tablet_map;
#[cfg(test)]
mod test_support;
mod transition;

pub use layout::Tokens;
pub(crate) use murmur3::token;
pub(crate) use owner::{Owner, deterministic_uuid};
pub use partition_key::PartitionKey;
pub(crate) use replication::Replication;
pub(crate) use ring::Ring;
pub use tablet::Tablet;
pub(crate) use tablet_map::{Load, TabletMap};
pub use transition::TabletStage;

/// A range of tokens, from `start` exclusive to `end` inclusive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TokenRange {
    pub(crate) start: i64,
    pub(crate) end: i64,
}
