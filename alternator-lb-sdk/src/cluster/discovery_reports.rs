//! What discovery tells, as events and as entries of the flight recorder.

use alternator_lb_core::discovery::TopologyEvent;
use alternator_lb_core::observe::{Event, Observer, Record};
use alternator_lb_core::topology::NodeUrl;

/// Reports what discovery tells to the subscribers and to the flight recorder.
pub(super) fn report(observer: &Observer, event: &TopologyEvent) {
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
    if let Some(event) = Event::of_topology(event) {
        observer.emit(event);
    }
    if let TopologyEvent::Changed { added, .. } = event {
        report_proxy(observer, added);
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
