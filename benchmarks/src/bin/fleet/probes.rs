//! The health checks in flight.

use crate::arena::Arena;
use alternator_lb_core::health::ProbePermit;
use alternator_lb_core::routing::Endpoint;
use std::sync::Arc;

/// The probes in flight, in slots that are reused.
#[derive(Debug, Default)]
pub(crate) struct Probes {
    slots: Arena<Option<Probe>>,
    free: Vec<u32>,
}

#[derive(Debug)]
pub(crate) struct Probe {
    pub(crate) client: u32,
    pub(crate) node: Arc<Endpoint<u32>>,
    pub(crate) purpose: ProbePurpose,
}

#[derive(Debug)]
pub(crate) enum ProbePurpose {
    /// Probes an ejected node.
    Return {
        permit: ProbePermit,
        has_responded: bool,
    },
    /// Probes a node with stalled requests, which is responsive.
    FalseAlarm,
    /// Probes a node with stalled requests, which is unresponsive: it is ejected and its requests are aborted `times`
    /// times.
    Unresponsive { times: u32 },
}

impl Probes {
    pub(crate) fn begin(&mut self, probe: Probe) -> u32 {
        match self.free.pop() {
            Some(slot) => {
                self.slots[slot] = Some(probe);
                slot
            }
            None => self.slots.push(Some(probe)),
        }
    }

    pub(crate) fn end(&mut self, slot: u32) -> Option<Probe> {
        self.free.push(slot);
        self.slots[slot].take()
    }
}
