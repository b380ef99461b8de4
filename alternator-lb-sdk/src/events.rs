//! Events of the plugin itself. Those of the nodes and of discovery are in `alternator_lb_core::observe`.

use std::error::Error;
use tracing::{debug, info, warn};

/// Warns that a credentials provider is set and fails.
pub(crate) fn credentials_failed() {
    warn!(
        "the credentials provider of the configuration failed, so requests cannot be signed; for a cluster without \
         authorization use `aws_config::defaults(..).no_credentials()`, or `.auth(AuthMode::Unsigned)` on the `Alternator`"
    );
}

/// Warns that requests do not pass through the decorator of their installation.
pub(crate) fn transport_removed() {
    warn!(
        "a request bypassed the plugin's decorator of the HTTP client, as all do where `.http_client(..)` is called after \
         `.alternator(..)`: everything else works, but such requests wait for a node that hangs, and their responses are \
         not compressed; call `.alternator(..)` last"
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

/// A table was looked up.
pub(crate) fn table_learned(table: &str, partition_key: Option<&str>) {
    debug!(table, partition_key, "a table was looked up");
}

/// Returns where the partitions of a table and its indexes lie was read.
pub(crate) fn token_maps_read(table: &str, ranges: usize) {
    debug!(
        table,
        ranges, "where the partitions of a table lie was read"
    );
}

/// Returns where partitions lie may not be known.
pub(crate) fn token_maps_refused(error: &(dyn Error + 'static)) {
    warn!(
        error,
        "which nodes hold a partition may not be read, so requests go to any: grant the role SELECT on system.tablets, \
         system.token_ring, system.local, system.peers, system_schema.tables and system_schema.views (not on all of \
         system, which has everybody's secrets), or leave `.token_aware()` out"
    );
}

/// The server does not tell where partitions lie.
pub(crate) fn token_maps_absent(error: &(dyn Error + 'static)) {
    warn!(
        error,
        "this server has no tables that tell which nodes hold a partition, so requests go to any: upgrade it, or leave \
         `.token_aware()` out"
    );
}

/// Returns where partitions lie could not be asked.
pub(crate) fn token_maps_unreachable(error: &(dyn Error + 'static)) {
    debug!(
        error,
        "which nodes hold a partition could not be asked; it is tried again soon"
    );
}

/// A table cannot be looked up.
pub(crate) fn table_not_learned(table: &str, error: &(dyn Error + 'static)) {
    warn!(
        table,
        error,
        "the partition key of a table cannot be looked up, so its operations, and those of other tables of which that is \
         true, go to all nodes in turn: let the client's role call DescribeTable, or name the key with \
         `.partition_key(table, attribute)`"
    );
}

/// How a table isolates writes cannot be looked up.
pub(crate) fn isolation_not_learned(table: &str, error: &(dyn Error + 'static)) {
    warn!(
        table,
        error,
        "how a table isolates writes cannot be looked up, so for it, and for others of which that is true, \
         `KeyAffinity::from_table()` is what `KeyAffinity::conditional_writes()` is: let the client's role call \
         ListTagsOfResource and read `.scylla.alternator.system.config` (GRANT SELECT ON system.config), or choose another \
         affinity"
    );
}
