//! Options of a single operation.

#[cfg(feature = "compression")]
use crate::compression::{CompressionOptions, RequestCompression, ResponseCompression};
use crate::history::AttemptRecorder;
use crate::install::sealed::Sealed;
use crate::operation::KeyAffinity;
use crate::operation::routing_settings::RoutingOptions;
use aws_sdk_dynamodb as dynamodb;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::BeforeSerializationInterceptorContextRef;
use aws_smithy_types::config_bag::{ConfigBag, Storable, StoreReplace};

/// Options of a single operation, where it is to differ from the settings of the [`Builder`](crate::Builder).
///
/// Given to an operation by [`.customize().alternator_options(options)`](OperationExt::alternator_options), which
/// states the cost. Options that are not set are inherited from the builder.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[must_use = "options do nothing until an operation gets them"]
pub struct OperationOptions {
    pub(crate) minimal_headers: Option<bool>,
    pub(crate) fast_signing: Option<bool>,
    pub(crate) routing: RoutingOptions,
    #[cfg(feature = "compression")]
    compression: CompressionOptions,
    pub(crate) recorder: Option<AttemptRecorder>,
}

impl OperationOptions {
    /// Options that change nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets whether the requests of this operation have [minimal headers](crate::Builder::minimal_headers).
    ///
    /// Turn it off to see the SDK's own headers of an operation that is being debugged. The stalled-stream protection
    /// goes with them.
    ///
    /// # Default
    ///
    /// The setting of the builder.
    pub fn minimal_headers(mut self, minimal: bool) -> Self {
        self.minimal_headers = Some(minimal);
        self
    }

    /// Sets whether the requests of this operation are [signed by the plugin](crate::Builder::fast_signing).
    ///
    /// # Default
    ///
    /// The setting of the builder.
    pub fn fast_signing(mut self, fast: bool) -> Self {
        self.fast_signing = Some(fast);
        self
    }

    /// Sets whether this operation shares a node with others on its partition.
    ///
    /// Use it for the few operations that need one coordinator, or that need none. Of the [`KeyAffinity`] only its
    /// statement on this operation counts.
    ///
    /// In the scope of a [rack](crate::Scope::rack), clients in other racks agree on the node only if the builder has a
    /// key affinity as well, at least for one table: else it has no list of the nodes of the datacenter.
    ///
    /// # Default
    ///
    /// That of the [table](crate::Builder::table_options), else of the [builder](crate::Builder::key_affinity).
    pub fn key_affinity(mut self, affinity: impl Into<Option<KeyAffinity>>) -> Self {
        self.routing.affinity = Some(affinity.into());
        self
    }

    /// Sets whether this operation goes to a replica of its partition.
    ///
    /// # Default
    ///
    /// That of the [table](crate::Builder::table_options), else of the [builder](crate::Builder::token_aware).
    pub fn token_aware(mut self, token_aware: bool) -> Self {
        self.routing.token_aware = Some(token_aware);
        self
    }

    /// Sets how the request of this operation is compressed, or that it is not.
    ///
    /// Use it for the few operations with large items, or for small ones, which then are not even looked at. A level
    /// that does not exist counts as the nearest that does.
    ///
    /// # Default
    ///
    /// The builder's [`request_compression`](crate::Builder::request_compression).
    #[cfg(feature = "compression")]
    pub fn request_compression(
        mut self,
        compression: impl Into<Option<RequestCompression>>,
    ) -> Self {
        self.compression.request = Some(compression.into());
        self
    }

    /// Sets how the response to this operation may be compressed, or that it may not.
    ///
    /// # Default
    ///
    /// The builder's [`response_compression`](crate::Builder::response_compression).
    #[cfg(feature = "compression")]
    pub fn response_compression(
        mut self,
        compression: impl Into<Option<ResponseCompression>>,
    ) -> Self {
        self.compression.response = Some(compression.into());
        self
    }

    /// Records the attempts of this operation.
    ///
    /// Use it for operations that succeed: the error of an operation has its attempts, as
    /// [`AttemptHistory::of`](crate::AttemptHistory::of) shows.
    ///
    /// # Default
    ///
    /// The recorder whose [interceptor](AttemptRecorder::interceptor) the client has, else none.
    pub fn record_attempts(mut self, recorder: &AttemptRecorder) -> Self {
        self.recorder = Some(recorder.clone());
        self
    }

    /// Stores a recorder among the options of an operation.
    pub(crate) fn record(recorder: &AttemptRecorder, config: &mut ConfigBag) {
        let options = config.load::<Self>().cloned().unwrap_or_default();
        let options = options.record_attempts(recorder);
        config.interceptor_state().store_put(options);
    }

    /// Stores the options in the configuration of an operation.
    pub(crate) fn store(&self, config: &mut ConfigBag) {
        // Most options leave compression as it is, and what is not stored costs nothing.
        #[cfg(feature = "compression")]
        if self.compression != CompressionOptions::of(config) {
            config.interceptor_state().store_put(self.compression);
        }
        let mut options = self.clone();
        if options.recorder.is_none() {
            let former = config.load::<Self>();
            options.recorder = former.and_then(|former| former.recorder.clone());
        }
        config.interceptor_state().store_put(options);
    }
}

impl Storable for OperationOptions {
    type Storer = StoreReplace<Self>;
}

/// Gives a single operation [options](OperationOptions) of its own.
///
/// Implemented for the customizable operations, which `.customize()` returns, of [`aws_sdk_dynamodb`] and, with the
/// feature `streams`, of `aws_sdk_dynamodbstreams`.
pub trait OperationExt: Sealed + Sized {
    /// Makes this operation with `options`.
    ///
    /// ```no_run
    /// use alternator_lb_sdk::{OperationExt as _, OperationOptions};
    ///
    /// # async fn example(client: aws_sdk_dynamodb::Client) -> Result<(), Box<dyn std::error::Error>> {
    /// let tables = client
    ///     .list_tables()
    ///     .customize()
    ///     .alternator_options(OperationOptions::new().minimal_headers(false))
    ///     .send()
    ///     .await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// Without effect where the plugin is not [installed](crate::AlternatorExt::alternator). Of two calls the later
    /// counts as a whole, except that a recorder stays.
    ///
    /// # Cost
    ///
    /// That of the SDK's `.customize()`, which gives each operation a whole configuration and an interceptor of its
    /// own: nine allocations and 7.5 KiB a call, and a tenth of the time that an operation takes without the network.
    /// Where many operations need the same options, a second client whose `Alternator` has these settings costs nothing
    /// per call.
    #[must_use]
    fn alternator_options(self, options: OperationOptions) -> Self;
}

/// Stores the options in the configuration of the operation.
#[derive(Debug)]
struct StoreOptions(OperationOptions);

impl Intercept for StoreOptions {
    fn name(&self) -> &'static str {
        "alternator-lb-sdk: options of an operation"
    }

    fn read_before_execution(
        &self,
        _: &BeforeSerializationInterceptorContextRef<'_>,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        self.0.store(config);
        Ok(())
    }
}

/// Implements the trait for the operations of a crate. The types of the SDK's crates are alike, and have no trait in
/// common.
macro_rules! implement {
    ($service:ident) => {
        impl<T, E, B> OperationExt for $service::client::customize::CustomizableOperation<T, E, B> {
            fn alternator_options(self, options: OperationOptions) -> Self {
                self.interceptor(StoreOptions(options))
            }
        }

        impl<T, E, B> Sealed for $service::client::customize::CustomizableOperation<T, E, B> {}
    };
}

implement!(dynamodb);

#[cfg(feature = "streams")]
use aws_sdk_dynamodbstreams as streams;
#[cfg(feature = "streams")]
implement!(streams);
