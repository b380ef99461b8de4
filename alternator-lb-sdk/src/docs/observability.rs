//! What an operator sees: numbers, events, logs, and the record of an incident.
//!
//! | question | answer |
//! |---|---|
//! | Which nodes are there, and how are they? | [`Alternator::nodes()`](crate::Alternator::nodes) |
//! | What have the clients done so far? | [`Alternator::stats()`](crate::Alternator::stats) |
//! | What has changed? | [`Alternator::subscribe()`](crate::Alternator::subscribe), and the [log](#log) |
//! | Why does an operation go to that node? | [`Alternator::explain()`](crate::Alternator::explain) |
//! | What happened in the last minutes? | [`Alternator::dump()`](crate::Alternator::dump), the [flight recorder](#flight-recorder) |
//! | How is the cluster right now, from outside of the process? | the [status document](#status-document) |
//!
//! All of it is always there, and costs a request a few atomic increments on the counters of its node. Nothing locks on
//! the path of a request: the flight recorder's ring is lock-free, and a subscriber that is too slow misses events and
//! is told so. [Metrics](super::metrics) for Prometheus and OpenTelemetry, with a dashboard and alert rules, are
//! features.
//!
//! # Alarms
//!
//! Of all these numbers a few deserve an alarm:
//!
//! * [`panic_mode_entries`](crate::observe::Stats::panic_mode_entries) grows: more than half of the nodes fail. The
//!   cause is hardly in single nodes.
//! * [`refresh_failures`](crate::observe::Stats::refresh_failures) grow as fast as
//!   [`refreshes`](crate::observe::Stats::refreshes): the process no longer learns of new nodes.
//! * A node is [`Down`](crate::NodeState::Down) or [`Ejected`](crate::NodeState::Ejected) for minutes
//!   ([`in_state_for`](crate::NodeStatus::in_state_for)), and the cluster itself says that it is up: there is a fault
//!   between this process and the node.
//! * [`moved_primaries`](crate::observe::Stats::moved_primaries) grow for minutes: operations with key affinity do not
//!   go where those of other clients go, and transactions contend.
//! * [`replica_misses`](crate::observe::Stats::replica_misses) are more than a few percent of the hits: the maps of
//!   replicas are missing, or the replicas are.
//!
//! # Log
//!
//! Events are logged with `tracing`, with the target `alternator_lb_sdk`, once per change. Names of events and of
//! fields are an interface: they change as the public API does. The text is for people, and may change at any time.
//!
//! `warn` is what needs an operator, `info` a change of the cluster, `debug` what repeats. `trace` has one event per
//! attempt with its node, before it is sent; nothing else is logged per request.
//!
//! | `event` | level | fields | what has happened |
//! |---|---|---|---|
//! | `nodes_changed` | info | `added`, `removed`, `nodes`, `scope` | nodes were added to the list, or removed |
//! | `scope_changed` | info | `from`, `to` | another scope of the chain is the first that has nodes |
//! | `node_ejected` | warn | `node`, `reason`, `backoff` | a node gets no requests any more |
//! | `probe_failed` | debug | `node`, `reason`, `backoff` | an ejected node stays so |
//! | `node_admitted` | info | `node` | a new node has responded |
//! | `node_restored` | info | `node` | an ejected node gets requests again |
//! | `panic_mode_entered` | warn | | most nodes fail, and none is ejected for errors any more |
//! | `panic_mode_exited` | info | | nodes are ejected for errors again |
//! | `refresh_failed` | warn | `error` | the list of nodes cannot be refreshed |
//! | `refresh_recovered` | info | | the list can be refreshed again |
//! | `served_by_seeds` | warn | `error` | no listed node can be reached, and requests go to the seeds |
//! | `foreign_nodes` | warn | `nodes` | nodes belong to another cluster |
//! | `entries_ignored` | warn | `entries` | a list has entries that are no addresses, or not allowed |
//! | `translation_failed` | warn | `address`, `node`, `error` | the address translator has no URL for a listed node |
//! | `spans_datacenters` | warn | `datacenters` | no scope was chosen, and the seeds are in several datacenters |
//! | `no_runtime` | warn | | requests are made outside of a tokio runtime |
//! | `schema_fetched` | debug | `table`, `partition_key` | the schema of a table is known |
//! | `schema_unavailable` | warn | `table`, `error` | the partition key of a table cannot be fetched |
//! | `isolation_unavailable` | warn | `table`, `error`, `grants` | the write isolation of a table cannot be fetched |
//! | `token_maps_fetched` | debug | `table`, `ranges` | the replicas of a table are known |
//! | `token_maps_failed` | debug | `table`, `error` | the replicas of a table could not be fetched |
//! | `token_maps_refused` | warn | `error`, `grants` | the role may not read which nodes hold a partition |
//! | `token_maps_unsupported` | warn | `error` | the server does not show which nodes hold a partition |
//! | `token_map_over_limit` | warn | `table`, `ranges`, `limit` | the map of a table is too large |
//! | `replication_refused` | warn | `error`, `grants` | the role may not read the replication of tables |
//! | `no_replicas` | warn | `table`, `datacenter`, `node` | a datacenter of the scope holds no replicas of a table |
//! | `credentials_failed` | warn | | the credentials provider of a client fails |
//! | `no_retries` | warn | | the SDK retries nothing, by default and not by choice |
//! | `transport_removed` | warn | | requests bypass the plugin's decorator of the HTTP client |
//! | `hedging_unavailable` | warn | | hedged reads are set, and the installation lacks the parts that they need |
//! | `http_client_replaced` | warn | | the cluster's settings for TLS replace the HTTP client of a configuration |
//! | `certificates_not_verified` | warn | | no certificate of a node is verified, as the application has chosen |
//! | `certificates_replaced` | info | | new certificates are in use |
//! | `endpoint_ignored` | warn | `endpoint` | the `endpoint_url` of a client names no node |
//! | `proxy_applies` | warn | `node` | the proxy variables of the environment apply to a node |
//! | `compression_refused` | warn | `node` | a server does not decompress requests |
//! | `compression_resumed` | info | | requests are compressed again |
//! | `attempt` | trace | `node`, `reason` | an attempt goes to this node |
//!
//! Each but the last is an [`Event`](crate::observe::Event) for subscribers as well, with the same name and fields.
//!
//! # Flight recorder
//!
//! A ring of the last 4,096 occurrences that were not ordinary ([`flight_recorder`](crate::Builder::flight_recorder)
//! sets the number): attempts that were retries, went to another node than wanted, or failed; changes of health; the
//! end of each refresh; events; operations that reached no node. In a healthy cluster these are the refreshes alone, so
//! the ring reaches back for hours; in an outage it holds its last minutes.
//!
//! [`Alternator::dump()`](crate::Alternator::dump) writes it as JSON lines. The time to call it is the alarm:
//!
//! ```no_run
//! use alternator_lb_sdk::observe::Event;
//!
//! # async fn example(alternator: alternator_lb_sdk::Alternator) -> std::io::Result<()> {
//! let mut events = alternator.subscribe();
//! while let Some(event) = events.next().await {
//!     if let Event::PanicModeEntered = event {
//!         alternator.dump(std::fs::File::create("/var/log/shop/alternator.jsonl")?)?;
//!     }
//! }
//! # Ok(())
//! # }
//! ```
//!
//! | `type` | fields besides `at_ms` |
//! |---|---|
//! | `header` | `format`, `version`, `unix_ms`, `seeds`, `scope`, `policy` |
//! | `node` | as in the status document |
//! | `stats` | as in the status document |
//! | `attempt` | `node`, `number`, `reason`, `outcome`, `status`, `duration_ms`, `responses` of the node before |
//! | `refresh` | `nodes`, `has_succeeded`, `requests` |
//! | `event` | `event`, and its fields; `backoff` as `backoff_ms` |
//! | `route_error` | `error` |
//!
//! In the repository, `cargo run --release -p benchmarks --bin fleet -- --replay dump.jsonl` feeds a dump to the
//! library's own routing and health in simulated time, and compares what they decide with what was recorded: the
//! incident becomes a test.
//!
//! # Status document
//!
//! [`Alternator::status_json()`](crate::Alternator::status_json) returns one line of JSON, and on Unix
//! `Alternator::serve_status(path)` serves it on a socket that only the application's own user can connect.
//! [`alternator-doctor top --attach`](https://docs.rs/crate/alternator-doctor) shows it live, on the terminal of
//! whoever may read the path; with `socat - UNIX-CONNECT:path | jq` it is a query. Without sockets a file does as well,
//! where it is replaced as a whole:
//!
//! ```no_run
//! # async fn example(alternator: alternator_lb_sdk::Alternator) -> std::io::Result<()> {
//! loop {
//!     std::fs::write("/run/shop/status.new", alternator.status_json())?;
//!     std::fs::rename("/run/shop/status.new", "/run/shop/status.json")?;
//!     tokio::time::sleep(std::time::Duration::from_secs(1)).await;
//! }
//! # }
//! ```
//!
//! | field | what it holds |
//! |---|---|
//! | `format` | 1; it grows when a field changes its meaning or goes |
//! | `version` | the plugin and its version |
//! | `unix_ms` | the time of the document |
//! | `nodes` | for each node `url`, `listed_address`, `datacenter`, `rack`, `priority`, `state`, `reason`, `in_state_for_ms`, `is_in_slow_start`, `in_flight`, `requests`, `failures`, `outcomes`, `latency_ms`, `latency_p50_ms`, `latency_p99_ms`, `share`, `listed_ago_ms` |
//! | `stats` | the numbers of [`Stats`](crate::observe::Stats) by their names |
//! | `events` | the last hundred events: `event` and its fields, `ago_ms`, `text` |
