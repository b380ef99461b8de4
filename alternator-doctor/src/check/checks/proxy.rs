//! `proxy`: the proxy variables of the environment do not apply to the nodes.
//!
//! The SDK's default HTTP client honours them, also for plain addresses of the local network, and the proxy becomes the
//! bottleneck of all nodes. This program itself uses no proxy.

use super::count;
use crate::check::Evidence;
use crate::check::finding::Finding;
use hyper_util::client::proxy::matcher::Matcher;

const CHECK: &str = "proxy";

pub(super) fn check(evidence: Evidence<'_>) -> Vec<Finding> {
    let facts = evidence.facts;
    let seeds = facts.seeds.iter().map(|seed| &seed.url);
    let nodes = facts.nodes.iter().map(|node| &node.url);
    let mut urls: Vec<_> = seeds.chain(nodes).map(String::as_str).collect();
    urls.sort_unstable();
    urls.dedup();
    let proxies = Matcher::from_env();
    let is_captured = |url: &&str| {
        url.parse()
            .is_ok_and(|uri| proxies.intercept(&uri).is_some())
    };
    urls.retain(is_captured);
    vec![match urls.len() {
        0 => Finding::passed(CHECK, "No proxy of the environment applies to the nodes"),
        captured => {
            let title = format!(
                "A proxy of the environment applies to {}",
                count(captured, "node")
            );
            Finding::warning(CHECK, title).detail(urls).advise(
                "Add the addresses of the nodes, or their address blocks, to NO_PROXY in the environment of the \
                 application",
            )
        }
    }]
}
