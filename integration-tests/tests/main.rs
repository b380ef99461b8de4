//! What a user of the plugin sees, with the real SDK client.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, and so does what it stands on"
)]

mod rig;

mod all_dead;
mod any_cluster;
mod authorization;
mod bad_lists;
mod bad_settings;
#[cfg(target_os = "linux")]
mod black_holes;
mod cancellation;
mod cold_start;
mod compressed_answers;
mod compressed_requests;
mod credentials;
mod dead_nodes;
mod evenness;
mod failover;
mod fast_signing;
mod http_client_order;
mod http_clients;
mod key_affinity;
mod lean_requests;
mod lifecycle;
mod membership;
mod mixed_failures;
mod never_aws;
mod old_servers;
mod operations;
mod own_endpoints;
mod paid_retries;
mod partitions;
mod parts;
mod proxies;
mod refused_compression;
mod reinstalling;
mod runtimes;
mod scope_fallback;
mod scopes;
mod sdk_config;
mod seeds;
mod sharing;
mod sick_nodes;
mod spill_over;
mod status;
mod tls;
mod token_aware;
mod writes;
