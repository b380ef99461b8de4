//! How the plugin works, and why: reading for those who put it in front of their database.
//!
//! Nothing here needs to be read to use the plugin, and nothing here can be called.
//!
//! * [`overview`]: the path of a request, and a comparison with `endpoint_url` and with the official client.
//! * [`migration`]: from `endpoint_url`, from the official client, and from DynamoDB on AWS.
//! * [`routing`]: scopes and failover, LWT routing, token awareness.
//! * [`health`]: when a node is ejected and restored, with a reason for every number, and measured faults.
//! * [`attempts`]: reading an error: which nodes an operation went to, and why it ended.
//! * [`connections`]: pools, timeouts, warm-up, and what the return of a node costs it.
//! * [`cost`]: what a request costs, and which part of that is the plugin's.
//! * [`observability`]: numbers, events, logs, and the record of an incident.
//! * [`metrics`]: metrics for Prometheus, OpenTelemetry and Grafana.
//! * [`networks`]: containers, address translation and PrivateLink.
//! * [`security`]: credentials, and whom the plugin trusts.
//! * [`tls`]: trusted certificates, names, client certificates, their rotation, and errors.
//! * [`limitations`]: requirements, limits and known gaps.
//! * [`faq`]: short answers.

pub mod attempts;
pub mod connections;
pub mod cost;
pub mod faq;
pub mod health;
pub mod limitations;
pub mod metrics;
pub mod migration;
pub mod networks;
pub mod observability;
pub mod overview;
pub mod routing;
pub mod security;
pub mod tls;
