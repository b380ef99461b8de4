//! The pools of connections of one node.

use super::pool_settings::Timeouts;
use arc_swap::ArcSwap;
use aws_smithy_runtime_api::client::http::SharedHttpConnector;
use std::sync::{Arc, Mutex, PoisonError};

/// A connector for each pair of timeouts, of which there are few. A connector has a pool of its own, whose idle
/// connections are closed when the last request over it has ended and these are dropped.
#[derive(Debug, Default)]
pub(super) struct Connectors {
    /// Read by every request, so that this takes no lock.
    known: ArcSwap<Vec<(Timeouts, SharedHttpConnector)>>,
    /// Held while a connector is added.
    adding: Mutex<()>,
}

impl Connectors {
    /// Returns the connector for these timeouts, which `make` makes if there is none yet.
    pub(super) fn get_or_add(
        &self,
        timeouts: Timeouts,
        make: impl FnOnce() -> SharedHttpConnector,
    ) -> SharedHttpConnector {
        if let Some(known) = self.known(timeouts) {
            return known;
        }
        // What a thread that panicked has left is complete: connectors are stored last.
        let _adding = self.adding.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = self.known(timeouts) {
            return known;
        }
        let connector = make();
        let mut connectors = Vec::clone(&self.known.load());
        connectors.push((timeouts, connector.clone()));
        self.known.store(Arc::new(connectors));
        connector
    }

    fn known(&self, timeouts: Timeouts) -> Option<SharedHttpConnector> {
        let connectors = self.known.load();
        let known = connectors.iter().find(|(of, _)| *of == timeouts);
        known.map(|(_, connector)| connector.clone())
    }
}
