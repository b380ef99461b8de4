//! The log: each event with its name and fields, which are an interface. `docs::observability` of the plugin lists
//! them.

use super::Event;
use tracing::{debug, info, warn};

/// The target of all log events: the crate that applications depend on, and name in filters.
pub const TARGET: &str = "alternator_lb_sdk";

macro_rules! log {
    ($level:ident, $event:expr $(, $($fields:tt)+)?) => {
        $level!(target: "alternator_lb_sdk", event = $event.name(), $($($fields)+,)? "{}", $event.message())
    };
}

impl Event {
    /// Logs the event: `warn` for what needs an operator, `info` for changes of the cluster, `debug` for what repeats.
    pub(super) fn log(&self) {
        match self {
            Self::NodesChanged {
                added,
                removed,
                nodes,
                scope,
            } => log!(info, self, ?added, ?removed, nodes, scope),
            Self::ScopeChanged { from, to } => log!(info, self, from, to),
            Self::NodeEjected {
                node,
                reason,
                backoff,
            } => log!(warn, self, node, %reason, ?backoff),
            Self::ProbeFailed {
                node,
                reason,
                backoff,
            } => log!(debug, self, node, %reason, ?backoff),
            Self::NodeAdmitted { node } | Self::NodeRestored { node } => log!(info, self, node),
            Self::PanicModeEntered => log!(warn, self),
            Self::PanicModeExited
            | Self::RefreshRecovered
            | Self::CertificatesReplaced
            | Self::CompressionResumed => log!(info, self),
            Self::RefreshFailed { error } | Self::ServedBySeeds { error } => {
                log!(warn, self, %error);
            }
            Self::ForeignNodes { nodes } => log!(warn, self, ?nodes),
            Self::EntriesIgnored { entries } => log!(warn, self, ?entries),
            Self::TranslationFailed {
                address,
                node,
                error,
            } => log!(warn, self, address, node, error),
            Self::SpansDatacenters { datacenters } => log!(warn, self, datacenters),
            Self::SchemaFetched {
                table,
                partition_key,
            } => log!(debug, self, table, partition_key),
            Self::TokenMapsFetched { table, ranges } => log!(debug, self, table, ranges),
            Self::TokenMapsFailed { table, error } => log!(debug, self, table, error),
            Self::SchemaUnavailable { table, error } => log!(warn, self, table, error),
            Self::IsolationUnavailable {
                table,
                error,
                grants,
            } => log!(warn, self, table, error, grants),
            Self::TokenMapsRefused { error, grants }
            | Self::ReplicationRefused { error, grants } => log!(warn, self, error, grants),
            Self::TokenMapsUnsupported { error } => log!(warn, self, error),
            Self::TokenMapOverLimit {
                table,
                ranges,
                limit,
            } => log!(warn, self, table, ranges, limit),
            Self::NoReplicas {
                table,
                datacenter,
                node,
            } => log!(warn, self, table, datacenter, node),
            Self::NoRuntime
            | Self::CredentialsFailed
            | Self::NoRetries
            | Self::TransportRemoved
            | Self::HedgingUnavailable
            | Self::HttpClientReplaced
            | Self::CertificatesNotVerified => log!(warn, self),
            Self::EndpointIgnored { endpoint } => log!(warn, self, endpoint),
            Self::ProxyApplies { node } | Self::CompressionRefused { node } => {
                log!(warn, self, node);
            }
            Self::Missed { .. } => {}
        }
    }
}

#[cfg(test)]
mod tests;
