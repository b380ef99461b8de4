//! How a node that is not well is found out, left out, and taken back.
//!
//! The aim is that an application hardly notices it. Everything here happens per [`Alternator`](crate::Alternator), for
//! all its clients together, in memory: nothing is stored, and processes do not talk to each other.
//!
//! # What is looked at
//!
//! | what comes of an attempt | what it says of the node |
//! |---|---|
//! | an answer, also one that says that the request was wrong (4xx: validation, failed condition, authentication) | it serves |
//! | throttling (`RequestLimitExceeded` and the like) | it has too much to do, or a table has: less goes there for a while, and it is never left out for that |
//! | a server error (5xx) | it may be ill |
//! | a server error after 9 s or more | little: Alternator waits 10 s for replicas on *other* nodes, and then says 500 |
//! | a connection that was cut, or an attempt that ran into the application's timeout | it may be ill |
//! | no connection: refused, or not within the connect timeout | it is gone |
//! | no connection because this process has no files or ports left, or the operation ran out of time within half a second | nothing |
//! | an operation that the application dropped | nothing |
//!
//! # When a node is left out
//!
//! * **It cannot be connected**: at once, by all requests. The request that found out goes on to another node without
//!   waiting and without using up an attempt, for nothing was sent; at most eight times.
//! * **It is silent**: requests wait on it, and it has answered nothing for ten times as long as it usually takes, though
//!   never less than 150 ms nor more than 5 s (500 ms where nothing has been answered yet). Then it is asked whether it is
//!   there (`GET /`, over a connection of its own, since those of the data may be what hangs) and is given four times as
//!   long as usual for that, at least 250 ms and at most 2 s. If it does not answer while another node does, it is left
//!   out, and **the requests that wait on it are ended**, so that the SDK sends them to another. Ended is only what the SDK
//!   would send again: not the last attempt that the application allows, and nothing where retries are off.
//! * **It answers with errors**: five bad attempts in a row, or fewer than four good ones in five of the last ten seconds,
//!   of at least twenty.
//!
//! A node that is slow and alive is none of these. It answers the question, and is left alone: a query of five seconds is
//! no hang. Its part of the traffic shrinks by itself, because requests go to nodes with fewer in flight.
//!
//! # When it is not left out all the same
//!
//! * **More than half of the reachable nodes answer with errors.** What is wrong is then hardly theirs, and the others
//!   could not bear it all, so no node is left out for its errors any more. One warning tells, and
//!   [`panic_count`](crate::Alternator::panic_count) counts. Nodes that cannot be reached are no part of this rule: to
//!   send them requests would help nobody.
//! * **It is the last one.** Silence never takes the last usable node out. If none can be used at all, requests try those
//!   that are out, the one that went first first and those that have been dead for long last, and they are asked twice a
//!   second whether they are back, sixteen at a time.
//! * **Nobody else answers either.** Then the network of this process may be what is wrong, or it stood still itself.
//!
//! # How it comes back
//!
//! A node that was gone or silent rests for 0.1 s, then twice as long each time, 10 s at most, ±15 %. After each rest it is
//! asked `GET /` over the data's connections, so that one is open when the first request comes. Any answer brings it back.
//! Ten seconds after the last request the asking ends; the next request, which goes to a node that is well, wakes it.
//!
//! A node that answered with errors rests for 1 s, then twice as long each time, 60 s at most, ±50 %. After each rest one
//! request tries it, for only a request can tell; if that fails, the SDK sends it elsewhere. Where retries are off, that
//! operation fails.
//!
//! Whoever comes back, or is new in the list, gets a tenth of its share while there is much to do, and the whole of it
//! after ten seconds. With little to do it has its turn at once, as exactly as any other. If it fails again within these
//! ten seconds, its next rest is longer than the last.
//!
//! A node that is new in the list is asked before it gets traffic: ScyllaDB names a node some ten seconds before it
//! listens. Only the nodes of the very first list are used unasked, since there is nobody else to go to.
//!
//! # Which node is next
//!
//! The nodes take turns, so with little to do and with nodes that are alike requests are exactly even. A node gives its
//! turn to another one, picked at random, if that has fewer requests in flight; turns that were given away by chance are
//! given back when it is no loss. Throttling counts as one more request in flight for half a second, ten at
//! most.
//!
//! With a chain of scopes the most wanted one serves alone while at least 5 in 7 of its nodes can be used. Below that they
//! carry 1.4 times what they did before, and the rest of the traffic goes to the next scope. A retry goes to the next scope
//! when the operation has tried all nodes of the first. [`without_spill_over`](crate::Builder::without_spill_over) is for
//! those who pay by the byte.
//!
//! # What an operation pays
//!
//! | the attempt | the next one | waits | costs |
//! |---|---|---|---|
//! | was never sent | on a node that was not tried | not at all | nothing |
//! | was cut, or ended because its node is silent | on another node | 10 ms at most | an attempt; the quota of the cluster |
//! | got a server error | on another node | 10 ms at most | an attempt; the SDK's quota |
//! | was never sent, and all nodes have been tried | on a node that is up, if there is one | what the SDK waits | nothing |
//! | ran into the application's timeout, was throttled, or got a slow server error | on another node | what the SDK waits | an attempt; the SDK's quota |
//! | any other, when all nodes have been tried | where it was before | what the SDK waits | an attempt; a quota |
//!
//! The SDK's quota holds fifty retries for all clients of a process. A node that dies with three hundred requests in
//! flight would use it up, so what a death costs is paid from a quota of the cluster: five thousand re-sends. Those that
//! succeed give back what they took, and of the others ten a second come back.
//!
//! # The numbers, and where they come from
//!
//! | number | value | reason |
//! |---|---|---|
//! | failures in a row | 5 | envoy and finagle; fewer would eject for a passing thing |
//! | share of good attempts | 4 in 5, of 20 in 10 s | linkerd; a node that fails half of the time hardly ever fails five times in a row |
//! | share of nodes | half | envoy's and finagle's panic threshold |
//! | rest of a node that is gone | 0.1 s to 10 s, ±15 % | shorter than any restart; the ScyllaDB drivers' longest and their jitter |
//! | rest of a node with errors | 1 s to 60 s, ±50 % | linkerd |
//! | growing share | from 10 % over 10 s | envoy's slow start |
//! | a node has been silent for | 10 × usual, 150 ms to 5 s | response times vary by such a factor; below 150 ms pauses and lost packets would lead to questions all the time |
//! | time for an answer to the question | 4 × usual, 250 ms to 2 s | a lost packet is sent again after 200 ms, the first of a connection after 1 s |
//! | spill-over | below 1/1.4 | envoy's over-provisioning factor |
//! | turns to be given back | 16 at most | what chance does to nodes that are alike, and little beside what a slow node was spared |
//! | slow server error | 9 s | just below the 10 s that Alternator waits for replicas |
//! | pause between two nodes | 10 ms at most | callers that failed together arrive over some milliseconds |
//!
//! # What it does not do
//!
//! * It needs the whole plugin to end requests: with [`endpoint_resolver()`](crate::Alternator::endpoint_resolver) alone
//!   nothing is learned from failures, and with [`interceptor()`](crate::Alternator::interceptor) beside it a hung node is
//!   left out, but those who wait on it go on waiting. So it is when `.http_client(..)` is called after `.alternator(..)`,
//!   which one warning tells.
//! * A request whose attempt is the last one is not rescued from a hung node. With the SDK's three attempts that takes two
//!   failures before.
//! * A node of which only some of the processor cores hang answers other requests, and is taken for alive.
//! * A write that was ended may have been executed all the same, and is sent again, as the SDK does after any broken
//!   connection. A conditional write may then find its own effect, and fail on it.
//! * Health is what one process has seen. Two processes may think differently of a node.
//! * A retry classifier of the application's that forbids what the SDK would retry is not known to the plugin: a request
//!   that is ended then fails.
//! * Without a tokio runtime, or before there is an HTTP client, nobody asks nodes anything. Then requests try those that
//!   are out, one at a time, when their rest is over.
