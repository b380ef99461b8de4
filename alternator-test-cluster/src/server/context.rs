//! The state that the requests of a connection share.

use std::sync::Arc;

use super::connection_state::ConnectionState;
use super::truncating_stream::WriteLimit;
use crate::cluster_state::ClusterState;
use crate::node_state::NodeState;

/// The cluster and the node that serve a connection, the connection, and the limit of what may be written to it.
#[derive(Clone, Debug)]
pub(super) struct Context {
    pub(super) cluster: Arc<ClusterState>,
    pub(super) node: Arc<NodeState>,
    pub(super) connection: Arc<ConnectionState>,
    pub(super) write_limit: WriteLimit,
}
