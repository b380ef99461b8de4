//! Metrics for Prometheus, OpenTelemetry and Grafana.
//!
//! Off by default. Both features read the same numbers, those of [`Alternator::stats()`](crate::Alternator::stats) and
//! [`nodes()`](crate::Alternator::nodes), when they are collected: a request costs the same with and without them.
//!
//! # With the `metrics` facade
//!
//! Feature `metrics`. Call [`publish_metrics()`](crate::Alternator::publish_metrics) before each scrape, or every few
//! seconds where the recorder sends its metrics itself:
//!
//! ```
//! # #[cfg(feature = "metrics")]
//! # fn example(alternator: alternator_lb_sdk::Alternator, render: impl Fn() -> String) -> String {
//! // In the handler of `/metrics`:
//! alternator.publish_metrics();
//! render() // as `PrometheusHandle::render` of `metrics-exporter-prometheus`
//! # }
//! ```
//!
//! With `metrics-exporter-prometheus`, set `PrometheusBuilder::with_recommended_naming(true)`, which gives the names
//! below, and an `idle_timeout` ([why](#nodes-that-leave)). `cargo run --bin metrics` in the repository is a whole
//! program, which needs no other HTTP server than the hyper that the SDK has.
//!
//! # With OpenTelemetry
//!
//! Feature `otel`. Register once with a meter of the application; its reader does the rest:
//!
//! ```
//! # #[cfg(feature = "otel")]
//! # mod example {
//! use alternator_lb_sdk::{Alternator, observe::otel};
//!
//! fn observe(alternator: &Alternator, provider: &impl opentelemetry::metrics::MeterProvider) {
//!     otel::register(alternator, &provider.meter("alternator-lb-sdk"));
//! }
//! # }
//! ```
//!
//! # The metrics
//!
//! "Node" stands for the attributes `server.address` and `server.port`. In Prometheus dots are underscores.
//!
//! | name | in Prometheus | kind | unit | attributes | meaning |
//! |---|---|---|---|---|---|
//! | `alternator.client.requests` | `alternator_client_requests_total` | counter | `{request}` | node | Number of requests sent to the node, each retry as one more |
//! | `alternator.client.errors` | `alternator_client_errors_total` | counter | `{error}` | node, `error.type` | Number of requests to the node that ended without a result, by the kind of their end |
//! | `alternator.client.request.active` | `alternator_client_request_active` | up-down counter | `{request}` | node | Number of requests in flight to the node |
//! | `alternator.client.request.duration.p50` | `alternator_client_request_duration_p50_seconds` | gauge | `s` | node | Median time of the node's responses over the last 15 to 30 seconds |
//! | `alternator.client.request.duration.p99` | `alternator_client_request_duration_p99_seconds` | gauge | `s` | node | 99th percentile of the time of the node's responses over the last 15 to 30 seconds |
//! | `alternator.client.node.status` | `alternator_client_node_status` | up-down counter | `{node}` | node, `alternator.client.node.state` | State of the node: 1 for the state that it is in, and 0 for all others |
//! | `alternator.client.failovers` | `alternator_client_failovers_total` | counter | `{retry}` | – | Number of retries that went to another node than the attempt before |
//! | `alternator.client.retries_spared` | `alternator_client_retries_spared_total` | counter | `{retry}` | – | Number of retries that cost the application none of its own, since the node was never reached |
//! | `alternator.client.hedge.requests` | `alternator_client_hedge_requests_total` | counter | `{request}` | – | Number of second requests of hedged reads |
//! | `alternator.client.hedge.wins` | `alternator_client_hedge_wins_total` | counter | `{request}` | – | Number of second requests of hedged reads whose response came first |
//! | `alternator.client.spill_overs` | `alternator_client_spill_overs_total` | counter | `{request}` | – | Number of requests that went to a scope after the preferred one |
//! | `alternator.client.replica.hits` | `alternator_client_replica_hits_total` | counter | `{request}` | – | Number of token-aware requests that went to a replica of their partition |
//! | `alternator.client.replica.misses` | `alternator_client_replica_misses_total` | counter | `{request}` | – | Number of token-aware requests that went to a node that is no known replica of their partition |
//! | `alternator.client.moved_primaries` | `alternator_client_moved_primaries_total` | counter | `{request}` | – | Number of requests with key affinity that went to another node than the first one of their key |
//! | `alternator.client.refreshes` | `alternator_client_refreshes_total` | counter | `{refresh}` | – | Number of refreshes of the list of nodes that have ended |
//! | `alternator.client.refresh.failures` | `alternator_client_refresh_failures_total` | counter | `{refresh}` | – | Number of refreshes of the list of nodes that have failed |
//! | `alternator.client.panic_mode.entries` | `alternator_client_panic_mode_entries_total` | counter | `{entry}` | – | Number of times that panic mode was entered |
//! | `alternator.client.panic_mode.active` | `alternator_client_panic_mode_active` | up-down counter | `{client}` | – | 1 while panic mode is on: more than half of the reachable nodes fail |
//! | `alternator.client.compression.saved` | `alternator_client_compression_saved_bytes_total` | counter | `By` | – | Bytes of bodies that compression has saved |
//! | `alternator.client.minimal_headers.saved` | `alternator_client_minimal_headers_saved_bytes_total` | counter | `By` | – | Bytes of headers that minimal headers have saved |
//!
//! A request is one attempt: an operation that is retried once is two. Those of discovery and health checks are not
//! counted. Errors need the whole plugin or [`interceptor()`](crate::Alternator::interceptor), and so do latencies.
//!
//! `error.type` is the name of an [`Outcome`](crate::observe::Outcome) other than `responded`, in snake case: five of
//! them say something against the node (`server_error`, `foreign`, `not_connected`, `connection_lost`, `timed_out`),
//! the others do not (`overloaded`, `contention`, `replica_error`, `no_replicas`, `no_live_replica`, `clock_skew`,
//! `not_sent`, `stale_connection`, `neutral`). A response that says that the request is wrong is no error of the
//! node's, nor counted here. A kind of error has no series before its first one.
//!
//! `alternator.client.node.state` is the name of a [`NodeState`](crate::NodeState): `up`, `pending`, `down`, `ejected`.
//!
//! # Names
//!
//! They follow OpenTelemetry's semantic conventions (v1.45), as far as these go:
//!
//! * The [naming rules](https://opentelemetry.io/docs/specs/semconv/general/naming/): `{area}.client.{name}`, plural
//!   names for counters of countable things, singular ones for up-down counters, no `total`, no unit in the name.
//! * The [units](https://opentelemetry.io/docs/specs/semconv/general/metrics/#instrument-units): seconds, bytes, and
//!   annotations in braces.
//! * The attributes `server.address`, `server.port` and
//!   [`error.type`](https://opentelemetry.io/docs/specs/semconv/registry/attributes/error/), which the conventions for
//!   HTTP and database clients have too. It is set for errors alone.
//! * State metrics: one series for each state, 1 or 0, as an up-down counter called `status` with an attribute `state`.
//! * Percentiles as gauges `.p50` and `.p99`, as of `nodejs.eventloop.delay`.
//!
//! There is no convention for load balancers in clients: the namespace `alternator` and what is counted are this
//! plugin's. `db.client.operation.duration` and `http.client.request.duration` are left to the SDK and to the
//! application, which know the operation.
//!
//! The names in Prometheus are those that its exporters make of the others by [the rules for
//! it](https://opentelemetry.io/docs/specs/otel/compatibility/prometheus_and_openmetrics/): the unit as a suffix,
//! without annotations, and then `_total` for counters.
//!
//! # How many series
//!
//! Eight for each node, one for each kind of error that it has had, and twelve for the cluster. Nothing else multiplies
//! them: neither tables nor operations nor keys. Nodes are those of the list, at most 4,096 addresses of one
//! `/localnodes`; hundreds of nodes are a reason to sum over them in the collector. The SDK of OpenTelemetry keeps
//! 2,000 series of an instrument by default, which `alternator.client.node.status` reaches with 500 nodes.
//!
//! Totals of the cluster are sums over its nodes, so that they have no metrics of their own:
//! `sum(rate(alternator_client_requests_total[5m]))`.
//!
//! # Nodes that leave
//!
//! Servers list live nodes alone: one that dies is `down` for half a minute, and then leaves the list.
//!
//! * In OpenTelemetry its series end with the next collection.
//! * The facade cannot remove a series. The gauges are set to 0, and to NaN where 0 would be a latency; the counters
//!   stand still. The recorder ends them if it has a timeout for series that are not updated, as
//!   `PrometheusBuilder::idle_timeout`: each publication updates all series of the listed nodes.
//! * A node that returns counts from 0, as after a restart of the process; in the facade its counters go on.
//!
//! # Latency
//!
//! Percentiles over the last 15 to 30 seconds, from the histogram that each node has for
//! [`latency_p99()`](crate::NodeStatus::latency_p99), and no histograms:
//!
//! * OpenTelemetry has no observable histogram, and the facade takes single values: either way each request would have
//!   to be recorded once more, on its own time.
//! * The node's histogram is of the last seconds, while Prometheus wants buckets that only grow, and has 368 buckets:
//!   for thirty nodes eleven thousand series per process.
//!
//! Percentiles of processes cannot be averaged: take the highest. For histograms of whole operations, with their
//! retries, set a meter of the SDK's own (`aws-smithy-observability-otel`).
//!
//! # Several clusters in one process
//!
//! The metrics of a cluster have no label that names it. Give each its own meter, whose scope has an attribute, or its
//! own recorder with a label for all of its metrics (`PrometheusBuilder::add_global_label`), in which it publishes:
//! `metrics::with_local_recorder(&recorder, || alternator.publish_metrics())`.
//!
//! # Dashboard and alerts
//!
//! The repository has a dashboard for Grafana, `examples/grafana/dashboard.json`, and alert rules for Prometheus,
//! `examples/grafana/alerts.yaml`, each with its reason. A test checks that they use what is exported, and that the
//! dashboard shows all of it.
