//! From `endpoint_url`, from the official client, and from DynamoDB on AWS.
//!
//! # From `endpoint_url`
//!
//! Keep the configuration and add the plugin to it. The endpoint becomes the seed:
//!
//! ```no_run
//! use alternator_lb_sdk::{Alternator, AlternatorExt as _, BuildError};
//! use aws_sdk_dynamodb::{Client, config};
//!
//! fn client(sdk_config: &aws_config::SdkConfig) -> Result<Client, BuildError> {
//!     let alternator = Alternator::from_sdk_config(sdk_config)?;
//!     let config = config::Builder::from(sdk_config).alternator(&alternator).build();
//!     Ok(Client::from_conf(config))
//! }
//! ```
//!
//! [`Alternator::from_sdk_config`](crate::Alternator::from_sdk_config) takes the endpoint that the SDK itself would use
//! for DynamoDB: `AWS_ENDPOINT_URL_DYNAMODB` or its form in a profile, then `endpoint_url`.
//! [`Builder::endpoint_from`](crate::Builder::endpoint_from) does the same where further options are set:
//!
//! ```no_run
//! # use alternator_lb_sdk::{Alternator, BuildError};
//! # fn example(sdk_config: &aws_config::SdkConfig) -> Result<Alternator, BuildError> {
//! let alternator = Alternator::builder()
//!     .endpoint_from(sdk_config)?
//!     .token_aware()
//!     .build()?;
//! # Ok(alternator)
//! # }
//! ```
//!
//! One seed must be up when the process starts. Several seeds, or a DNS name with several addresses, remove that risk;
//! a comma-separated list, as environment variables have it, is split by the application:
//!
//! ```
//! use alternator_lb_sdk::Alternator;
//!
//! let seeds = "http://a:8000,http://b:8000"; // std::env::var("ALTERNATOR_SEEDS")?
//! let alternator = Alternator::builder().seeds(seeds.split(',')).build()?;
//! # Ok::<(), alternator_lb_sdk::BuildError>(())
//! ```
//!
//! Replace every `Client::new(&sdk_config)`, which bypasses the plugin, by `Client::from_conf` as above. Call
//! `.http_client(..)` before `.alternator(..)`. Crates that take an `aws_sdk_dynamodb::Client`, and the SDK's mocks
//! (`aws-smithy-mocks`), work as before.
//!
//! # Code that takes an `SdkConfig`
//!
//! A crate that makes its client by itself gets a configuration whose clients are balanced:
//!
//! ```no_run
//! # mod sessions {
//! #     pub fn store(sdk_config: &aws_config::SdkConfig) -> aws_sdk_dynamodb::Client {
//! #         aws_sdk_dynamodb::Client::new(sdk_config)
//! #     }
//! # }
//! # fn example(alternator: alternator_lb_sdk::Alternator, sdk_config: aws_config::SdkConfig) {
//! let store = sessions::store(&alternator.sdk_config(&sdk_config));
//! # }
//! ```
//!
//! Keep the former configuration for other services: this one refuses their requests. What it does, and what it
//! cannot: [`Alternator::sdk_config`](crate::Alternator::sdk_config) and
//! [limitations](super::limitations#configurations-of-sdk_config).
//!
//! # From the official client
//!
//! [`alternator-client`](https://crates.io/crates/alternator-client) wraps the SDK's client in a type of its own. Here
//! the application holds the SDK's client, and its settings are the SDK's:
//!
//! | `alternator-client` 1.0.1 | this plugin |
//! |---|---|
//! | `AlternatorClient` | `aws_sdk_dynamodb::Client` |
//! | `AlternatorConfig`: seed hosts, scheme and one port | [`seeds`](crate::Builder::seeds), as URLs |
//! | routing scope, with fallback | [`scope`](crate::Builder::scope) with [`Scope`](crate::Scope) and [`or`](crate::Scope::or) |
//! | discovery intervals, active and idle (1 s and 60 s) | [`refresh_interval`](crate::Builder::refresh_interval) and [`idle_refresh_interval`](crate::Builder::idle_refresh_interval) (5 s and 60 s) |
//! | key route affinity, read-modify-write | [`key_affinity`](crate::Builder::key_affinity) with [`KeyAffinity::conditional_writes()`](crate::KeyAffinity::conditional_writes) |
//! | key route affinity, any write | [`KeyAffinity::all_writes()`](crate::KeyAffinity::all_writes) |
//! | header optimization, on | [`minimal_headers`](crate::Builder::minimal_headers), on |
//! | request and response compression | [`request_compression`](crate::Builder) and `response_compression`, feature `compression` |
//! | authorization where there are credentials; a requirement of it | [`auth`](crate::Builder::auth) with [`AuthMode::Auto`](crate::AuthMode::Auto); [`AuthMode::Required`](crate::AuthMode::Required) |
//! | compression of one operation | [`alternator_options`](crate::OperationExt::alternator_options) |
//!
//! **Migrate all writers of a table together if they use LWT routing.** Both clients send the writes on a partition to
//! one node, but not the same node. While both are in use, the two coordinators contend, as without affinity: slower,
//! not wrong.
//!
//! # From DynamoDB on AWS
//!
//! * **The seeds** name the ScyllaDB cluster. The plugin refuses an AWS endpoint, and no request goes to AWS.
//! * **Credentials**: on AWS Lambda and EC2 the SDK always finds some, and signs with them silently. Without
//!   authorization on the cluster use `.no_credentials()` or [`AuthMode::Unsigned`](crate::AuthMode::Unsigned). With
//!   authorization use a ScyllaDB role: see [security](super::security#credentials).
//! * **The region** is not looked at; every name is accepted.
//! * **Retries and timeouts** stay the application's. The SDK has no timeout for an operation by default; set one.
//! * **What Alternator does not have** is in ScyllaDB's list of
//!   [differences](https://docs.scylladb.com/manual/stable/alternator/compatibility.html).
//! * **Both at once**: a client without the plugin goes to AWS as before, also from the same `SdkConfig`.
