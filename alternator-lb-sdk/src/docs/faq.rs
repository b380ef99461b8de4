//! Short answers.
//!
//! **Is the plugin in use?** [`Alternator::nodes()`](crate::Alternator::nodes) counts the requests of each node. If all
//! counts stay 0, the client was built by `Client::new(&sdk_config)`, which bypasses the plugin.
//!
//! **What if a crate takes nothing but an `SdkConfig`?** Give it one of
//! [`Alternator::sdk_config`](crate::Alternator::sdk_config).
//!
//! **Does it work on AWS Lambda?** Yes: build the client once, in the init phase, and set timeouts. Nothing need be
//! done after a thaw: the first request goes by the last known nodes, and the refresh that is due runs beside it. Name
//! [partition keys](crate::Builder::partition_key), which a short-lived process would describe for a few operations.
//! Waiting for [`ready()`](crate::Alternator::ready) only lengthens a cold start. The example `lambda` measures it.
//!
//! **Why does one node get no requests?** [`NodeStatus::state`](crate::NodeStatus::state) and
//! [`priority`](crate::NodeStatus::priority) say whether it is down, ejected, pending, or outside of the preferred
//! scope.
//!
//! **Why did this operation go to that node?** [`Alternator::explain`](crate::Alternator::explain) returns the node and
//! the [reason](super::routing#why-did-it-go-there).
//!
//! **Why did this operation fail?** [`AttemptHistory::of`](crate::AttemptHistory::of) returns its attempts: see
//! [reading an error](super::attempts).
//!
//! **Where are the logs?** In `tracing` events, once per change, with the target `alternator_lb_sdk`:
//! `RUST_LOG=alternator_lb_sdk=info` shows those that an operator wants to see. Their names and fields are
//! [an interface](super::observability#log).
//!
//! **Why `UnrecognizedClientException`?** The access key is no role of ScyllaDB, or the secret key is not its
//! `salted_hash`; often the SDK found credentials for AWS. See [security](super::security#credentials).
//!
//! **Why does an operation fail without credentials, though the cluster needs none?** A credentials provider is set and
//! fails. Call `.no_credentials()` on the `aws_config` loader, or use
//! [`AuthMode::Unsigned`](crate::AuthMode::Unsigned).
//!
//! **Why does the start take seconds?** `aws_config` asks AWS's metadata service for a region and for credentials. Set
//! `AWS_REGION` and `.no_credentials()`.
//!
//! **Do I have to wait for discovery?** No. Requests go to the seeds until the first refresh.
//! [`ready()`](crate::Alternator::ready) waits for it, for a readiness check or a test.
//!
//! **One `Alternator` or one per client?** One per cluster. Clients that share it share the nodes, their health and the
//! one discovery task.
//!
//! **Does it work with DynamoDB Local and LocalStack?** Yes, as clusters of one node: see
//! [limitations](super::limitations#dynamodb-local-and-localstack).
//!
//! **Does it work with mocks?** Yes. The client is the SDK's, so `aws-smithy-mocks` and crates that take an
//! `aws_sdk_dynamodb::Client` work as before. For HTTP clients that replay or record exchanges (`StaticReplayClient`,
//! `capture_request`) use [`without_discovery`](crate::Builder::without_discovery), so that they see operations alone.
//!
//! **Does it work behind a load balancer, with mapped ports, or with PrivateLink?** Yes: see
//! [networks](super::networks) for the setting of each.
//!
//! **How do I test my application against dying nodes?** With
//! [`alternator-test-cluster`](https://docs.rs/alternator-test-cluster), in the process of the test:
//!
//! ```
//! use alternator_lb_sdk::{Alternator, AlternatorExt as _};
//! use alternator_test_cluster::TestCluster;
//! use aws_sdk_dynamodb::config::BehaviorVersion;
//!
//! #[tokio::main] // in a test: #[tokio::test]
//! async fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let cluster = TestCluster::builder().nodes(3).start()?;
//!     let alternator = Alternator::builder().seeds(cluster.urls()).build()?;
//!     let config = aws_sdk_dynamodb::Config::builder()
//!         .behavior_version(BehaviorVersion::latest())
//!         .alternator(&alternator)
//!         .build();
//!     let client = aws_sdk_dynamodb::Client::from_conf(config);
//!
//!     cluster.node(1).stop();
//!     for _ in 0..10 {
//!         client.list_tables().send().await?;
//!     }
//!     assert_eq!(cluster.node(1).counters().requests, 0);
//!     Ok(())
//! }
//! ```
//!
//! For programs in other languages there is `cargo run --bin alternator-test-cluster -- --nodes 3 --port 8000`. Linux
//! has all of 127.0.0.0/8; on macOS add each further address once after each boot: `sudo ifconfig lo0 alias 127.0.0.2
//! up`.
//!
//! **Should I turn on token awareness?** From 4 nodes on, if the role may read the [seven
//! tables](super::routing#permissions). With three replicas on 3 nodes every node is a replica anyway.
//!
//! **Is it safe for writes?** A failed connection is re-sent only if nothing was sent. All else follows the
//! application's retries: see [limitations](super::limitations#writes).
//!
//! **Is `alternator-lb-core` for me?** No. It is the engine, published because this crate depends on it, without a
//! stability promise.
