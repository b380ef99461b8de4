//! Warns of proxies that would take the requests for the nodes.

use alternator_lb_core::topology::NodeUrl;
use hyper_util::client::proxy::matcher::Matcher;
use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};

/// Whether there is a client in this process that honours the variables for sure.
static DEFAULT_CLIENT: AtomicBool = AtomicBool::new(false);

/// The SDK's default client is made: from now on proxies are looked out for.
pub(crate) fn default_client_is_used() {
    DEFAULT_CLIENT.store(true, Ordering::Relaxed);
}

/// Says once in a process that the proxy variables of its environment apply to a node.
///
/// The SDK's default HTTP client honours `HTTP_PROXY` and the like. Where they were set for the way out to the internet,
/// they take the requests for plain addresses of the own network along, and the proxy becomes what the plugin is there
/// to avoid.
pub(crate) fn warn_if_captured(nodes: &[NodeUrl]) {
    static WARNED: Once = Once::new();
    if WARNED.is_completed() || !DEFAULT_CLIENT.load(Ordering::Relaxed) {
        return;
    }
    let proxies = Matcher::from_env();
    if let Some(node) = nodes.iter().find(|node| is_captured(&proxies, node)) {
        WARNED.call_once(|| {
            tracing::warn!(
                %node,
                "the proxy variables of the environment (HTTP_PROXY, HTTPS_PROXY, ALL_PROXY) apply to nodes of the \
                 cluster; add their addresses or address blocks to NO_PROXY (`*` counts for names only), unless they are only \
                 reachable through that proxy"
            );
        });
    }
}

fn is_captured(proxies: &Matcher, node: &NodeUrl) -> bool {
    node.as_str()
        .parse()
        .is_ok_and(|uri| proxies.intercept(&uri).is_some())
}
