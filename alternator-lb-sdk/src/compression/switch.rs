//! Whether the servers of a cluster take compressed requests.

use crate::events;
use alternator_lb_core::discovery::TopologyEvent;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// On until a server refuses, and on again when the set of nodes has changed. Clones are the same switch.
#[derive(Clone, Debug, Default)]
pub(crate) struct Switch {
    is_off: Arc<AtomicBool>,
}

impl Switch {
    pub(crate) fn is_on(&self) -> bool {
        // Nothing else is published by it: who sees it late is refused once more.
        !self.is_off.load(Ordering::Relaxed)
    }

    /// This node does not decompress.
    pub(crate) fn turn_off(&self, node: Option<&str>) {
        if !self.is_off.swap(true, Ordering::Relaxed) {
            events::compression_refused(node.unwrap_or("unknown"));
        }
    }

    /// Passes reports on, and is turned on again when the set of nodes has changed.
    pub(crate) fn told_of_changes(
        &self,
        report: fn(&TopologyEvent),
    ) -> impl Fn(&TopologyEvent) + use<> {
        let switch = self.clone();
        move |news| {
            report(news);
            if matches!(news, TopologyEvent::Changed { .. }) {
                switch.turn_on();
            }
        }
    }

    /// The next refusal would be news.
    pub(crate) fn turn_on(&self) {
        if self.is_off.swap(false, Ordering::Relaxed) {
            events::compression_resumed();
        }
    }
}
