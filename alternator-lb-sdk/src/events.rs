//! Events of the plugin itself. Those of the nodes and of discovery are in `alternator_lb_core::observe`.

use alternator_lb_core::topology::NodeUrl;
use std::error::Error;
#[cfg(feature = "compression")]
use tracing::info;
use tracing::{debug, warn};

/// Warns that a credentials provider is set and fails.
pub(crate) fn credentials_failed() {
    warn!(
        "the credentials provider of the configuration failed, so requests cannot be signed; for a cluster without \
         authorization use `aws_config::defaults(..).no_credentials()`, or `.auth(AuthMode::Unsigned)` on the `Alternator`"
    );
}

/// Warns that failed attempts are not made again, which the application has not asked for.
pub(crate) fn no_retries() {
    warn!(
        "the SDK retries no operation of this configuration, as by default with its older behavior versions: an operation \
         fails with its first attempt, unless nothing was sent, and is not moved from a node that hangs; set a newer \
         `.behavior_version(..)`, or `.retry_config(RetryConfig::standard())`; `RetryConfig::disabled()` confirms that this \
         is intended"
    );
}

/// Warns that requests do not pass through the decorator of their installation.
pub(crate) fn transport_removed() {
    warn!(
        "a request bypassed the plugin's decorator of the HTTP client, as all do where `.http_client(..)` is called after \
         `.alternator(..)`, and those of an operation whose `config_override` has an HTTP client: everything else works, \
         but such requests wait for a node that hangs, and their responses are not compressed; call `.alternator(..)` \
         last, in the `config_override` as well"
    );
}

/// Warns that a server does not decompress requests.
#[cfg(feature = "compression")]
pub(crate) fn compression_refused(node: &str) {
    warn!(
        node,
        "a node does not accept compressed requests (ScyllaDB before 2026.1): all are sent uncompressed until the nodes of \
         the cluster change; upgrade it, or leave `.request_compression(..)` out"
    );
}

/// Notes that the nodes have changed since one refused a compressed body.
#[cfg(feature = "compression")]
pub(crate) fn compression_resumed() {
    info!("the nodes of the cluster changed: requests are sent compressed again");
}

/// Warns that a datacenter of the scope holds no replicas of a table.
pub(crate) fn no_replicas(table: &str, datacenter: Option<&str>, node: &NodeUrl) {
    warn!(
        table,
        datacenter,
        %node,
        "the datacenter of a node holds no replicas of a table (replication factor 0), so its operations go to the other \
         nodes of the scope: extend the replication of the table to that datacenter, or leave it out of the scope; it is \
         tried again every minute"
    );
}

/// Notes that the schema of a table was fetched.
pub(crate) fn schema_fetched(table: &str, partition_key: Option<&str>) {
    debug!(table, partition_key, "the schema of a table was fetched");
}

/// Notes that the token maps of a table and its indexes were fetched.
pub(crate) fn token_maps_fetched(table: &str, ranges: usize) {
    debug!(table, ranges, "the token maps of a table were fetched");
}

/// Warns that the role may not read the tables that token maps are made of.
pub(crate) fn token_maps_refused(error: &(dyn Error + 'static), grants: &str) {
    warn!(
        error,
        "the role may not read which nodes hold a partition, so its requests go to any: leave `.token_aware()` out, or let \
         the role read the tables that show it (not all of system, which holds the secrets of all roles): {grants}"
    );
}

/// Warns that the role may not read the replication of tables.
pub(crate) fn replication_refused(error: &(dyn Error + 'static), grants: &str) {
    warn!(
        error,
        "the role may not read the replication of tables, so the nodes that hold a partition are looked up for each table, \
         also where they are all nodes: {grants}"
    );
}

/// Warns that a table has no token map, since it is too large.
pub(crate) fn token_map_over_limit(table: &str, ranges: usize, limit: &str) {
    warn!(
        table,
        ranges,
        limit,
        "the token map of a table is over a limit, so its operations go to all nodes in turn"
    );
}

/// Warns that the server lacks the tables that token maps are made of.
pub(crate) fn token_maps_unsupported(error: &(dyn Error + 'static)) {
    warn!(
        error,
        "this server has no tables that show which nodes hold a partition, so requests go to any: upgrade it, or leave \
         `.token_aware()` out"
    );
}

/// Notes that token maps could not be fetched.
pub(crate) fn token_maps_failed(table: &str, error: &(dyn Error + 'static)) {
    debug!(
        table,
        error, "the token maps of a table could not be fetched; they are fetched again soon"
    );
}

/// Warns that the schema of a table cannot be fetched.
pub(crate) fn schema_unavailable(table: &str, error: &(dyn Error + 'static)) {
    warn!(
        table,
        error,
        "the partition key of a table cannot be fetched, so its operations go to all nodes in turn (as do those of other \
         tables for which the same holds): let the client's role call DescribeTable, or name the key with \
         `.partition_key(table, attribute)`"
    );
}

/// Warns that the write isolation of a table cannot be fetched.
pub(crate) fn isolation_unavailable(table: &str, error: &(dyn Error + 'static), grants: &str) {
    warn!(
        table,
        error,
        "the write isolation of a table cannot be fetched, so `KeyAffinity::from_table()` acts as \
         `KeyAffinity::conditional_writes()` for it (and for other tables for which the same holds): let the client's \
         role call ListTagsOfResource and read the server's settings ({grants}), or choose another affinity"
    );
}
