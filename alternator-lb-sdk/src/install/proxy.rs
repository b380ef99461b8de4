//! Detects proxies that requests for the nodes would go through.

use alternator_lb_core::topology::NodeUrl;
use hyper_util::client::proxy::matcher::Matcher;
use std::sync::atomic::{AtomicBool, Ordering};

/// True if this process has a client that certainly honours the proxy variables.
static HAS_DEFAULT_CLIENT: AtomicBool = AtomicBool::new(false);

/// Enables the detection, since the SDK's default client is made.
pub(crate) fn enable() {
    HAS_DEFAULT_CLIENT.store(true, Ordering::Relaxed);
}

/// Returns a node that the proxy variables of the environment apply to, once in a process.
///
/// The SDK's default HTTP client honours `HTTP_PROXY` and the like. Variables that are meant for the internet apply to
/// plain addresses of the local network as well, and the proxy becomes the bottleneck that the plugin exists to avoid.
pub(crate) fn captured(nodes: &[NodeUrl]) -> Option<&NodeUrl> {
    static IS_REPORTED: AtomicBool = AtomicBool::new(false);
    if IS_REPORTED.load(Ordering::Relaxed) || !HAS_DEFAULT_CLIENT.load(Ordering::Relaxed) {
        return None;
    }
    let proxies = Matcher::from_env();
    let node = nodes.iter().find(|node| is_captured(&proxies, node))?;
    (!IS_REPORTED.swap(true, Ordering::Relaxed)).then_some(node)
}

/// Returns whether requests for this URL need no TLS: neither to the node nor to a proxy.
pub(crate) fn is_reached_without_tls(url: &str) -> bool {
    url.starts_with("http://")
        && url
            .parse()
            .is_ok_and(|uri| Matcher::from_env().intercept(&uri).is_none())
}

fn is_captured(proxies: &Matcher, node: &NodeUrl) -> bool {
    node.as_str()
        .parse()
        .is_ok_and(|uri| proxies.intercept(&uri).is_some())
}
