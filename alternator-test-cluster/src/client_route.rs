//! Routes of nodes, as for PrivateLink.

/// A row of `system.client_routes`: where a node is reached through a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ClientRoute {
    pub(crate) connection_id: String,
    /// An IP address or a DNS name.
    pub(crate) host: String,
    pub(crate) port: u16,
}
