//! The reports of discovery, as events and as entries of the flight recorder.

#[cfg(feature = "default-https-client")]
use crate::transport::{listed_nodes::ListedNodes, sdk_endpoint::SdkEndpoint};
use alternator_lb_core::discovery::TopologyEvent;
use alternator_lb_core::observe::{Event, Observer, Record};
#[cfg(feature = "default-https-client")]
use alternator_lb_core::routing::Router;
use alternator_lb_core::topology::NodeUrl;
use std::sync::Arc;

/// The recipients of reports.
#[derive(Debug)]
pub(super) struct Reports {
    pub(super) observer: Arc<Observer>,
    #[cfg(feature = "default-https-client")]
    pub(super) router: Arc<Router<SdkEndpoint>>,
    #[cfg(feature = "default-https-client")]
    pub(super) listed_nodes: Arc<ListedNodes>,
}

impl Reports {
    /// Reports an event of discovery to the HTTP client, the subscribers and the flight recorder.
    pub(super) fn report(&self, event: &TopologyEvent) {
        let observer = &self.observer;
        if let &TopologyEvent::RefreshEnded {
            nodes,
            has_succeeded,
            requests,
        } = event
        {
            observer.record(|| Record::Refresh {
                nodes,
                has_succeeded,
                requests,
            });
        }
        if matches!(
            event,
            TopologyEvent::Changed { .. } | TopologyEvent::RefreshEnded { .. }
        ) {
            self.list_nodes();
        }
        if let Some(event) = Event::of_topology(event) {
            observer.emit(event);
        }
        if let TopologyEvent::Changed { added, .. } = event {
            report_proxy(observer, added);
        }
    }

    /// Has the HTTP client close the connections of nodes that have left the list.
    pub(super) fn list_nodes(&self) {
        #[cfg(feature = "default-https-client")]
        {
            self.listed_nodes.replace(|| {
                let snapshot = self.router.snapshot();
                let nodes = snapshot.topology().nodes().iter();
                nodes.map(|node| node.url().as_str().into()).collect()
            });
        }
    }
}

/// Reports a node to which the proxy variables of the environment apply.
#[cfg_attr(
    not(feature = "default-https-client"),
    expect(
        unused_variables,
        reason = "only the SDK's default client is known to honour them"
    )
)]
pub(super) fn report_proxy(observer: &Observer, nodes: &[NodeUrl]) {
    #[cfg(feature = "default-https-client")]
    if let Some(node) = crate::install::proxy::captured(nodes) {
        observer.emit(Event::ProxyApplies {
            node: node.to_string(),
        });
    }
}
