//! Where partitions are kept: the partitioner, and which nodes are replicas of what it yields.

mod murmur3;
mod partition_key;

pub(crate) use murmur3::token;
pub use partition_key::PartitionKey;
