//! The health checks that are under way.

use crate::arena::Arena;
use crate::health::Trial;
use crate::routing::Target;
use std::sync::Arc;

/// The probes that are under way, each in a slot that the next one takes when it is over.
#[derive(Debug, Default)]
pub(crate) struct Probes {
    slots: Arena<Option<Probe>>,
    free: Vec<u32>,
}

#[derive(Debug)]
pub(crate) struct Probe {
    pub(crate) client: u32,
    pub(crate) node: Arc<Target<u32>>,
    pub(crate) purpose: ProbePurpose,
}

#[derive(Debug)]
pub(crate) enum ProbePurpose {
    /// Whether a node that is out is back.
    Return { trial: Trial, is_answered: bool },
    /// Whether a node on which requests wait is there. It is not what is wrong, so there is nothing to be done.
    FalseAlarm,
    /// It is not there; so many times it still has to be left out and its requests ended.
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
