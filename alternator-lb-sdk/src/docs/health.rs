//! When a node is ejected and restored, and what that costs an operation.
//!
//! The aim is that an application hardly notices a degraded node. Health belongs to an
//! [`Alternator`](crate::Alternator), for all its clients together, in memory: nothing is stored, and processes do not
//! talk to each other.
//!
//! # What happens when …
//!
//! | event | effect |
//! |---|---|
//! | a node dies | The first request that cannot connect goes on to the next node at once, which costs neither a retry nor a pause (at most eight times per operation). All clients of the `Alternator` eject the node. It is probed in the background after 0.1 s and then with a growing backoff of up to 10 s, and restored with a slow start. The SDK retries the requests that were in flight on it if retries are left: on another node, so after 10 ms at most instead of the SDK's second. |
//! | a node hangs, or its host is gone | Once it has returned nothing for ten times as long as usual (at least 150 ms), it is probed (250 ms and more; 1.3 s where no connection can be made). If the probes fail, the node is ejected, and the requests that wait on it go on to another node, which costs each an attempt of its retries. Without retries they wait as long as the application's timeouts allow. Slow operations are left alone: their node answers the probe. |
//! | a node returns server errors of its own, or another program has its address | After five in a row, or when more than a fifth of at least twenty attempts in ten seconds fail, it is ejected for a second, then with a growing backoff of up to a minute, after each of which one request probes it. If more than half of the nodes fail in this way, none is ejected. |
//! | a node is slow | It gets a trickle of requests until it is fast again: its requests in flight count as many times as it is slower than another node for the same kind of operation. |
//! | a node throttles | It gets fewer requests for some seconds, and is not ejected. The SDK retries as usual, on another node. |
//! | a node joins | It gets its share after the next refresh, which is at most 6 s away while there are requests, and starts at once when a node cannot be connected. It is probed before its first request. |
//! | too few nodes of the preferred scope are usable | Below 5 in 7 they carry 1.4 times their former load, and the rest of the traffic goes to the next scope of the chain; see [`without_spill_over`](crate::Builder::without_spill_over). |
//! | connections are lost while their node is alive (a firewall or address translation forgot them, a laptop resumed) | Once the node has returned nothing for ten times as long as usual, and answers a probe on a new connection, the connections of the pool are probed as well. Those without a response are closed, and the requests that wait go on over others, without using up an attempt. |
//! | all nodes die | Operations fail when the SDK's retries end, with a [`RouteError`](crate::RouteError) in the error's `source()` chain that names the nodes tried. Nothing hangs. When nodes are back, at their old addresses or at others that the seeds lead to, requests succeed again without a restart: within three seconds of the new record where a seed is a name (over `http`). |
//! | none of the listed nodes can be reached, but the seed can | Requests go to the seed, as behind a load balancer or with certificates that name no address. One warning and [`ready()`](crate::Alternator::ready) say so. The listed nodes are used as soon as one of them responds. |
//! | an address belongs to another cluster now, as the reused address of a pod | The next refresh removes the node, also a seed: its former peers no longer list it, and it lists none of them. Where the servers tell the name of their cluster (`system.local`, readable without authorization), a seed whose cluster has another name than the known nodes is not used either. One warning names it. It gets requests again once the cluster lists it. |
//! | most seeds are silent | The list is complete once each datacenter has responded. Seeds that did not respond are queried last the next time, and delay a refresh by a second at most. |
//! | discovery fails | The last good node list stays in force, however long. One warning appears. |
//! | a node lists only itself, or an invalid list | No node is dropped on the word of one node. Entries that are not IP addresses are ignored, and reported once. |
//! | there is no credentials provider | Requests are unsigned, unless [`AuthMode::Required`](crate::AuthMode::Required) forbids it. |
//! | a credentials provider fails | The operation fails, as in the SDK without the plugin. For a cluster without authorization use `.no_credentials()` on the `aws_config` loader, or [`AuthMode::Unsigned`](crate::AuthMode::Unsigned). |
//! | the SDK has no retries by default, as with older behavior versions and without `aws_config` | As where they are disabled, with one warning. |
//! | retries are disabled | A node that cannot be connected still costs nothing, since nothing was sent to it. Everything else fails at once, as configured. |
//! | the server returns an error | The SDK decides, as usual. Its retry goes to another node; after a server error (5xx) that may be the node's own that takes 10 ms at most. |
//! | replicas are down, or a partition is at its limit | The SDK retries with its own backoff, which rides through a short loss of quorum. No node is ejected: another one would respond alike. |
//! | a datacenter of the scope holds no replicas of a table, as one that was added later | The operation goes on in another datacenter of the scope after 10 ms at most, and later operations on that table skip the datacenter, conditional writes included. One warning names the table. An operation tries the datacenter again every minute. |
//! | two coordinators contend for a key | The retry goes to the same node again, with the SDK's backoff: another node would contend once more. |
//! | the clock of a node is wrong | Its first refusal of a signature costs one attempt, which is repeated at once on the same node. From then on requests to this node are dated by its clock, and those to others are not. Where most nodes deviate, it is this process's clock that is wrong, and all requests are dated by theirs. |
//! | a web server or a proxy answers at a node's address | The operation goes on to another node. Where it fails, [`RouteError::ForeignResponse`](crate::RouteError::ForeignResponse) names the node and the status. The address is ejected like a node that returns errors. |
//! | the configuration has an `endpoint_url` | It is ignored, with one warning if it is no node of the cluster. In the `config_override` of an operation it pins the operation to that node; if it is no node of the cluster, the operation fails. |
//! | the region is missing | The plugin sets one; Alternator accepts every region. |
//!
//! # Outcomes of an attempt
//!
//! | outcome | evidence about the node |
//! |---|---|
//! | a response, also one that rejects the request (4xx: validation, failed condition, authentication) | it serves |
//! | a signature is refused whose date is more than four minutes off by the node's clock | none: another attempt is dated by its clock |
//! | throttling (`RequestLimitExceeded` and the like, or `too many in-flight requests`) | the node or a table is overloaded: it gets fewer requests for a while, and is never ejected for that |
//! | a server error (500) with one of the texts below | none: it is about other nodes, or about the request |
//! | any other server error (5xx) | it may be ill |
//! | a response that is not Alternator's: HTML or plain text, a redirect, JSON that is no error of DynamoDB | it is no node, or a proxy stands before it: counts as an error of its own |
//! | a connection that was cut, or an attempt that ran into the application's timeout | it may be ill |
//! | a cut connection or a malformed response in the ten seconds after the node throttled | none: ScyllaDB 2026.2.0 to 2026.2.5 leave the body of a request that they shed unread, which breaks the next request on the connection |
//! | an attempt was ended because its connection was found lost | none: the node responds on new connections |
//! | no connection: refused, or not within the connect timeout | it is down |
//! | no connection because this process has no files or ports left, or the operation ran out of time within half a second | none |
//! | an operation that the application dropped | none |
//!
//! Most server errors of ScyllaDB are not about the node that sends them. The text tells (recorded from 2026.3):
//!
//! | text of a server error | about | next attempt |
//! |---|---|---|
//! | `write timeout due to uncertainty` | two coordinators on one key | the same node, the SDK's backoff |
//! | `with replication factor 0` | the datacenter of the node, for this table | a node of another datacenter of the scope, 10 ms at most |
//! | `for cl LOCAL_SERIAL. Requires 1, alive 0` | the replicas of the datacenter, or that it holds none | a node of another datacenter of the scope, the SDK's backoff; with key affinity another node of this one, until it is known that there are no replicas |
//! | `Cannot achieve consistency level`, `Operation timed out for`, `Operation failed for` | replicas | another node, the SDK's backoff |
//! | `Per-partition rate limit reached` | a hot partition | another node, the SDK's backoff |
//! | `Error during gzip decompression`, `Unsupported Content-Encoding` | the request | as the SDK decides |
//!
//! # When a node is ejected
//!
//! * **It cannot be connected**: at once, by all clients. The request that met it goes on to another node without
//!   waiting and without using up an attempt, for nothing was sent; at most eight times.
//! * **It is unresponsive**: requests wait on it, and it has returned nothing for ten times as long as it usually
//!   takes, though never less than 150 ms nor more than 5 s (500 ms before its first response). It is then probed (`GET
//!   /`) over a connection of its own and over one of the data, as either may be what hangs, with a probe timeout of
//!   four times its usual latency, at least 250 ms and at most 2 s. While there is no connection to it, the timeout is
//!   1.3 s at least, after which the first packet of a connection has been sent again. Halfway it is probed once more,
//!   beside up to three other nodes that responded lately. If no probe of it succeeds while another node responds, the
//!   node is ejected, and **the requests that wait on it are aborted**, so that the SDK sends them to another node.
//!   Only a request that the SDK would send again is aborted: not the last attempt that the application allows, and
//!   none where retries are off. Time in which the process stands still (a suspended process, a throttled container, a
//!   blocked runtime, tokio's paused clock in a test) counts for none of these.
//! * **It returns errors**: five failed attempts in a row, or fewer than four good ones in five of the last ten
//!   seconds, of at least twenty.
//!
//! A node that is slow and alive is none of these. It answers the probe, and is not ejected: a query of five seconds is
//! no hang. Its share of the traffic shrinks by itself, [by its latency](crate::docs::routing#load-balancing).
//!
//! # Lost connections
//!
//! Requests on a connection that the network has forgotten get neither a response nor an error, while a probe on a new
//! connection says that the node is alive. So a node that answers such a probe, although requests wait on it, is probed
//! over the connection pool of the data as well, and so are three others. A connection on which the probe gets no
//! response is closed, eight at a time until all respond, and the requests that have waited since before are aborted.
//! The SDK sends each again, at no cost, also where it was the last attempt of its retries; not where retries are off.
//! As after any broken connection, a write may have been executed.
//!
//! Where no idle connection is left to be probed, only time can tell: a request is aborted once it has waited twice as
//! long as the slowest response of any node so far, and three seconds at least, if its node answers a probe. So the
//! first operation that takes longer than that may be made twice; the next ones are not.
//!
//! [Connections](super::connections) has what closes idle connections, and why there is no TCP keepalive.
//!
//! # When a node is not ejected all the same
//!
//! * **Panic mode: more than half of the reachable nodes return errors.** The cause is then hardly the nodes, and the
//!   others could not carry the whole load, so no node is ejected for its errors any more. One warning appears, and
//!   [`panic_mode_entries`](crate::Alternator::panic_mode_entries) counts it. Nodes that cannot be reached are no part
//!   of this rule: requests to them would help no caller.
//! * **It is the last one.** An unresponsive node is never ejected if it is the last usable node. If no node is usable,
//!   requests try the ejected ones, the longest ejected first and long-dead ones last, and these are probed twice a
//!   second, sixteen at a time.
//! * **No other node responds either.** Then the network of this process may have failed, or the process itself stood
//!   still.
//!
//! # How a node is restored
//!
//! [`NodeState`](crate::NodeState) tells the states apart: `Up`, `Pending` (new, not probed yet), `Down` (no
//! connection, or unresponsive) and `Ejected` (errors).
//!
//! A node that was down or unresponsive is ejected for 0.1 s, then twice as long each time, 10 s at most, ±15 %. After
//! each backoff it is probed by `GET /` over the connections of the data, so that one is open when the first request
//! comes. Any response restores it. The probes end ten seconds after the last request; the next request, which goes to
//! a healthy node, resumes them.
//!
//! A node that returned errors is ejected for 1 s, then twice as long each time, 60 s at most, ±50 %. After each
//! backoff the node is half open: one request probes it, for only a request can tell. If that fails, the SDK sends it
//! to another node. Where retries are off, that operation fails.
//!
//! Slow start: a node that is restored, or new in the list, gets a tenth of its share while there is much load, and the
//! whole of it after ten seconds ([`is_in_slow_start`](crate::NodeStatus::is_in_slow_start)). Under little load it
//! takes part in the rotation at once, as evenly as any other. If it fails again within these ten seconds, its next
//! backoff is longer.
//!
//! A node that is new in the list is probed before it gets traffic: ScyllaDB lists a node some ten seconds before it
//! listens. Only the nodes of the very first list are used without a probe, since there are no others, and only if one
//! of them returned it. A list that a seed returned which is not in it, such as a load balancer, is probed first; until
//! a node of it responds, requests go to the seeds.
//!
//! # Which node is next
//!
//! Nodes are chosen round robin, so under little load and with equal nodes requests are exactly even. The node in
//! rotation is compared with one picked at random, and gives the request to that if that has fewer requests in flight,
//! where those of a [slow node](crate::docs::routing#load-balancing) count several times; a fairness debt that arose by
//! chance is repaid when it costs nothing. Throttling counts as one more request in flight for half a second, ten at
//! most.
//!
//! With a chain of scopes the preferred one serves alone while at least 5 in 7 of its nodes are usable. Below that they
//! carry 1.4 times their former load, and the rest of the traffic goes to the next scope. A retry goes to the next
//! scope when the operation has tried all nodes of the first.
//! [`without_spill_over`](crate::Builder::without_spill_over) suits applications that pay by the byte.
//!
//! # What an operation pays
//!
//! | the attempt | the next one | waits | costs |
//! |---|---|---|---|
//! | was never sent | on an untried node | not at all | nothing |
//! | was cut, or aborted because its node is unresponsive | on another node | 10 ms at most | an attempt; the quota of the cluster |
//! | got a server error of the node's own, or a response that is not Alternator's; or the datacenter holds no replicas | on another node | 10 ms at most | an attempt; the SDK's quota |
//! | was never sent, and all nodes have been tried | on a node that is up, if there is one | the SDK's backoff | nothing |
//! | ran into the application's timeout, was throttled, or got an error of replicas | on another node | the SDK's backoff | an attempt; the SDK's quota |
//! | any other, when all nodes have been tried | on the same node as before | the SDK's backoff | an attempt; a quota |
//!
//! The SDK's quota holds fifty to a hundred retries for all clients of a service and region, which say nothing about
//! the cluster: so each `Alternator` has one of that size and cost for its clients, unless the application has set a
//! `retry_partition`. A node that dies with three hundred requests in flight would use it up, so re-sends that a node's
//! death causes draw on a second quota of the cluster: five thousand. Those that succeed give back what they took, and
//! of the others ten a second come back.
//!
//! **Adaptive retries** (`RetryConfig::adaptive`) hold requests back where servers throttle. Their rate limiter is one
//! for all nodes, so a throttled attempt counts for it only while most of the usable nodes throttle. One node that does
//! gets fewer requests instead.
//!
//! **A retry classifier of the application's** has the last word. Where one forbids retries after broken connections,
//! requests that wait on an unresponsive node are not aborted: they would fail.
//!
//! # The numbers, and where they come from
//!
//! | number | value | reason |
//! |---|---|---|
//! | failures in a row | 5 | envoy and finagle; fewer would eject for a passing fault |
//! | share of good attempts | 4 in 5, of 20 in 10 s | linkerd; a node that fails half of the time hardly ever fails five times in a row |
//! | panic threshold | half of the nodes | envoy's and finagle's |
//! | ejection backoff of a node that is down | 0.1 s to 10 s, ±15 % | shorter than any restart; the ScyllaDB drivers' longest and their jitter |
//! | ejection backoff of a node with errors | 1 s to 60 s, ±50 % | linkerd |
//! | slow start | from 10 % over 10 s | envoy |
//! | unresponsive after | 10 × usual, 150 ms to 5 s | response times vary by such a factor; below 150 ms pauses and lost packets would cause probes all the time |
//! | probe timeout | 4 × usual, 250 ms to 2 s; without a connection at least 1.3 s | a lost packet is sent again after 200 ms, the first of a connection after 1 s |
//! | a request is overdue | 2 × the slowest response so far, 3 s at least | about the SDK's connect timeout; after one slow operation the limit is longer |
//! | probes of lost connections | 8 at a time | a pool has some tens of connections |
//! | priority failover | below 1/1.4 | envoy's overprovisioning factor |
//! | a node is slow from | 4 × another's latency and 4 ms | nodes of other racks or sizes, or in a compaction, differ by less |
//! | pause of a slow node | 16 × its latency, 10 s at most | it takes a seventeenth of one caller's time; as long as the longest ejection of a node that is down |
//! | fairness debt that is repaid | 16 requests at most | the effect of chance on equal nodes, and little beside what a slow node was spared |
//! | pause between two nodes | 10 ms at most | callers that failed together arrive over some milliseconds |
//!
//! # Measured faults
//!
//! Three nodes on loopback addresses, 16 callers that read without a pause, 8 s, the fault from the first second on.
//! Each cell has the successes per second after the first second of the fault, as a share of those of the same client
//! without a fault (two dead: on a cluster of one node); the operations that failed or never ended; the slowest. The
//! SDK alone uses the node that fails; the others know all three. Retries and timeouts are the defaults of each.
//!
//! | fault | SDK with `endpoint_url` | `alternator-client` 1.0.1 | this plugin |
//! |---|---|---|---|
//! | no fault | 7,224 per second | 6,033 per second | 8,610 per second |
//! | a node refuses connections | 0 % · 43,998 failed · 2.6 s | 1 % · 0 failed · 1.0 s | 47 % · 0 failed · 51 ms |
//! | a node hangs | 0 % · 0 failed, 16 stuck · over 9.0 s | 0 % · 0 failed, 16 stuck · over 9.0 s | 77 % · 0 failed · 419 ms |
//! | a node returns 500 to everything | 0 % · 18,944 failed · 2.8 s | 1 % · 0 failed · 1.0 s | 101 % · 0 failed · 15 ms |
//! | a node responds 100 ms late | 2 % · 0 failed · 111 ms · node 1 got 100 % | 8 % · 0 failed · 113 ms · node 1 got 33 % | 60 % · 0 failed · 112 ms · node 1 got 0 % |
//! | a node returns 500 to every other request | 0 % · 2 failed · over 2.3 s | 3 % · 0 failed · 1.0 s | 97 % · 0 failed · 19 ms |
//! | a node throttles everything | 0 % · 18,247 failed · 2.7 s · node 1 got 100 % | 1 % · 0 failed · 1.0 s · node 1 got 33 % | 95 % · 0 failed · 1.0 s · node 1 got 0 % |
//! | two of three are dead | 0 % · 36,294 failed · 2.5 s | 0 % · 38 failed · 2.7 s | 100 % · 0 failed · 29 ms |
//! | packets to a node are dropped | 0 % · 0 failed, 16 stuck · over 9.0 s | 0 % · 0 failed, 8 stuck · over 9.0 s | 79 % · 0 failed · 1.7 s |
//! | a node stalls after the headers | 0 % · 0 failed, 16 stuck · over 9.0 s | 0 % · 0 failed · 6.9 s | 72 % · 0 failed · 457 ms |
//! | the connections to a node are lost | 0 % · 0 failed, 16 stuck · over 9.0 s | 108 % · 0 failed, 8 stuck · over 9.0 s | 82 % · 0 failed · 3.2 s |
//! | a web server has a node's address | 0 % · 45,614 failed · 20 ms | 63 % · 13,560 failed · 20 ms | 79 % · 0 failed · 26 ms |
//! | a node's clock is an hour ahead | 126 % · 0 failed · 857 ms · node 1 got 100 % | 1 % · 237 failed · 1.0 s · node 1 got 32 % | 125 % · 0 failed · 30 ms · node 1 got 33 % |
//! | no quorum for two seconds, ten attempts | back after 259 ms · 0 failed, at most 0.0 ms each | back after 6.2 ms · 0 failed, at most 0.0 ms each | back after 47 ms · 0 failed, at most 0.0 ms each |
//! | a node flaps every 300 ms | 32 % · 26 failed · 2.8 s | 51 % · 0 failed · 1.0 s | 123 % · 0 failed · 14 ms |
//! | rolling restart of all three | 99 % · 3,241 failed · 2.4 s | 22 % · 0 failed · 997 ms | 117 % · 0 failed · 14 ms |
//! | all are dead, one returns | back after 1.7 ms · 11,186 failed, at most 2.9 s each | back after 3.3 ms · 12,170 failed, at most 2.7 s each | back after 10 ms · 1,954 failed, at most 2.1 s each |
//! | a node dies with 300 in flight | 320 failed of 320 · 1.1 s | 166 failed of 960 · 1.3 s | 0 failed of 960 · 621 ms |
//! | a node is dead, 400 at once | 400 failed of 400 · 1.1 s | 37 failed of 400 · 1.1 s | 0 failed of 400 · 128 ms |
//!
//! Measured on 2026-11-29 with `target/release/faults --seconds 8`, after `cargo build --release -p benchmarks --bins`,
//! on 2 cores (Intel Xeon) which callers and nodes shared. Other programs took up to 41 % of them, most in the first
//! rows, so the shares of the throughput say little here: those of the same row differed by more than a factor of three
//! in three further runs. The failures, the operations that never ended and the order of the slowest calls did not.
//!
//! With [key affinity](crate::KeyAffinity#when-an-operation-leaves-its-node), the same callers make operations on a
//! thousand keys. Of the plugin's cells, transactions show what one coordinator costs while it is ill: each caller soon
//! draws one of its keys, and waits.
//!
//! | fault | affinity of the plugin | SDK with `endpoint_url` | `alternator-client` 1.0.1 | this plugin |
//! |---|---|---|---|---|
//! | a node responds 100 ms late | `all()`, reads | 2 % · 0 failed · 120 ms · node 1 got 100 % | 8 % · 0 failed · 121 ms · node 1 got 33 % | 109 % · 0 failed · 105 ms · node 1 got 0 % |
//! | | `all_writes()`, writes | 3 % · 0 failed · 109 ms · node 1 got 100 % | 9 % · 0 failed · 107 ms · node 1 got 33 % | 117 % · 0 failed · 103 ms · node 1 got 0 % |
//! | | `conditional_writes()`, conditional writes | 3 % · 0 failed · 111 ms · node 1 got 100 % | 9 % · 0 failed · 112 ms · node 1 got 33 % | 6 % · 0 failed · 126 ms · node 1 got 32 % |
//! | a node throttles everything | `all()`, reads | 0 % · 17,040 failed · 2.8 s · node 1 got 100 % | 1 % · 0 failed · 999 ms · node 1 got 32 % | 86 % · 0 failed · 991 ms · node 1 got 0 % |
//! | | `all_writes()`, writes | 0 % · 17,456 failed · 2.7 s · node 1 got 100 % | 1 % · 0 failed · 1.0 s · node 1 got 32 % | 95 % · 0 failed · 997 ms · node 1 got 0 % |
//! | | `conditional_writes()`, conditional writes | 0 % · 15,284 failed · 2.7 s · node 1 got 100 % | 1 % · 0 failed · 992 ms · node 1 got 32 % | 0 % · 78 failed · 2.8 s · node 1 got 64 % |
//!
//! Measured on the same day and machine with `target/release/faults --seconds 8 --only
//! late,late-all,late-writes,late-conditional,throttled,throttled-all,throttled-writes,throttled-conditional`, while
//! other programs took up to 22 % of the processors.
//!
//! `target/release/faults --tls` makes the same table over HTTPS, and adds the faults of TLS itself. Node 1 restarts at the
//! first second of each, since certificates are shown in handshakes only:
//!
//! | fault | SDK with `endpoint_url` | `alternator-client` 1.0.1 | this plugin |
//! |---|---|---|---|
//! | a node's certificate has expired | 0 % · 11,899 failed · 2.8 s | 1 % · 0 failed · 1.0 s | 113 % · 0 failed · 25 ms |
//! | a node's certificate is of another CA | 0 % · 9,665 failed · 2.8 s | 1 % · 0 failed · 992 ms | 132 % · 0 failed · 23 ms |
//! | a node's handshakes hang | 0 % · 16 failed · 8.7 s | 0 % · 0 failed · 4.1 s | 100 % · 0 failed · 1.6 s |
//!
//! Measured on the same day and machine with `target/release/faults --tls --seconds 8 --only
//! hangs,crash,expired,untrusted,handshakes-hang`, while other programs took up to 72 % of the processors in the runs of the
//! plugin, so here too only failures and slowest operations say something. In the same run a node that hangs cost 0 failed
//! operations and 465 ms, and one that dies with 300 in flight 0 of 960 and 810 ms. Where a new connection to a node that
//! hangs waits for its handshake, it takes as long to be found as one that drops packets.
//!
//! # What it does not do
//!
//! * It aborts requests only as the whole plugin. With [`endpoint_resolver()`](crate::Alternator::endpoint_resolver)
//!   alone nothing is learned from failures, and with [`interceptor()`](crate::Alternator::interceptor) beside it a
//!   node that hangs is ejected, but the requests that wait on it go on waiting. The same holds when `.http_client(..)`
//!   is called after `.alternator(..)`, and for an operation with an HTTP client in its `config_override`, unless that
//!   calls `.alternator(..)` as well. One warning reports it.
//! * A request whose attempt is the last one is not moved away from a node that hangs. With the SDK's three attempts
//!   that takes two failures before.
//! * A node of which only some of the processor cores hang responds to other requests, and is taken for alive.
//! * A write that was aborted may have been executed all the same, and is sent again, as the SDK does after any broken
//!   connection. A conditional write may then find its own effect, and fail on it.
//! * Health is the view of one process. Two processes may see a node differently.
//! * Without a tokio runtime, or before there is an HTTP client, no node is probed. Requests then try ejected nodes,
//!   one at a time, when their backoff is over.
