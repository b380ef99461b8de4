//! The networks of the nodes.

use super::Builder;

impl Builder {
    /// Sets the networks in which nodes are, such as `10.0.0.0/8` or `2001:db8::/32`; a single address is a network of
    /// itself. Calls add up.
    ///
    /// Use it to pin an application to the networks of its cluster: whatever servers list and names resolve to,
    /// requests go nowhere else. Other entries of `/localnodes` are ignored, which one warning says, and so are other
    /// addresses of names. Over `https` the HTTP client resolves the name of a seed, which is not checked; there the
    /// certificate is.
    ///
    /// ```
    /// # fn main() -> Result<(), alternator_lb_sdk::BuildError> {
    /// let alternator = alternator_lb_sdk::Alternator::builder()
    ///     .seeds(["http://10.0.0.1:8000"])
    ///     .allowed_addresses(["10.0.0.0/16", "10.1.0.0/16"])
    ///     .build()?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Default
    ///
    /// All but link-local addresses (`169.254.0.0/16`, `fe80::/10`), which the metadata services of clouds have and no
    /// cluster needs: a server that lists one is misconfigured or hostile. Seeds may have them. Unspecified, broadcast
    /// and multicast addresses are no node's, and are always refused.
    ///
    /// # Errors
    ///
    /// [`build`](Self::build) returns [`BuildError::InvalidNetwork`](crate::BuildError::InvalidNetwork) for a text that
    /// is no network, [`BuildError::NoNetwork`](crate::BuildError::NoNetwork) if there is none, and
    /// [`BuildError::SeedNotAllowed`](crate::BuildError::SeedNotAllowed) for a seed with another address.
    pub fn allowed_addresses(
        mut self,
        networks: impl IntoIterator<Item = impl Into<String>>,
    ) -> Self {
        let allowed = self.allowed_networks.get_or_insert_default();
        allowed.extend(networks.into_iter().map(Into::into));
        self
    }
}
