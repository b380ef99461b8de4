//! The setting of the address translator.

use super::Builder;
use crate::AddressTranslator;
use alternator_lb_core::discovery::SharedAddressTranslator;

impl Builder {
    /// Sets the translator that turns the address of each listed node into the URL that requests are sent to: an
    /// [`AddressMap`](crate::AddressMap), [`ClientRoutes`](crate::ClientRoutes) for PrivateLink, or an
    /// [`AddressTranslator`] of your own.
    ///
    /// Use it where `/localnodes` lists addresses that this host cannot reach, or where nodes have ports of their own.
    /// [`docs::networks`](crate::docs::networks) has a recipe for each case.
    ///
    /// Seeds are never translated: write the URLs that this host can reach. Each may have a port of its own. Token
    /// awareness and key affinity go by the listed addresses, as the cluster knows them, so that clients agree on the
    /// node of a key however each of them reaches it. Networks of
    /// [`allowed_addresses`](Self::allowed_addresses) apply to the URLs, not to the listed addresses.
    ///
    /// ```
    /// use alternator_lb_sdk::{AddressMap, Alternator};
    ///
    /// # fn main() -> Result<(), alternator_lb_sdk::BuildError> {
    /// let map = AddressMap::new([
    ///     ("172.17.0.2", "http://127.0.0.1:32768"),
    ///     ("172.17.0.3", "http://127.0.0.1:32769"),
    /// ])?;
    /// let alternator = Alternator::builder()
    ///     .seeds(["http://127.0.0.1:32768", "http://127.0.0.1:32769"])
    ///     .address_translator(map)
    ///     .build()?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Default
    ///
    /// None: nodes are at the addresses that `/localnodes` lists, at the port of the seeds.
    ///
    /// # Errors
    ///
    /// [`build`](Self::build) returns
    /// [`BuildError::TranslatorWithoutDiscovery`](crate::BuildError::TranslatorWithoutDiscovery) together with
    /// [`without_discovery`](Self::without_discovery), where nothing is listed.
    pub fn address_translator(mut self, translator: impl AddressTranslator) -> Self {
        self.config.address_translator = Some(SharedAddressTranslator::new(translator));
        self
    }
}
