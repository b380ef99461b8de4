//! The one interceptor that acts in an operation.
//!
//! The SDK runs the interceptors of the client and then those of the operation's own configuration. Where that was made
//! from the client's (`client.config().to_builder()`), the plugin's interceptor is among both, and runs twice. Where it
//! has another [`Alternator`](crate::Alternator), there are two. The last one acts, once in each step.

use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::retries::RequestAttempts;
use aws_smithy_types::config_bag::{ConfigBag, Storable, StoreReplace};

/// A step of an operation, or of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Serialization,
    #[cfg(feature = "compression")]
    RetryLoop,
    Signing,
    Signed,
    #[cfg(feature = "compression")]
    Transmit,
    Transmitted,
    Deserialization,
    AttemptCompletion,
    AttemptEnd,
    Completion,
}

/// The interceptor that acts, and what it knows of the operation.
#[derive(Debug)]
pub(super) struct ActiveInterceptor {
    /// The address in memory of the interceptor.
    address: usize,
    /// True if the SDK runs the interceptor more than once in each step.
    is_repeated: bool,
    /// The last step of such an interceptor, with the number of the attempt.
    last_step: Option<(Step, u32)>,
    /// True if the operation's HTTP client is known to be the decorated one.
    has_decorator: bool,
}

impl Storable for ActiveInterceptor {
    type Storer = StoreReplace<Self>;
}

impl ActiveInterceptor {
    /// Registers an interceptor, before anything else happens. Returns whether it is the operation's first.
    pub(super) fn register(interceptor: &impl Intercept, config: &mut ConfigBag) -> bool {
        let address = std::ptr::from_ref(interceptor).addr();
        let former = config.load::<Self>().map(|former| former.address);
        config.interceptor_state().store_put(Self {
            address,
            is_repeated: former == Some(address),
            last_step: None,
            has_decorator: false,
        });
        former.is_none()
    }

    /// Returns whether the operation's own configuration was made from one with the same interceptor.
    pub(super) fn is_repeated(config: &ConfigBag) -> bool {
        config
            .load::<Self>()
            .is_some_and(|active| active.is_repeated)
    }

    /// Notes whether the operation's HTTP client is known to be the decorated one.
    pub(super) fn set_has_decorator(config: &mut ConfigBag, has_decorator: bool) {
        if let Some(active) = config.get_mut_from_interceptor_state::<Self>() {
            active.has_decorator = has_decorator;
        }
    }

    pub(super) fn has_decorator(config: &ConfigBag) -> bool {
        config
            .load::<Self>()
            .is_some_and(|active| active.has_decorator)
    }

    /// Returns whether an interceptor is the active one, and has not made this step.
    pub(super) fn begins(interceptor: &impl Intercept, step: Step, config: &mut ConfigBag) -> bool {
        let address = std::ptr::from_ref(interceptor).addr();
        match config.load::<Self>() {
            Some(active) if active.address != address => false,
            Some(active) if active.is_repeated => Self::begins_once(step, config),
            Some(_) | None => true,
        }
    }

    fn begins_once(step: Step, config: &mut ConfigBag) -> bool {
        let attempts = config.load::<RequestAttempts>();
        let this = Some((step, attempts.map_or(0, RequestAttempts::attempts)));
        let active = config.get_mut_from_interceptor_state::<Self>();
        active.is_none_or(|active| std::mem::replace(&mut active.last_step, this) != this)
    }
}
