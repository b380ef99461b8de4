//! Connections: pools, timeouts, warm-up, and what the return of a node costs it.
//!
//! An Alternator node serves one request at a time on a connection, so there are as many connections to a node as there
//! are requests to it at the same time, and some more where requests have come in bursts. All clients of an
//! [`Alternator`](crate::Alternator) share them with each other and with discovery.
//!
//! # Shards
//!
//! A node has a shard for each of its cores, and a connection belongs to one of them to its end: the shard that had the
//! fewest connections when it was made. A client cannot choose it, and need not: the connections of all clients
//! together are spread evenly. A client with fewer connections to a node than the node has shards uses some of them
//! only, which matters where it is the only client. Then [`min_idle`](crate::Builder::min_idle) opens up to eight
//! connections at once; more come with requests at the same time. The server's table
//! `.scylla.alternator.system.clients` shows the shard of each operation under way (since ScyllaDB 2025.4).
//!
//! # Whose connections they are
//!
//! | HTTP client | pools | idle timeout | TCP keepalive | `TCP_NODELAY` | proxies |
//! |---|---|---|---|---|---|
//! | none set: the plugin's default | one for each node | 50 s | no | yes | as the environment says |
//! | with [settings for TLS](super::tls) | one for each node | 50 s | no | yes | none |
//! | with a client certificate (feature `tls`) | one for each node | 50 s | 15 s, then every 5 s, three times | yes | none |
//! | the application's | as it has them | as it has it; the SDK's has 90 s | as it has it; the SDK's has none | the SDK's has it | as it has them |
//!
//! The first two are made of the SDK's own connectors, with its TLS library and its timeouts; the third is
//! [hyper's](super::tls#http-clients). Timeouts for connecting and reading are those of the SDK's configuration, 3.1 s
//! and none by default.
//!
//! An HTTP client that the application sets stays as it is. What the plugin adds to it is a decorator, which can abort
//! a request and thereby close its connection, and can close no idle one.
//!
//! # Idle connections
//!
//! Alternator closes no idle connection. What stands between may: load balancers close or forget idle connections after
//! 60 s and later. The plugin's default client uses none that has been idle for 50 s, and closes it within twice that
//! time.
//!
//! # A node that leaves
//!
//! When a node leaves the list, its pool is closed at once, and nothing else is: requests on their way end in peace,
//! and the connections of the other nodes stay. A node that ScyllaDB shuts down closes its connections by itself; one
//! that left the scope, or whose address is translated in another way, does not.
//!
//! The SDK's HTTP clients cannot close the connections of one address. An idle timeout below 10 s would do it, and
//! would cost a handshake for each request to those that have less than one request in that time for each node: so the
//! default client has one connector of the SDK's for each node. That costs a request a look-up by the node's address,
//! which takes a quarter of a microsecond in a loop of its own, with 3 nodes and with 1,000: less than 1 % of [what an
//! operation takes](super::cost) over loopback. It takes no lock. A connector is made for the first request to its
//! node; over `https` with the certificates of the system that parses all of them.
//!
//! Addresses that are not listed (a seed that is no node, a node that left while a request was on its way) share a pool
//! whose connections are closed within 10 s of their last request.
//!
//! # Why there is no TCP keepalive
//!
//! The SDK's connectors cannot set it. It matters little to them: an idle connection does not live long enough for it,
//! and requests that wait on a lost connection are found by [probes](super::health#lost-connections) within seconds.
//! The SDK's newer pool (`aws_smithy_http_client::pool`) has it, and can be passed to
//! [`.http_client(..)`](crate::Builder::http_client).
//!
//! # Warm-up
//!
//! The probe that precedes the first request to a node leaves one connection for it.
//! [`min_idle`](crate::Builder::min_idle) opens up to eight.
//!
//! # A node that returns
//!
//! A node's listen backlog is 100 connections, and one process must not fill it, nor a fleet. Three things keep them
//! apart: each client probes an ejected node by itself, after a backoff with jitter; the probe is one connection, or
//! [`min_idle`](crate::Builder::min_idle) of them; and the [slow start](super::health) lets its share of the requests
//! grow over ten seconds, and with it the connections.
//!
//! Measured on the test cluster in a debug build, with 16 callers for each client and one node of three that was
//! stopped and started: in the first second after its first request the node accepts 1 connection from one client, and
//! 22 from 20 clients in one process (the test allows 100). So a fleet of 100 clients stays near its backlog with 0 for
//! `min_idle`, and these connections come one after the other, as the probes of the clients do.
