//! The plan of a second request for an attempt that takes long.

use super::{Destination, Plan};
use crate::routing::AttemptEnd;
use std::sync::Arc;
use std::time::Duration;

impl<E> Plan<E> {
    /// Makes the plan of a second request for the current attempt, which goes to a node that the operation has not
    /// tried. None if the operation wants one node: it is pinned, or all clients agree on its coordinator.
    #[must_use]
    pub fn hedge(&self) -> Option<Self> {
        let current = self.current.as_ref()?;
        let destination = match &self.destination {
            Destination::Any => Destination::Any,
            Destination::Preferred(info) if !info.preference().is_primary() => {
                Destination::Preferred(info.clone())
            }
            Destination::Preferred(_) | Destination::Pinned(_) => return None,
        };
        Some(Self {
            ended: Some(Arc::clone(current.node())),
            tried: self.tried.clone(),
            operation: self.operation,
            exclusion: self.exclusion.clone(),
            ..Self::to(destination)
        })
    }

    /// Replaces the current attempt, which has got no response yet, by that of a [hedge](Self::hedge), which has.
    /// `end` is how it ended.
    pub fn adopt_hedge(&mut self, hedge: Self, end: AttemptEnd, now: Duration) {
        let Some(attempt) = hedge.current else {
            return;
        };
        if let Some(log) = &self.log {
            log.end(end, now);
        }
        self.end_attempt();
        self.begin(attempt);
    }

    /// Records that the current attempt has taken this long at least, without a response.
    pub fn record_outrun(&self, now: Duration) {
        if let Some(attempt) = &self.current {
            let kind = self.operation_by_load();
            let stats = attempt.node().load_stats();
            stats.record_outrun(kind, self.age(now), now);
        }
    }
}
