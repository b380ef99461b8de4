//! Traffic without requests, for the tests of exporters.

#![expect(clippy::unwrap_used, reason = "support of tests fails by panicking")]

use crate::alternator::Alternator;
use crate::transport::sdk_endpoint::{SdkEndpoint, SdkPlan};
use alternator_lb_core::health::Outcome;
use alternator_lb_core::routing::{EndpointState, RoutingSnapshot};
use alternator_lb_core::topology::{Host, NodeUrl, Scheme};
use std::sync::Arc;

/// Returns a handle on a cluster of nodes at these hosts, 10.0.0.x.
pub(super) fn alternator(hosts: &[u8]) -> Alternator {
    let seeds = hosts.iter().map(|&host| url(host).to_string());
    Alternator::builder().seeds(seeds).build().unwrap()
}

/// Replaces the list of nodes.
pub(super) fn list(alternator: &Alternator, hosts: &[u8]) {
    let router = &alternator.cluster().router;
    let urls = hosts.iter().map(|&host| url(host)).collect();
    let attach = |url: &NodeUrl| EndpointState::new(SdkEndpoint::new(url));
    let topology = router.snapshot().topology().refreshed(&[urls], attach);
    router.publish(RoutingSnapshot::new(Arc::new(topology)));
}

/// Makes an attempt that ends so.
pub(super) fn attempt(alternator: &Alternator, outcome: Outcome) {
    let cluster = alternator.cluster();
    let mut plan = SdkPlan::default();
    cluster.advance(&mut plan).unwrap();
    cluster.settle(&mut plan, outcome, None, cluster.now());
}

fn url(host: u8) -> NodeUrl {
    NodeUrl::new(Scheme::Http, Host::Ip([10, 0, 0, host].into()), 8000)
}
