//! Warns of proxies that requests for the nodes would go through.

use alternator_lb_core::topology::NodeUrl;
use hyper_util::client::proxy::matcher::Matcher;
use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};

/// True if this process has a client that certainly honours the proxy variables.
static HAS_DEFAULT_CLIENT: AtomicBool = AtomicBool::new(false);

/// Enables the warning, since the SDK's default client is made.
pub(crate) fn enable_warning() {
    HAS_DEFAULT_CLIENT.store(true, Ordering::Relaxed);
}

/// Warns once in a process that the proxy variables of its environment apply to a node.
///
/// The SDK's default HTTP client honours `HTTP_PROXY` and the like. Variables that are meant for the internet apply to
/// plain addresses of the local network as well, and the proxy becomes the bottleneck that the plugin exists to avoid.
pub(crate) fn warn_if_captured(nodes: &[NodeUrl]) {
    static WARNED: Once = Once::new();
    if WARNED.is_completed() || !HAS_DEFAULT_CLIENT.load(Ordering::Relaxed) {
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
