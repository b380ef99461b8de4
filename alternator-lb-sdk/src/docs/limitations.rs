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
//!   internal address), and all listen on the port of the seeds. Otherwise requests stay with the seeds, and
//!   [`ready()`](crate::Alternator::ready) says so: [networks](super::networks) has what to set behind mapped ports,
//!   address translation, a load balancer, and PrivateLink.
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
//!   `Client::from_conf` with the configuration that the plugin was installed on, or where that is somebody else's code
//!   give it a configuration of [`Alternator::sdk_config`](crate::Alternator::sdk_config).
//! * **The HTTP client** gives way to that of the cluster where [TLS](super::tls#http-clients) is set there. Otherwise
//!   it must be set before `.alternator(..)`, which wraps it. A client that is set afterwards serves the data
//!   unwrapped, which a warning reports, and discovery keeps the client that it has.
//! * **Proxies**: `HTTP_PROXY` and the like apply to the addresses of nodes too. If they do, a warning names
//!   `NO_PROXY`. With [settings for TLS](super::tls#http-clients) no proxy is used.
//! * **The region**: `aws_config` looks for a region in several places, AWS's metadata service among them, which can
//!   take seconds outside of AWS. Set `AWS_REGION` or `.region(..)`; every name is accepted.
//! * **Retries that are turned off** leave a request on a node that hangs. Give such a client timeouts.
//!
//! # Configurations of `sdk_config`
//!
//! A client that is built from a configuration of [`Alternator::sdk_config`](crate::Alternator::sdk_config) has load
//! balancing, failover, health, discovery, statistics, events, hedged reads, and compressed responses. An `SdkConfig`
//! holds an HTTP client and no interceptor, so the rest needs [`.alternator(..)`](crate::AlternatorExt::alternator):
//!
//! * **Key affinity and token awareness use what is known**, and fetch nothing: the HTTP client sees neither the
//!   credentials nor the settings that reading tables takes. Known are partition keys that are
//!   [named](crate::Builder::partition_key), that of an operation which names a single attribute of its item, and what
//!   clients with the plugin have read for the same `Alternator`. The key is read from the body of `GetItem`,
//!   `PutItem`, `UpdateItem` and `DeleteItem`, which is parsed only where one of the two is on; `Query` and batches are
//!   distributed as usual.
//! * **Routes of PrivateLink are not read** for them where authorization is enforced, for the same reason. Unless a
//!   client with the plugin has made an operation for the same `Alternator`, [`ClientRoutes`](crate::ClientRoutes) has no
//!   routes, [`ready()`](crate::Alternator::ready) fails, and the seeds serve.
//! * **Requests are not compressed**, since their signatures cover the bodies, and are signed by the SDK's signer.
//!   [Minimal headers](crate::Builder::minimal_headers) leave out what is not signed: a signed request keeps
//!   `x-amz-user-agent`.
//! * **Retries are the SDK's**, with its waits of up to a second and its quota for the whole process. They go to other
//!   nodes: the nodes of an operation's earlier attempts are remembered for the last 1,024 operations whose attempt
//!   failed. A request that moves away from a node that hangs, or off a lost connection, costs one of them. A request
//!   that could not be connected costs none, waits for nothing and needs no retries.
//! * **Timeouts of the SDK for an attempt or an operation** drop the request, which says nothing about the node.
//!   Connect and read timeouts count against it.
//! * **Clock skew** is the SDK's: one for all nodes.
//! * **A datacenter without replicas of a table** is not left for that table.
//! * **Options of single operations** do not exist, except that an endpoint in a `config_override` is obeyed if it is a
//!   seed or node. [`AttemptHistory`](crate::AttemptHistory) is found in errors without a response alone.
//! * **The `host` is that of the first seed** on all nodes, without its port if that is the scheme's own. Alternator
//!   does not look at it, beyond the signature. A proxy between client and nodes that routes by the `host` would send
//!   all requests to one node. TLS verifies the address of the node as ever, and no header.
//! * **`.http_client(..)` on a builder** that was made from such a configuration takes the place of the balancing one:
//!   all requests go to the first seed. Set it on the `SdkConfig` before.
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
