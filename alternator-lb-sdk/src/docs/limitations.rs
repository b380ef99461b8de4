//! Requirements, limits and known gaps: what to know before production.
//!
//! The program [`alternator-doctor`](https://docs.rs/crate/alternator-doctor) checks a cluster for most of it.
//!
//! # Requirements
//!
//! * **Rust** 1.94.1 or later, as the AWS SDK requires.
//! * **tokio**. Requests must be made inside a tokio runtime: outside of it nothing refreshes the node list or probes
//!   nodes.
//! * **ScyllaDB** 4.0 or later, which has `/localnodes`. Datacenters and racks need 2025.1 or later: older servers
//!   ignore the filter, which is noticed. A scope chain with [`Scope::cluster()`](crate::Scope::cluster) in it is then
//!   served by that; a chain without it fails.
//! * **Addresses** that clients can reach. Nodes are listed by their `broadcast_rpc_address` (before 6.1 by their
//!   internal address), and all listen on the port of the seeds. Behind address translation or a load balancer,
//!   requests stay with the seeds, and [`ready()`](crate::Alternator::ready) says so: use
//!   [`without_discovery`](crate::Builder::without_discovery) there.
//! * **Certificates that fit**. Over `https` the plugin connects to nodes by address. Their certificates must name
//!   these (IP SANs), or a name of [`additional_server_names`](crate::Builder::additional_server_names). Where they
//!   name only the DNS name of a seed, and that is not set, requests stay with that seed.
//!
//! # Several datacenters
//!
//! A node lists nodes of its own datacenter only, so name seeds in each datacenter that is to be used.
//!
//! Alternator reads and writes at `LOCAL_QUORUM` or `LOCAL_ONE`, and conditional writes at `LOCAL_SERIAL`, local to the
//! datacenter of the node that serves. A client that spans datacenters may not read what it has just written, and
//! conditional writes in two datacenters do not exclude each other. [`Scope::datacenter(..)`](crate::Scope::datacenter)
//! alone, without another datacenter in the chain, avoids both.
//!
//! # Scopes
//!
//! * **A rack that dies as a whole** is left at once if another scope follows it in the chain. With
//!   [`without_spill_over`](crate::Builder::without_spill_over) that happens only when the other nodes no longer list
//!   its nodes, about 20 s after a crash with ScyllaDB's defaults.
//! * **A scope that never had nodes**, such as a mistyped name, leaves requests with the seeds, as before the first
//!   refresh. A warning appears, and [`ready()`](crate::Alternator::ready) fails.
//!
//! # The client's configuration
//!
//! * **`Client::new(&sdk_config)` bypasses the plugin**: it builds a client from the shared configuration alone. Use
//!   `Client::from_conf` with the configuration that the plugin was installed on.
//! * **The HTTP client** gives way to that of the cluster where [TLS](super::tls#http-clients) is set there. Otherwise
//!   it must be set before `.alternator(..)`, which wraps it. A client that is set afterwards serves the data
//!   unwrapped, which a warning reports, and discovery keeps the client that it has.
//! * **Proxies**: `HTTP_PROXY` and the like apply to the addresses of nodes too. If they do, a warning names
//!   `NO_PROXY`. With [settings for TLS](super::tls#http-clients) no proxy is used.
//! * **The region**: `aws_config` looks for a region in several places, AWS's metadata service among them, which can
//!   take seconds outside of AWS. Set `AWS_REGION` or `.region(..)`; every name is accepted.
//! * **Retries that are turned off** leave a request on a node that hangs. Give such a client timeouts.
//!
//! # Writes
//!
//! **A write may be applied twice** if the SDK sends it again after its connection was cut. This holds for every
//! endpoint; the application configures the retries. A re-send by the plugin of a request that was never sent doubles
//! no write.
//!
//! # DynamoDB Local and LocalStack
//!
//! Both work as clusters of one node. They serve no `/localnodes`, so one warning appears, requests stay with the seed,
//! and [`ready()`](crate::Alternator::ready) fails, unless [`without_discovery`](crate::Builder::without_discovery) is
//! set. DynamoDB Local wants signed requests: give the configuration any credentials. Token awareness has no effect
//! there.
