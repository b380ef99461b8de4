//! What a request costs, and what of that is whose.
//!
//! With the plugin an operation takes less of the processor than with the SDK alone, since requests are
//! [lean](crate::Builder::without_lean_requests) and, where that is asked for,
//! [signed fast](crate::Builder::fast_signing). One `GetItem`, with the network left out (an HTTP client that answers at
//! once from memory), on one thread:
//!
//! | | µs of processor time | allocations | thousand instructions | bytes of request head |
//! |---|---|---|---|---|
//! | SDK alone, unsigned | 21.1 (1.00) | 265 (1.00) | 209 (1.00) | 433 (1.00) |
//! | the same with all turned off that can be | 16.4 (0.78) | 192 (0.72) | 152 (0.73) | 143 (0.33) |
//! | with the plugin, unsigned | 17.3 (0.82) | 198 (0.75) | 155 (0.74) | 138 (0.32) |
//! | SDK alone, signed | 28.1 (1.00) | 327 (1.00) | 383 (1.00) | 724 (1.00) |
//! | the same with all turned off that can be, and without a signature | 16.5 (0.59) | 192 (0.59) | 146 (0.38) | 143 (0.20) |
//! | with the plugin, signed fast | 19.2 (0.68) | 204 (0.62) | 205 (0.54) | 384 (0.53) |
//! | with the plugin, signed by the SDK | 23.8 (0.85) | 260 (0.80) | 327 (0.86) | 399 (0.55) |
//!
//! In parentheses: the share of what the SDK alone needs. Measured on 2026-11-23 on 2 cores (AMD EPYC) with
//! `target/release/cost --instructions` (see the repository's `benchmarks`; `cost repeat` makes the operations for a
//! profiler). Instructions are counted by valgrind, whose processor has none for SHA-256, so that signatures weigh more
//! there. "All turned off that can be" is the SDK with a fixed endpoint and without the interceptors that lean requests do
//! without: what is left there is the SDK's own, and no plugin comes below it.
//!
//! Over loopback, with 16 callers, three nodes in a process of their own and what the kernel does for the client
//! (`target/release/load`):
//!
//! | | µs of processor time, one thread | operations per second, two threads |
//! |---|---|---|
//! | SDK alone, unsigned | 49.9 (1.00) | 25,900 (1.00) |
//! | the same with all turned off that can be | 39.6 (0.80) | 33,300 (1.25) |
//! | with the plugin, unsigned | 40.8 (0.82) | 30,000 (1.16) |
//! | SDK alone, signed | 65.2 (1.00) | 19,300 (1.00) |
//! | with the plugin, signed fast | 44.2 (0.68) | 26,500 (1.36) |
//!
//! There the shares are medians of eleven rounds, each compared within itself. The SDK with all turned off speaks to one
//! node over 16 connections, the plugin to three over as many each.
//!
//! # What the plugin takes
//!
//! The difference: about a microsecond, six allocations, and a fifteenth of the instructions, of which choosing the node
//! is the smallest part. (Counts of instructions vary by some percent from run to run with the seeds of hash tables; the
//! following are from one profile.)
//!
//! | | instructions |
//! |---|---|
//! | the headers of a lean request | 2,100 |
//! | the decorator of the HTTP client, and what tells it which requests it may end | 2,100 |
//! | the settings of the operation: lean or not, who looks at the clock, an endpoint of its own | 1,700 |
//! | what became of the attempt: health, latency, retries | 1,700 |
//! | choosing a node and keeping the plan, of which the choice itself is 220 instructions, or 65 ns | 1,300 |
//! | the mark by which it is known whether a request was ever sent | 500 |
//! | handing over the endpoint | 400 |
//!
//! It is the same for 3 nodes and for 1,000: a choice looks at two of them. It takes no lock, parses no URL and formats
//! nothing; the one allocation of its own is the plan, which the SDK wants in a box. Counts that every request writes are on
//! cache lines of their own.
//!
//! A signature by the plugin takes a microsecond, of which hashing the request is two thirds; the SDK's takes five
//! ([why](crate::Builder::fast_signing)).
//!
//! [Key affinity](crate::Builder::key_affinity) and [token awareness](crate::Builder::token_aware) add 0.7 to 0.8 µs and two
//! allocations to an operation: the partition key is found and hashed, the names of its table and index are looked up, and
//! of the nodes the right one is found by a binary search in the table's map, or by weighing them all. The choice itself takes
//! 0.1 to 0.4 µs with 3 to 100 nodes. Where they are off, operations are not even looked at.
//!
//! # What cannot be saved from outside
//!
//! Of the instructions that the SDK needs with all turned off:
//!
//! | | share |
//! |---|---|
//! | **The merge of runtime plugins.** The SDK puts together the configuration of each operation anew, out of some ten layers and plugins: lists of interceptors are copied, layers collected, components merged, and all is dropped in the end | 22 %, and 7 % for dropping it |
//! | **Its metrics.** Durations and sizes are measured, attributes made, and bodies wrapped for each attempt, also where no meter is set; these interceptors cannot be disabled | 12 % |
//! | **Reading and writing JSON** | 17 % |
//! | **Look-ups in the configuration**, each through all of its layers, some two hundred for an operation | 7 % |
//! | **Hooks.** Nineteen times an operation goes through all interceptors, and takes and gives back a reference to each. These counters are shared by all threads | 8 % |
//! | **The endpoint**: its parameters are collected whoever resolves it, and the URI is put together from text | 5 % |
//! | **Copies of the request**: one is kept for each retry that may come, and each attempt gets its own | 3 % |
//!
//! And under load:
//!
//! * The SDK's bucket of retry tokens is a semaphore, which takes a mutex when an operation succeeds; all clients of a
//!   region share it. The plugin cannot do without: the bucket belongs to the application's retry settings.
//! * With [fast signing](crate::Builder::fast_signing) the SDK's correction of the clock is off as long as the clock is
//!   right, and with it a mutex that all requests of a client take twice.
//!
//! # Options for a single operation
//!
//! [`.customize().alternator(..)`](crate::OperationExt::alternator) costs what the SDK's `.customize()` costs: nine
//! allocations, 7.5 KiB and 1.3 µs for each call, since the SDK makes a plugin with a configuration of its own for it. A
//! second client, whose `Alternator` has the other settings, costs nothing for a call.
//!
//! # Compression
//!
//! | body | plain | gzip, level 1 | time to compress | time to decompress |
//! |---|---|---|---|---|
//! | 25 small items | 4.5 KB | 0.8 KB | 9 to 11 µs | 6 µs |
//! | 1,000 of them | 181 KB | 25 KB | 160 µs | 98 µs |
//!
//! By `cargo bench -p benchmarks --bench compression`. Where a network carries a gigabit a second, 25 items save 30 µs on
//! the wire, a large answer more than a millisecond. Below 1,024 bytes nothing is compressed.
