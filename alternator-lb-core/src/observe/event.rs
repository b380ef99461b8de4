//! The events of a cluster.

use super::json;
use crate::discovery::{RefreshError, TopologyEvent};
use crate::health::{EjectionReason, Transition};
use crate::topology::NodeUrl;
use serde::Serialize;
use std::error::Error;
use std::fmt;
use std::time::Duration;

/// A change of the cluster, of the health of its nodes, or of what the plugin can do for its clients.
///
/// Received from `Alternator::subscribe()`. Each is logged as well, with its [name](Self::name) and its fields, and
/// kept by the flight recorder. An event marks a change: what persists is not repeated.
///
/// [`Display`](fmt::Display) prints what it means, and what to do about it. Match the variants with `..`, since they
/// may get further fields.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Event {
    /// Nodes were added to the list or removed from it.
    NodesChanged {
        /// The URLs of the nodes that are new in the list.
        added: Vec<String>,
        /// The URLs of the nodes that are no longer in the list.
        removed: Vec<String>,
        /// The number of nodes now, in all scopes of the chain and out of scope.
        nodes: usize,
        /// The preferred one of the scopes that have nodes.
        scope: String,
    },
    /// Another scope of the chain is the preferred one that has nodes.
    ScopeChanged {
        /// The preferred scope before.
        from: String,
        /// The preferred scope now.
        to: String,
    },
    /// A node takes no requests any more.
    NodeEjected {
        /// The URL of the node.
        node: String,
        /// The reason of the ejection.
        #[serde(serialize_with = "json::text")]
        reason: EjectionReason,
        /// The time until the next probe.
        #[serde(rename = "backoff_ms", serialize_with = "json::millis")]
        backoff: Duration,
    },
    /// An ejected node has failed a probe, and stays ejected.
    ProbeFailed {
        /// The URL of the node.
        node: String,
        /// The reason of the ejection.
        #[serde(serialize_with = "json::text")]
        reason: EjectionReason,
        /// The time until the next probe.
        #[serde(rename = "backoff_ms", serialize_with = "json::millis")]
        backoff: Duration,
    },
    /// A new node has responded for the first time, and takes requests from now on.
    NodeAdmitted {
        /// The URL of the node.
        node: String,
    },
    /// An ejected node takes requests again.
    NodeRestored {
        /// The URL of the node.
        node: String,
    },
    /// More than half of the nodes that can be reached fail: ejections for errors are ignored.
    PanicModeEntered,
    /// Fewer nodes fail: ejections for errors count again.
    PanicModeExited,
    /// Refreshes of the list of nodes fail. Reported once for each kind of error until one succeeds.
    RefreshFailed {
        /// The error.
        #[serde(serialize_with = "json::text")]
        error: RefreshError,
    },
    /// Refreshes of the list of nodes succeed again.
    RefreshRecovered,
    /// No listed node was ever reached: requests go to the seeds alone.
    ServedBySeeds {
        /// The error that says why.
        #[serde(serialize_with = "json::text")]
        error: RefreshError,
    },
    /// Nodes belong to another cluster, as at addresses that were reused.
    ForeignNodes {
        /// The URLs of the nodes.
        nodes: Vec<String>,
    },
    /// `/localnodes` lists entries that are no addresses of nodes, or none that are allowed.
    EntriesIgnored {
        /// The entries.
        entries: Vec<String>,
    },
    /// The address translator has no URL for a listed node. Errors of the same kind in a row are reported once.
    TranslationFailed {
        /// The address under which the cluster lists the node.
        address: String,
        /// The URL that the node keeps. None if it never had one: then it gets no requests.
        node: Option<String>,
        /// The error with its causes.
        error: String,
    },
    /// The application chose no scope, and the nodes are in several datacenters.
    SpansDatacenters {
        /// The number of datacenters that the lists of the seeds distinguish.
        datacenters: usize,
    },
    /// Requests are made outside of a tokio runtime.
    NoRuntime,
    /// The schema of a table was fetched.
    SchemaFetched {
        /// The name of the table.
        table: String,
        /// Its partition key.
        partition_key: Option<String>,
    },
    /// The partition key of a table cannot be fetched.
    SchemaUnavailable {
        /// The name of the table.
        table: String,
        /// The error with its causes.
        error: String,
    },
    /// The write isolation of a table cannot be fetched.
    IsolationUnavailable {
        /// The name of the table.
        table: String,
        /// The error with its causes.
        error: String,
        /// The statements that permit it.
        grants: String,
    },
    /// The token maps of a table and its indexes were fetched.
    TokenMapsFetched {
        /// The name of the table.
        table: String,
        /// The number of token ranges.
        ranges: usize,
    },
    /// The token maps of a table could not be fetched; they are fetched again soon.
    TokenMapsFailed {
        /// The name of the table.
        table: String,
        /// The error with its causes.
        error: String,
    },
    /// The role may not read the tables that token maps are made of.
    TokenMapsRefused {
        /// The error with its causes.
        error: String,
        /// The statements that permit it.
        grants: String,
    },
    /// The server has no tables that token maps could be made of.
    TokenMapsUnsupported {
        /// The error with its causes.
        error: String,
    },
    /// A token map is too large to be kept.
    TokenMapOverLimit {
        /// The name of the table.
        table: String,
        /// The number of token ranges.
        ranges: usize,
        /// The limit.
        limit: String,
    },
    /// The role may not read the replication of tables.
    ReplicationRefused {
        /// The error with its causes.
        error: String,
        /// The statements that permit it.
        grants: String,
    },
    /// A datacenter of the scope holds no replicas of a table.
    NoReplicas {
        /// The name of the table.
        table: String,
        /// The datacenter, if its name is known.
        datacenter: Option<String>,
        /// The URL of the node that said so.
        node: String,
    },
    /// The credentials provider of a client fails.
    CredentialsFailed,
    /// The SDK retries no operation of a client, although the application has not disabled retries.
    NoRetries,
    /// Requests bypass the plugin's decorator of the HTTP client.
    TransportRemoved,
    /// Hedged reads are set, and the plugin is installed without the parts that they need.
    HedgingUnavailable,
    /// The cluster's settings for TLS replace the HTTP client of a configuration.
    HttpClientReplaced,
    /// No certificate of a node is verified, as the application has chosen.
    CertificatesNotVerified,
    /// New certificates are in use.
    CertificatesReplaced,
    /// The `endpoint_url` of a client names no node, and is ignored.
    EndpointIgnored {
        /// The endpoint.
        endpoint: String,
    },
    /// The proxy variables of the environment apply to a node.
    ProxyApplies {
        /// The URL of the node.
        node: String,
    },
    /// A server does not decompress requests.
    CompressionRefused {
        /// The URL of the node.
        node: String,
    },
    /// The nodes have changed since one refused a compressed request: requests are compressed again.
    CompressionResumed,
    /// The subscriber was too slow, and has missed this many events. Never logged.
    Missed {
        /// The number of events.
        events: u64,
    },
}

impl Event {
    /// Converts an event of discovery. The end of a refresh is none, unless it changes anything.
    #[must_use]
    pub fn of_topology(event: &TopologyEvent) -> Option<Self> {
        Some(match event {
            TopologyEvent::RefreshEnded { .. } => return None,
            TopologyEvent::Node {
                node,
                transition,
                reason,
            } => Self::of_transition(node.to_string(), *transition, *reason),
            TopologyEvent::PanicMode(true) => Self::PanicModeEntered,
            TopologyEvent::PanicMode(false) => Self::PanicModeExited,
            TopologyEvent::Changed {
                added,
                removed,
                nodes,
                locality,
            } => Self::NodesChanged {
                added: strings(added),
                removed: strings(removed),
                nodes: *nodes,
                scope: locality.clone(),
            },
            TopologyEvent::ScopeChanged { from, to } => Self::ScopeChanged {
                from: from.clone(),
                to: to.clone(),
            },
            TopologyEvent::ServedBySeeds(error) => Self::ServedBySeeds {
                error: error.clone(),
            },
            TopologyEvent::Failed(error) => Self::RefreshFailed {
                error: error.clone(),
            },
            TopologyEvent::Recovered => Self::RefreshRecovered,
            TopologyEvent::Dropped(entries) => Self::EntriesIgnored {
                entries: entries.clone(),
            },
            TopologyEvent::Foreign(nodes) => Self::ForeignNodes {
                nodes: strings(nodes),
            },
            TopologyEvent::TranslationFailed {
                address,
                node,
                error,
            } => Self::TranslationFailed {
                address: address.to_string(),
                node: node.as_ref().map(NodeUrl::to_string),
                error: with_causes(error.as_ref()),
            },
            TopologyEvent::SpansDatacenters { datacenters } => Self::SpansDatacenters {
                datacenters: *datacenters,
            },
            TopologyEvent::NoRuntime => Self::NoRuntime,
        })
    }

    fn of_transition(node: String, transition: Transition, reason: EjectionReason) -> Self {
        match transition {
            Transition::Ejected { backoff, .. } => Self::NodeEjected {
                node,
                reason,
                backoff,
            },
            Transition::ProbeFailed { backoff, .. } => Self::ProbeFailed {
                node,
                reason,
                backoff,
            },
            Transition::Admitted => Self::NodeAdmitted { node },
            Transition::Restored => Self::NodeRestored { node },
        }
    }

    /// Returns the name of the kind of event, as in the field `event` of the log: stable, in snake case.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::NodesChanged { .. } => "nodes_changed",
            Self::ScopeChanged { .. } => "scope_changed",
            Self::NodeEjected { .. } => "node_ejected",
            Self::ProbeFailed { .. } => "probe_failed",
            Self::NodeAdmitted { .. } => "node_admitted",
            Self::NodeRestored { .. } => "node_restored",
            Self::PanicModeEntered => "panic_mode_entered",
            Self::PanicModeExited => "panic_mode_exited",
            Self::RefreshFailed { .. } => "refresh_failed",
            Self::RefreshRecovered => "refresh_recovered",
            Self::ServedBySeeds { .. } => "served_by_seeds",
            Self::ForeignNodes { .. } => "foreign_nodes",
            Self::EntriesIgnored { .. } => "entries_ignored",
            Self::TranslationFailed { .. } => "translation_failed",
            Self::SpansDatacenters { .. } => "spans_datacenters",
            Self::NoRuntime => "no_runtime",
            Self::SchemaFetched { .. } => "schema_fetched",
            Self::SchemaUnavailable { .. } => "schema_unavailable",
            Self::IsolationUnavailable { .. } => "isolation_unavailable",
            Self::TokenMapsFetched { .. } => "token_maps_fetched",
            Self::TokenMapsFailed { .. } => "token_maps_failed",
            Self::TokenMapsRefused { .. } => "token_maps_refused",
            Self::TokenMapsUnsupported { .. } => "token_maps_unsupported",
            Self::TokenMapOverLimit { .. } => "token_map_over_limit",
            Self::ReplicationRefused { .. } => "replication_refused",
            Self::NoReplicas { .. } => "no_replicas",
            Self::CredentialsFailed => "credentials_failed",
            Self::NoRetries => "no_retries",
            Self::TransportRemoved => "transport_removed",
            Self::HedgingUnavailable => "hedging_unavailable",
            Self::HttpClientReplaced => "http_client_replaced",
            Self::CertificatesNotVerified => "certificates_not_verified",
            Self::CertificatesReplaced => "certificates_replaced",
            Self::EndpointIgnored { .. } => "endpoint_ignored",
            Self::ProxyApplies { .. } => "proxy_applies",
            Self::CompressionRefused { .. } => "compression_refused",
            Self::CompressionResumed => "compression_resumed",
            Self::Missed { .. } => "missed",
        }
    }

    /// Returns the URL of the node that the event is about, if it is about one.
    #[must_use]
    pub fn node(&self) -> Option<&str> {
        match self {
            Self::NodeEjected { node, .. }
            | Self::ProbeFailed { node, .. }
            | Self::NodeAdmitted { node }
            | Self::NodeRestored { node }
            | Self::NoReplicas { node, .. }
            | Self::ProxyApplies { node }
            | Self::CompressionRefused { node } => Some(node),
            Self::TranslationFailed { node, .. } => node.as_deref(),
            _ => None,
        }
    }
}

/// Returns the text of an error with those of its causes.
#[must_use]
pub fn with_causes(error: &(dyn Error + 'static)) -> String {
    let causes = std::iter::successors(error.source(), |cause| (*cause).source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}

fn strings(nodes: &[impl fmt::Display]) -> Vec<String> {
    nodes.iter().map(ToString::to_string).collect()
}
