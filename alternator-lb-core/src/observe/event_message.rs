//! What each event means, and what to do about it.

use super::Event;
use std::fmt;

impl Event {
    /// Returns what the event means, and what to do about it.
    pub(super) fn message(&self) -> &'static str {
        match self {
            Self::NodesChanged { .. } => "the nodes of the cluster changed",
            Self::ScopeChanged { .. } => {
                "requests prefer another scope of the chain, the first that has nodes"
            }
            Self::NodeEjected { .. } => {
                "node ejected: it gets no requests until it responds as it should"
            }
            Self::ProbeFailed { .. } => "node still ejected",
            Self::NodeAdmitted { .. } => "new node responds",
            Self::NodeRestored { .. } => "node back",
            Self::PanicModeEntered => {
                "more than half of the nodes that can be reached respond with errors: none is ejected for that any more"
            }
            Self::PanicModeExited => "nodes that respond with errors are ejected again",
            Self::RefreshFailed { .. } => {
                "the list of nodes cannot be refreshed; the last good one stays in force"
            }
            Self::RefreshRecovered => "the list of nodes can be refreshed again",
            Self::ServedBySeeds { .. } => "requests go to the seeds alone",
            Self::ForeignNodes { .. } => {
                "nodes belong to another cluster, as at addresses that were reused: they list none of their former peers, \
                 which no longer list them, or their cluster has another name; they get no requests unless the cluster \
                 lists them"
            }
            Self::EntriesIgnored { .. } => {
                "/localnodes lists entries that are not addresses of nodes, or not allowed as such (link-local ones are \
                 only by `.allowed_addresses(..)`); they are ignored"
            }
            Self::TranslationFailed { .. } => {
                "the address translator has no URL for a listed node: it stays at its last URL, or gets no requests if it has \
                 none; the address is translated again soon"
            }
            Self::SpansDatacenters { .. } => {
                "the seeds list different nodes, as those of different datacenters do: reads may miss recent writes in \
                 another datacenter, and conditional writes in two of them do not exclude each other; choose one with \
                 `.scope(Scope::datacenter(..))`, or confirm that this is intended with `.scope(Scope::cluster())`"
            }
            Self::NoRuntime => {
                "requests are made outside of a tokio runtime, where the list of nodes cannot be refreshed; run the \
                 client inside of one"
            }
            Self::SchemaFetched { .. } => "the schema of a table was fetched",
            Self::SchemaUnavailable { .. } => {
                "the partition key of a table cannot be fetched, so its operations go to all nodes in turn (as do those \
                 of other tables for which the same holds): let the client's role call DescribeTable, or name the key \
                 with `.partition_key(table, attribute)`"
            }
            Self::IsolationUnavailable { .. } => {
                "the write isolation of a table cannot be fetched, so `KeyAffinity::from_table()` acts as \
                 `KeyAffinity::conditional_writes()` for it (and for other tables for which the same holds): let the \
                 client's role call ListTagsOfResource and read the server's settings, or choose another affinity"
            }
            Self::TokenMapsFetched { .. } => "the token maps of a table were fetched",
            Self::TokenMapsFailed { .. } => {
                "the token maps of a table could not be fetched; they are fetched again soon"
            }
            Self::TokenMapsRefused { .. } => {
                "the role may not read which nodes hold a partition, so its requests go to any: leave `.token_aware()` \
                 out, or let the role read the tables that show it (not all of system, which holds the secrets of all \
                 roles)"
            }
            Self::TokenMapsUnsupported { .. } => {
                "this server has no tables that show which nodes hold a partition, so requests go to any: upgrade it, or \
                 leave `.token_aware()` out"
            }
            Self::TokenMapOverLimit { .. } => {
                "the token map of a table is over a limit, so its operations go to all nodes in turn"
            }
            Self::ReplicationRefused { .. } => {
                "the role may not read the replication of tables, so the nodes that hold a partition are looked up for \
                 each table, also where they are all nodes"
            }
            Self::NoReplicas { .. } => {
                "the datacenter of a node holds no replicas of a table (replication factor 0), so its operations go to \
                 the other nodes of the scope: extend the replication of the table to that datacenter, or leave it out \
                 of the scope; it is tried again every minute"
            }
            Self::CredentialsFailed => {
                "the credentials provider of the configuration failed, so requests cannot be signed; for a cluster \
                 without authorization use `aws_config::defaults(..).no_credentials()`, or \
                 `.auth(AuthMode::Unsigned)` on the `Alternator`"
            }
            Self::NoRetries => {
                "the SDK retries no operation of this configuration, as by default with its older behavior versions: an \
                 operation fails with its first attempt, unless nothing was sent, and is not moved from a node that \
                 hangs; set a newer `.behavior_version(..)`, or `.retry_config(RetryConfig::standard())`; \
                 `RetryConfig::disabled()` confirms that this is intended"
            }
            Self::TransportRemoved => {
                "a request bypassed the plugin's decorator of the HTTP client, as all do where `.http_client(..)` is \
                 called after `.alternator(..)`, and those of an operation whose `config_override` has an HTTP client: \
                 everything else works, but such requests wait for a node that hangs, their reads are not hedged, \
                 and their responses are not compressed; call `.alternator(..)` last, in the `config_override` as well"
            }
            Self::HedgingUnavailable => {
                "reads are not hedged: that takes the plugin's decorator of the HTTP client, which the endpoint resolver \
                 and the interceptor by themselves lack; call `.alternator(..)` on the client's configuration instead, \
                 or leave `.hedged_reads(..)` out"
            }
            Self::HttpClientReplaced => {
                "the configuration has an HTTP client of its own, which is not used, since the settings of the cluster for \
                 TLS do not apply to it; leave it out, or make it with these certificates and set no TLS on the cluster"
            }
            Self::CertificatesNotVerified => {
                "certificates of nodes are not verified: anyone on the way can read and change everything; leave out \
                 `.dangerously_accept_invalid_certificates()` and name the CA by `.ca_certificate_pem(..)`"
            }
            Self::CertificatesReplaced => "new connections use the new certificates",
            Self::EndpointIgnored { .. } => {
                "the client's endpoint_url is ignored: the plugin sends its requests to the nodes of the cluster, and \
                 this is none of them; leave it out, or name it as a seed"
            }
            Self::ProxyApplies { .. } => {
                "the proxy variables of the environment (HTTP_PROXY, HTTPS_PROXY, ALL_PROXY) apply to nodes of the \
                 cluster; add their addresses or address blocks to NO_PROXY (`*` counts for names only), unless they are \
                 only reachable through that proxy"
            }
            Self::CompressionRefused { .. } => {
                "a node does not accept compressed requests (ScyllaDB before 2026.1): all are sent uncompressed until \
                 the nodes of the cluster change; upgrade it, or leave `.request_compression(..)` out"
            }
            Self::CompressionResumed => {
                "the nodes of the cluster changed: requests are sent compressed again"
            }
            Self::Missed { .. } => "this subscriber was too slow, and has missed events",
        }
    }
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(node) = self.node() {
            write!(f, "{node}: ")?;
        }
        f.write_str(self.message())
    }
}
