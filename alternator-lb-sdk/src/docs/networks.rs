//! Containers, address translation, PrivateLink: nodes that are not reached where the cluster lists them.
//!
//! A node lists the others by their addresses on the cluster's own network, without ports. Where this host reaches them
//! by these, at the port of the seeds, nothing is to be set. Otherwise:
//!
//! | the nodes are | setting |
//! |---|---|
//! | one container with a mapped port, or behind a load balancer | [`without_discovery`](crate::Builder::without_discovery) |
//! | containers with mapped ports, known in advance | [`AddressMap`](crate::AddressMap) |
//! | behind PrivateLink | [`ClientRoutes`](crate::ClientRoutes) |
//! | anything else | an [`AddressTranslator`](crate::AddressTranslator) of your own |
//!
//! The last three are set by [`address_translator`](crate::Builder::address_translator). Without any,
//! [`ready()`](crate::Alternator::ready) says that the seeds serve alone, and requests stay with them.
//!
//! # A single container
//!
//! ```sh
//! docker run -d --name scylla -p 127.0.0.1::8000 scylladb/scylla --smp 1 --memory 1G --overprovisioned 1 \
//!     --alternator-port 8000 --alternator-write-isolation only_rmw_uses_lwt
//! docker port scylla 8000   # 127.0.0.1:32768: the port is another one after each start
//! ```
//!
//! The container lists its address on Docker's network, which leads nowhere on macOS and Windows, and past the mapped
//! port on Linux. It is the only node, so the seed is all there is to know:
//!
#![doc = "```"]
#![doc = include_str!("networks/single_container.rs")]
#![doc = "```"]
//!
//! # Three containers
//!
//! ```sh
//! docker network create scylla
//! flags='--smp 1 --memory 1G --overprovisioned 1 --alternator-port 8000 --alternator-write-isolation only_rmw_uses_lwt'
//! for n in 1 2 3; do
//!     # A node joins the first one, and the next follows once it listens.
//!     docker run -d --name scylla-$n --network scylla -p 127.0.0.1::8000 scylladb/scylla $flags --seeds scylla-1
//!     until curl -sf http://$(docker port scylla-$n 8000); do sleep 2; done
//! done
//! for n in 1 2 3; do
//!     docker inspect -f '{{.NetworkSettings.Networks.scylla.IPAddress}}' scylla-$n   # 172.18.0.2
//!     docker port scylla-$n 8000                                                     # 127.0.0.1:32768
//! done
//! ```
//!
//! A map has the URL of each listed address. Each mapped port is a seed, so that one container that is down keeps no
//! process from starting:
//!
#![doc = "```"]
#![doc = include_str!("networks/three_containers.rs")]
#![doc = "```"]
//!
//! A container that is started again gets another mapped port. Name fixed ports (`-p 127.0.0.1:8001:8000`) where that
//! matters, or write a translator that asks Docker: it is called again for a node that does not respond.
//!
//! # PrivateLink
//!
//! From 2026.1 on, a cluster behind PrivateLink keeps the routes to its nodes in its table `system.client_routes`: for
//! each connection and each node an address and the ports of Alternator. One seed, the endpoint of the connection in
//! the client's network, is enough to read them:
//!
#![doc = "```"]
#![doc = include_str!("networks/private_link.rs")]
#![doc = "```"]
//!
//! Where authorization is enforced, routes are read with the credentials of a client in which the plugin is
//! [installed](crate::AlternatorExt::alternator), from its first operation on. Before, and with clients of an
//! [`sdk_config`](crate::Alternator::sdk_config) alone, [`ready()`](crate::Alternator::ready) fails and the seeds serve.
//! Of several clients one that may read the routes is enough, among the first four. Its role needs these permissions
//! beside its own:
//!
//! ```sql
//! GRANT SELECT ON system.client_routes TO app;
//! GRANT SELECT ON system.local TO app;
//! GRANT SELECT ON system.peers TO app;
//! ```
//!
//! Over `https` the certificate of a node must name the host of its route, or an additional name.
//!
//! # A translator of your own
//!
//! ```
//! use alternator_lb_sdk::{
//!     AddressTranslator, Alternator, BuildError, TranslationFuture, UntranslatedNode,
//! };
//!
//! /// A gateway that has a port for each node: 10.0.0.7 is behind its port 8007.
//! struct Gateway(String);
//!
//! impl AddressTranslator for Gateway {
//!     fn translate_address<'a>(&'a self, node: &'a UntranslatedNode<'a>) -> TranslationFuture<'a> {
//!         Box::pin(async move {
//!             let address = node.address().to_string();
//!             let last: u16 = address.rsplit('.').next().unwrap_or_default().parse()?;
//!             Ok(format!("http://{}:{}", self.0, 8000 + last))
//!         })
//!     }
//! }
//!
//! fn behind_gateway(host: &str) -> Result<Alternator, BuildError> {
//!     Alternator::builder()
//!         .seeds([format!("http://{host}:8001"), format!("http://{host}:8002")])
//!         .address_translator(Gateway(host.to_owned()))
//!         .build()
//! }
//! ```
//!
//! # Rules
//!
//! * **Seeds are not translated**: write them as this host reaches them, each with its own port. All have one scheme,
//!   and so has every URL that a translator returns.
//! * **When.** A node is translated when it is listed and was not before; again when it is ejected or does not respond
//!   to a query; and again after an error. Between two calls for one address there are 1 s, then 2 s, 4 s and so on up
//!   to 30 s, until the node responds. A node that leaves the list is forgotten.
//! * **Where.** In the background task of discovery, never in a request. A call may take 2 s.
//! * **Errors.** A node whose translation fails stays at its last URL. One that never had any gets no requests. The
//!   event `translation_failed` has its listed address and the error, once for errors of the same kind in a row. If no
//!   node has a URL, [`ready()`](crate::Alternator::ready) fails with
//!   [`RefreshError::Untranslated`](crate::RefreshError::Untranslated), and the seeds serve. A scope whose nodes have no
//!   URL is not taken for an empty one: the refresh fails likewise, and the nodes known before serve.
//! * **One URL, one node.** Of two nodes with the same URL the one that has it stays, and the other is left out, with
//!   the same event. A load balancer is named as a seed, without discovery.
//! * **Fail closed.** Requests go to seeds and to translated nodes of the list, nowhere else. An endpoint of AWS is
//!   refused. [`allowed_addresses`](crate::Builder::allowed_addresses) applies to what is sent to: to the URLs, and not
//!   to the listed addresses. Over `http`, it excludes URLs with a DNS name, since the HTTP client resolves those. A
//!   translator that returns the listed address itself does not make it valid: link-local addresses are refused, and
//!   loopback addresses that another host lists, as they are without a translator.
//! * **Both are shown.** [`NodeStatus::url`](crate::NodeStatus::url) is where requests go, and
//!   [`listed_address`](crate::NodeStatus::listed_address) what the cluster lists.
//! * **Keys go by listed addresses.** Token awareness and key affinity know nodes as the cluster does, so all clients
//!   agree on the node of a key, whichever URLs they send to.

#[cfg(test)]
mod tests {
    #[test]
    fn readme_has_the_recipes_that_are_tested() {
        let readme = include_str!("../../../README.md");
        for recipe in [
            include_str!("networks/single_container.rs"),
            include_str!("networks/three_containers.rs"),
            include_str!("networks/private_link.rs"),
        ] {
            assert!(readme.contains(recipe.trim()), "README.md lacks:\n{recipe}");
        }
    }
}
