//! Whether requests are signed.

/// Whether the requests of a client are signed. For [`Builder::auth`](crate::Builder::auth).
///
/// ```
/// use alternator_lb_sdk::{Alternator, AuthMode};
///
/// let alternator = Alternator::builder()
///     .seeds(["http://10.0.0.1:8000"])
///     .auth(AuthMode::Unsigned)
///     .build()?;
/// # Ok::<(), alternator_lb_sdk::BuildError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AuthMode {
    /// Signs requests where the client's configuration has a credentials provider, and sends them unsigned where it has
    /// none. The default: most clusters do not enforce authorization, and credentials that an application sets are
    /// there to be used. A provider that is set and fails is an error, as in the SDK.
    #[default]
    Auto,
    /// Sends all requests unsigned. For clusters that do not enforce authorization, where the credentials at hand are
    /// meant for AWS.
    Unsigned,
    /// Sends no request unsigned: an operation without credentials fails with
    /// [`RouteError::Unsigned`](crate::RouteError::Unsigned) or the SDK's own error. Use it where a missing credentials
    /// provider is a mistake that must not go unnoticed.
    Required,
}
