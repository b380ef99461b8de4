//! The clients in which the plugin is installed, for requests of discovery that need credentials.

use super::client::InternalClient;
use crate::cluster::Cluster;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};

/// The means of the clients of a cluster. Weak: the clients own them.
#[derive(Debug, Default)]
pub(crate) struct InstalledClients(Mutex<Vec<Weak<InternalClient>>>);

/// The means of one client, taken from its first operation. Kept by the client.
#[derive(Debug, Default)]
pub(crate) struct ClientMeans(OnceLock<Arc<InternalClient>>);

impl InstalledClients {
    /// Returns those that still exist.
    pub(crate) fn all(&self) -> Vec<Arc<InternalClient>> {
        self.clients().iter().filter_map(Weak::upgrade).collect()
    }

    fn add(&self, client: &Arc<InternalClient>) {
        let mut clients = self.clients();
        clients.retain(|client| client.strong_count() > 0);
        clients.push(Arc::downgrade(client));
    }

    fn clients(&self) -> MutexGuard<'_, Vec<Weak<InternalClient>>> {
        // Nothing that holds the lock can panic.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ClientMeans {
    /// Offers the means of an operation to discovery, if it may need credentials, and has none of this client so far.
    pub(crate) fn offer(
        &self,
        cluster: &Arc<Cluster>,
        components: &RuntimeComponents,
        config: &ConfigBag,
    ) {
        if cluster.config.address_translator.is_none() || self.0.get().is_some() {
            return;
        }
        if let Some(client) = InternalClient::new(cluster, components, config) {
            let client = Arc::new(client);
            if self.0.set(Arc::clone(&client)).is_ok() {
                cluster.installed_clients.add(&client);
            }
        }
    }
}
