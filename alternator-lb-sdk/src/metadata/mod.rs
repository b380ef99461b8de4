//! The client's knowledge of the tables that operations are about.
//!
//! ```text
//! operation ── uses a table ──▶ MetadataCache ──▶ TableMetadata: schema, token maps
//!                                    │ a part is stale
//!                                    ▼
//!                               TableRefresh      a background task, by the means of that operation
//!                                 describe         DescribeTable: partition keys, id
//!                                                  ListTagsOfResource, system.config: which writes are transactions
//!                                 token_map_fetch  the server's own tables: which nodes hold which partitions
//!                                 shared_look_ups  those of them that are the same for all tables
//! ```
//!
//! An operation names the attributes of its item, but not which of them is the partition key: that takes the table's
//! schema. Operations read the cache without a lock: a table is found in an immutable map, and each part of its
//! metadata is one pointer.
//!
//! Nothing polls. A table is refreshed when an operation uses it and a part of its metadata is missing, old, or
//! [invalidated](invalidation). Meanwhile operations go by what is known, or their ordinary way: wrong metadata costs
//! them a hop inside the cluster and nothing else.
//!
//! `alternator_lb_core::metadata_schedule` decides when a part is stale.
//!
//! This module knows the server's operations and tables. Of routing it knows the generation of the topology, the
//! addresses of its nodes, and the type of a token map.

mod cache;
pub(crate) mod client_routes;
mod describe;
mod fetch_client;
#[cfg(any(test, fuzzing))]
pub(crate) mod fuzzing;
pub(crate) mod invalidation;
mod map_reading;
mod needs;
mod refresh;
mod refusals;
mod server_tables;
mod shared_look_ups;
mod shared_reading;
mod table_maps;
mod table_metadata;
mod table_schema;
mod token_map_budget;
mod token_map_fetch;

pub(crate) use cache::MetadataCache;
pub(crate) use needs::MetadataNeeds;
pub use server_tables::ServerTable;
pub(crate) use table_maps::FetchedMap;
pub(crate) use table_metadata::TableMetadata;
pub(crate) use table_schema::TableSchema;

use crate::internal::client::{Credentials, InternalClient, InternalError};
use serde_json::Value;
use std::future::Future;

/// Sends the operations of a refresh.
trait MetadataClient: Send + Sync {
    fn call(
        &self,
        operation: &'static str,
        input: &Value,
    ) -> impl Future<Output = Result<Value, InternalError>> + Send;

    /// The credentials that its operations are signed with.
    fn credentials(&self) -> Credentials;
}

impl MetadataClient for InternalClient {
    async fn call(&self, operation: &'static str, input: &Value) -> Result<Value, InternalError> {
        Self::call(self, operation, input).await
    }

    fn credentials(&self) -> Credentials {
        Self::credentials(self)
    }
}
