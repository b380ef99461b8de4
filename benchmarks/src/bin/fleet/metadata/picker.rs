//! The nodes that a client knows, and the choice of one for a request.

use alternator_lb_core::health::{NodeHealth, State};
use std::sync::Arc;
use std::time::Duration;

/// Picks the listed nodes in turn, as the library does for requests that do not overlap. Without the library's router,
/// since that keeps sets of healthy nodes, whose upkeep through the restart of every node takes minutes here.
#[derive(Debug)]
pub(super) struct NodePicker {
    listed: Arc<[u32]>,
    /// The index of the next node.
    cursor: usize,
    /// The listed nodes that take no requests.
    ejected: Vec<(u32, NodeHealth)>,
}

impl NodePicker {
    /// Begins at a node with this index, reduced to their number.
    pub(super) fn new(listed: Arc<[u32]>, cursor: usize) -> Self {
        Self {
            listed,
            cursor: cursor % MAX_NODES,
            ejected: Vec::new(),
        }
    }

    /// Picks the next node that is not ejected.
    pub(super) fn pick(&mut self) -> Option<u32> {
        for _ in 0..self.listed.len() {
            self.cursor += 1;
            let node = self.listed.get(self.cursor % self.listed.len()).copied();
            if node.is_some_and(|node| !self.is_ejected(node)) {
                return node;
            }
        }
        None
    }

    /// Replaces the list. Nodes that were not listed take requests once they have responded to a probe.
    pub(super) fn publish(&mut self, listed: Arc<[u32]>, now: Duration) {
        self.ejected.retain(|(node, _)| listed.contains(node));
        let added = listed.iter().filter(|node| !self.listed.contains(node));
        let pending = added.map(|node| (*node, NodeHealth::pending(now)));
        self.ejected.extend(pending);
        self.listed = listed;
    }

    /// Ejects a node to which a connection was refused, if it is listed.
    pub(super) fn eject(&mut self, node: u32, now: Duration, rng: &mut fastrand::Rng) {
        if self.listed.contains(&node) && !self.is_ejected(node) {
            let health = NodeHealth::default();
            health.unreachable(now, rng);
            self.ejected.push((node, health));
        }
    }

    /// Probes the nodes whose ejection is over. `responds` counts a probe, and says whether it has passed.
    pub(super) fn probe(
        &mut self,
        mut responds: impl FnMut(u32) -> bool,
        now: Duration,
        rng: &mut fastrand::Rng,
    ) {
        self.ejected.retain(|(node, health)| {
            if let Some(permit) = health.acquire_probe_permit(false, now) {
                health.probed(responds(*node), permit, now, rng);
            }
            !health.state().is_up()
        });
    }

    /// Returns the time of the next probe.
    pub(super) fn next_probe(&self) -> Option<Duration> {
        let ends = self
            .ejected
            .iter()
            .filter_map(|(_, health)| match health.state() {
                State::Ejected { until, .. } | State::HalfOpen { until, .. } => Some(until),
                State::Up | State::SlowStart { .. } => None,
            });
        ends.min()
    }

    fn is_ejected(&self, node: u32) -> bool {
        self.ejected.iter().any(|(other, _)| *other == node)
    }
}

/// More than any cluster has: the first index is a random one below.
const MAX_NODES: usize = 1 << 16;

#[cfg(test)]
mod tests {
    use super::*;

    const fn seconds(n: u64) -> Duration {
        Duration::from_secs(n)
    }

    fn picks(picker: &mut NodePicker) -> Vec<u32> {
        (0..4).filter_map(|_| picker.pick()).collect()
    }

    #[test]
    fn ejected_node_is_skipped_until_it_responds_to_a_probe() {
        let mut rng = fastrand::Rng::with_seed(7);
        let mut picker = NodePicker::new([0, 1].into(), 0);
        assert_eq!(picks(&mut picker), [1, 0, 1, 0]);
        picker.eject(1, seconds(1), &mut rng);
        assert_eq!(picks(&mut picker), [0; 4]);
        for responds in [false, true] {
            assert_eq!(picks(&mut picker), [0; 4]);
            let next = picker.next_probe().unwrap();
            picker.probe(|_| responds, next, &mut rng);
        }
        assert_eq!(picker.next_probe(), None);
        assert_eq!(picks(&mut picker).iter().sum::<u32>(), 2);
    }

    #[test]
    fn new_node_takes_requests_once_it_has_responded() {
        let mut rng = fastrand::Rng::with_seed(7);
        let mut picker = NodePicker::new([0].into(), 0);
        picker.publish([0, 1].into(), seconds(1));
        assert_eq!(picks(&mut picker), [0; 4]);
        assert_eq!(picker.next_probe(), Some(seconds(1)));
        picker.probe(|node| node == 1, seconds(1), &mut rng);
        assert_eq!(picks(&mut picker).iter().sum::<u32>(), 2);
    }
}
