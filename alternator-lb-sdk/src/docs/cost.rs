//! The cost of a request, and the plugin's part of it.
//!
//! An operation takes less processor time than with the SDK alone, since requests have [minimal
//! headers](crate::Builder::minimal_headers) and are [signed by the plugin](crate::Builder::fast_signing). One
//! `GetItem`, without the network (an HTTP client that responds at once from memory), on one thread:
//!
//! | | µs of processor time | allocations | thousand instructions | bytes of request head |
//! |---|---|---|---|---|
//! | SDK alone, unsigned | 21.1 (1.00) | 265 (1.00) | 208 (1.00) | 433 (1.00) |
//! | the same with everything optional turned off | 16.4 (0.78) | 192 (0.72) | 147 (0.71) | 143 (0.33) |
//! | `alternator-client` 1.0.1, unsigned | 23.6 (1.12) | 290 (1.09) | 226 (1.09) | 194 (0.45) |
//! | with the plugin, unsigned | 17.3 (0.82) | 200 (0.75) | 173 (0.83) | 180 (0.42) |
//! | SDK alone, signed | 28.1 (1.00) | 327 (1.00) | 382 (1.00) | 724 (1.00) |
//! | the same with everything optional turned off, and without a signature | 16.5 (0.59) | 192 (0.59) | 150 (0.39) | 143 (0.20) |
//! | `alternator-client` 1.0.1, signed | 30.7 (1.09) | 352 (1.08) | 409 (1.07) | 585 (0.81) |
//! | with the plugin, fast signing | 19.2 (0.68) | 206 (0.63) | 220 (0.58) | 426 (0.59) |
//! | with the plugin, signed by the SDK | 23.8 (0.85) | 257 (0.79) | 332 (0.87) | 454 (0.63) |
//!
//! In parentheses: the share of what the SDK alone needs. Measured on 2026-11-23 on 2 cores (AMD EPYC) with
//! `target/release/cost --instructions` (see the repository's `benchmarks`; `cost repeat` makes the operations for a
//! profiler). Instructions are counted by valgrind, whose processor has none for SHA-256, so that signatures weigh more
//! there. Allocations, instructions and bytes were counted again on 2026-11-29; the times were not measured again, as
//! the machine of that day was shared. "Everything optional turned off" is the SDK with a fixed endpoint and without
//! the interceptors that minimal headers disable: the rest is the SDK's own, and no plugin comes below it.
//!
//! 42 bytes of each head of the plugin are the `content-type`. Alternator does not read it, but DynamoDB Local and
//! DynamoDB itself answer 404 without it, so it is kept.
//!
//! Over loopback, with 16 callers, three nodes in a process of their own and the kernel's work for the client
//! (`target/release/load`):
//!
//! | | µs of processor time, one thread | operations per second, two threads |
//! |---|---|---|
//! | SDK alone, unsigned | 49.9 (1.00) | 25,886 (1.00) |
//! | the same with everything optional turned off | 39.6 (0.80) | 33,300 (1.25) |
//! | `alternator-client` 1.0.1, unsigned | 55.7 (1.13) | 22,724 (0.83) |
//! | with the plugin, unsigned | 40.8 (0.82) | 30,008 (1.16) |
//! | SDK alone, signed | 65.2 (1.00) | 19,311 (1.00) |
//! | `alternator-client` 1.0.1, signed | 73.1 (1.16) | 16,836 (0.84) |
//! | with the plugin, fast signing | 44.2 (0.68) | 26,451 (1.36) |
//!
//! These shares are medians of eleven rounds, each compared within itself. The SDK with everything optional turned off
//! speaks to one node over 16 connections, the plugin to three over as many each.
//!
//! # The plugin's part
//!
//! The difference: about a microsecond, eight allocations, and a seventh of the instructions, of which choosing the node
//! is the smallest part. (Counts of instructions vary by some percent from run to run with the seeds of hash tables; the
//! following are from one profile of 2026-11-23.)
//!
//! | | instructions |
//! |---|---|
//! | the minimal headers | 2,100 |
//! | the decorator of the HTTP client, with the abort handle of each request | 2,100 |
//! | the settings of the operation: headers, endpoint override | 1,700 |
//! | the outcome of the attempt: health, latency, retries | 1,700 |
//! | choosing a node and keeping the plan, of which the choice itself is 220 instructions, or 65 ns | 1,300 |
//! | the evidence whether a request was ever sent | 500 |
//! | handing over the endpoint | 400 |
//!
//! It is the same for 3 nodes and for 1,000: a choice compares two of them. It takes no lock, parses no URL and formats
//! nothing; its one allocation is the plan, which the SDK requires in a box. Counters that every request writes are on
//! cache lines of their own.
//!
//! A signature by the plugin takes a microsecond, of which hashing the request is two thirds; the SDK's takes five
//! ([why](crate::Builder::fast_signing)).
//!
//! [Key affinity](crate::Builder::key_affinity) and [token awareness](crate::Builder::token_aware) add two allocations
//! and three to seven thousand instructions to an operation, on 2026-11-23 0.7 to 0.8 µs: finding and hashing the
//! partition key, looking up its table and index by name, and finding the node by a binary search in the token map, or
//! by rendezvous hashing over all nodes. The choice itself takes 0.1 to 0.4 µs with 3 to 100 nodes. Where both are off,
//! the plugin does not inspect operations.
//!
//! # What no plugin can save
//!
//! Of the instructions that the SDK needs with everything optional turned off:
//!
//! | | share |
//! |---|---|
//! | **The merge of runtime plugins.** The SDK builds the configuration of each operation anew, from some ten layers and plugins: it copies lists of interceptors, collects layers, merges components, and drops everything at the end | 22 %, and 7 % for dropping it |
//! | **Its metrics.** It measures durations and sizes, builds attributes and wraps bodies for each attempt, also where no meter is set; these interceptors cannot be disabled | 12 % |
//! | **Reading and writing JSON** | 17 % |
//! | **Look-ups in the configuration**, each through all of its layers, some two hundred for an operation | 7 % |
//! | **Hooks.** An operation passes through all interceptors nineteen times, and takes and drops a reference to each. All threads share these counters | 8 % |
//! | **The endpoint**: its parameters are collected for every resolver, and the URI is built from text | 5 % |
//! | **Copies of the request**: one is kept for each possible retry, and each attempt gets its own | 3 % |
//!
//! And under load:
//!
//! * The SDK's bucket of retry tokens is a semaphore, which takes a mutex when an operation succeeds; all clients of a
//!   region share it. The plugin cannot avoid it: the bucket belongs to the application's retry settings.
//! * The SDK's correction of the clock is off while the clocks agree, and with it a mutex that all requests of a client
//!   take twice.
//!
//! # Options for a single operation
//!
//! [`.customize().alternator_options(..)`](crate::OperationExt::alternator_options) costs what the SDK's `.customize()`
//! costs: nine allocations, 7.5 KiB and 1.3 µs for each call, since the SDK builds a plugin with a configuration of its
//! own for it. A second client, whose `Alternator` has the other settings, costs nothing per call.
//!
//! # Metrics
//!
//! The features [`metrics` and `otel`](super::metrics) add nothing to a request, so that the measurements above are those
//! with and without them: what they export is what routing and [`nodes()`](crate::Alternator::nodes) count in any case,
//! in atomics of the node, and it is read when it is collected. A collection copies the nodes' latencies, three
//! kilobytes each.
//!
//! # Compression
//!
//! | body | plain | gzip, level 1 | time to compress | time to decompress |
//! |---|---|---|---|---|
//! | 25 small items | 4.5 KB | 0.8 KB | 9 to 11 µs | 6 µs |
//! | 1,000 of them | 181 KB | 25 KB | 160 µs | 98 µs |
//!
//! By `cargo bench -p benchmarks --bench compression`. Where a network carries a gigabit a second, 25 items save 30 µs
//! on the wire, a large response more than a millisecond. Below 1,024 bytes nothing is compressed.
