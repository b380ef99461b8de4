//! The behaviour that a user of the plugin sees, with the real SDK client.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests and their support fail by panicking"
)]

mod support;

mod address_translation;
mod all_nodes_down;
mod allowed_endpoints;
mod any_cluster;
mod attempt_history;
mod authorization;
mod balanced_sdk_config;
#[cfg(target_os = "linux")]
mod black_holes;
mod cancellation;
mod clock_skew;
mod cold_start;
mod compressed_requests;
mod compressed_responses;
mod compression_fallback;
mod connections;
mod credentials;
mod dead_nodes;
mod degraded_nodes;
mod dynamodb_local;
mod endpoint_overrides;
mod even_distribution;
mod exported_metrics;
mod failover;
mod fast_signing;
mod hedged_reads;
mod http_client_order;
mod http_clients;
mod invalid_settings;
mod key_affinity;
mod lifecycle;
mod malformed_node_lists;
mod membership;
mod minimal_headers;
mod missing_replicas;
mod mixed_failures;
mod multiple_clients;
mod network_partitions;
mod non_idempotent_writes;
mod observability;
mod old_servers;
mod operations;
mod process_pauses;
mod proxies;
mod reinstallation;
mod response_evidence;
mod retries;
mod runtimes;
mod scope_fallback;
mod scopes;
mod sdk_config;
mod seeds;
mod separate_components;
mod spill_over;
mod stale_connections;
mod status;
mod tls;
mod token_aware;
mod two_clusters;
mod without_discovery;
