//! The path of a request, and how the plugin compares.
//!
//! ```text
//!  your config::Builder ── .alternator(&alternator) ──▶ endpoint resolver + one interceptor; HTTP client wrapped
//!
//!  operation ─▶ resolver: next node ─▶ SDK signs ─▶ SDK sends ──────────────▶ node
//!                  ▲                                    │
//!                  └── another node ◀── interceptor: outcome of the attempt
//!                                             │ no connection, or errors: all clients eject the node
//!  one task per cluster ── GET /localnodes ──▶ node list, read without a lock
//!                       └─ GET / ────────────▶ probes of ejected and of unresponsive nodes
//! ```
//!
//! The SDK asks for an endpoint before each attempt of an operation, retries included. The plugin returns the next
//! node, and for a retry a node that the operation has not tried. The number of
//! retries, timeouts and connections remain the SDK's; so does signing without
//! [`fast_signing`](crate::Builder::fast_signing).
//!
//! The node list comes from `GET /localnodes`, which every Alternator node serves, over the HTTP client of the data. No
//! request waits for it: until the first response, requests go to the seeds.
//!
//! A request goes to a seed or to a node that the cluster has named, or it fails with a
//! [`RouteError`](crate::RouteError). It never goes to AWS.
//!
//! # The parts
//!
//! [`AlternatorExt::alternator`](crate::AlternatorExt::alternator) installs everything. For code that builds its client
//! by itself there is a whole configuration, and two of the parts can be installed alone:
//!
//! | part | brings | lacks |
//! |---|---|---|
//! | [`sdk_config(&sdk_config)`](crate::Alternator::sdk_config) | load balancing, failover and health for every client that is built from it | [what needs an interceptor](super::limitations#configurations-of-sdk_config) |
//! | [`endpoint_resolver()`](crate::Alternator::endpoint_resolver) | load balancing and discovery | learns nothing from failures |
//! | [`interceptor()`](crate::Alternator::interceptor) beside it | health and failover | does not move a request away from a node that hangs |
//!
//! [`Alternator`](crate::Alternator) is a handle on one cluster. Its clones, and all clients that it is installed on,
//! share the nodes, their health and the discovery task.
//!
//! | method | purpose |
//! |---|---|
//! | [`ready()`](crate::Alternator::ready) | waits for the first refresh |
//! | [`refresh()`](crate::Alternator::refresh) | refreshes the node list now |
//! | [`nodes()`](crate::Alternator::nodes) | returns a [`NodeStatus`](crate::NodeStatus) for each node: [`state`](crate::NodeStatus::state), [`datacenter`](crate::NodeStatus::datacenter), [`rack`](crate::NodeStatus::rack), [`priority`](crate::NodeStatus::priority), [`latency`](crate::NodeStatus::latency), [`in_flight`](crate::NodeStatus::in_flight), [`requests`](crate::NodeStatus::requests), [`failures`](crate::NodeStatus::failures) |
//! | [`panic_mode_entries()`](crate::Alternator::panic_mode_entries) | returns how often so many nodes failed that none was ejected for its errors |
//! | [`explain(&input)`](crate::Alternator::explain) | returns where an operation would go, and why |
//! | [`shutdown()`](crate::Alternator::shutdown) | ends the background work; clients go on with the last known nodes |
//!
//! Changes are reported by `tracing` events: once per change, not per request.
//!
//! # Compared with `endpoint_url`, and with the official client
//!
//! The official client for Rust is [`alternator-client`](https://crates.io/crates/alternator-client). The table is
//! about its version 1.0.1. Numbers in brackets are sources in [its published
//! package](https://docs.rs/crate/alternator-client/1.0.1/source/).
//!
//! | | SDK with `endpoint_url` | `alternator-client` 1.0.1 | this plugin |
//! |---|---|---|---|
//! | type in the application | `aws_sdk_dynamodb::Client` | `AlternatorClient`, with the SDK client's methods \[1\] | `aws_sdk_dynamodb::Client` |
//! | configuration | the SDK's | `AlternatorConfig`; `SdkConfig` is not imported \[2\] | the SDK's, and one line |
//! | load balancing | none: one address | round robin over the discovered nodes \[3\] | round robin over the discovered nodes, fewer requests to slow ones |
//! | a retry goes to | the same address | the next node \[4\] | a node that the operation has not tried |
//! | a node that cannot be connected | fails after the SDK's retries | stays in rotation until a refresh drops it; the SDK's retries apply \[3\] | ejected by all clients; the request that met it goes on without a pause |
//! | a node that hangs | waits for the application's timeouts | waits for the application's timeouts \[3\] | detected and ejected; the requests move to another node |
//! | a node that returns errors | fails after the SDK's retries | stays in rotation \[3\] | ejected, restored with a slow start |
//! | refresh of the node list | – | every 1 s, idle every 60 s; configurable \[5\] | every 5 s, idle every 60 s, and after a failed connection; configurable |
//! | several clients of a cluster | – | each with its own discovery \[5\] | share one discovery |
//! | token awareness | – | – (a replica by chance) | with [`token_aware`](crate::Builder::token_aware): 99 % and more, once the maps are known |
//! | HTTP client of discovery | – | the configured one, else its own (`reqwest`) \[6\] | that of the data |
//! | rack awareness, datacenter failover | – | yes \[7\] | yes |
//! | DynamoDB Streams | a separate client, on one address | – \[8\] | yes, feature `streams` |
//! | log events | the SDK's | none of its own \[9\] | `tracing` |
//! | LWT routing: one coordinator per partition | – | writes \[10\]; when one node joins or leaves, a quarter to half of the partitions change theirs \[11\] | writes, and reads where configured; only the share of the node that joins or leaves moves |
//! | compression, header optimization | – | yes \[10\] | yes; compression with the feature `compression` |
//! | maintained by ScyllaDB | – | yes | no |
//!
//! \[1\] `src/client.rs`, from line 565. \[2\] `README.md`, "Supported configuration surface". \[3\]
//! `src/live_nodes.rs`, `get_next_node_round_robin`: no state of a node is looked at. \[4\] `src/interceptors.rs`,
//! `modify_before_signing`. \[5\] `README.md`, "Node discovery". \[6\] `src/live_nodes.rs`,
//! `build_discovery_http_client`. \[7\] `README.md`, "Routing scope". \[8\] `Cargo.toml` has no
//! `aws-sdk-dynamodbstreams`. \[9\] `src/` names neither `tracing` nor `log` outside of comments. \[10\] `README.md`,
//! "Introduction". \[11\] `src/query_plan.rs`, `new_with_hash`: a number drawn by the key, times the length of the
//! sorted list.
//!
//! Measured differences: [faults](super::health#measured-faults), [cost](super::cost), [reads that reach a
//! replica](super::routing#token-awareness).
