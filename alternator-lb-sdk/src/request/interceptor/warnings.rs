//! Warnings about the configuration of a client, each once.

use super::Interceptor;
use crate::retry::connection_evidence;
use alternator_lb_core::observe::Event;
use aws_credential_types::provider::error::CredentialsError;
use aws_smithy_runtime_api::client::interceptors::context::FinalizerInterceptorContextRef;
use aws_smithy_types::config_bag::ConfigBag;
use aws_smithy_types::retry::RetryConfig;
use std::sync::atomic::Ordering;

impl Interceptor {
    /// Warns once if the SDK makes no retries although the application has not disabled them: older behavior versions
    /// have none.
    pub(super) fn check_retries(&self, config: &ConfigBag) {
        if self.checks_retries.load(Ordering::Relaxed)
            && self.checks_retries.swap(false, Ordering::Relaxed)
            && !config
                .load::<RetryConfig>()
                .is_some_and(RetryConfig::has_retry)
        {
            self.cluster.observer.emit(Event::NoRetries);
        }
    }

    /// Warns once if the credentials provider that the application set has failed: the request is not sent unsigned.
    pub(super) fn warn_if_credentials_failed(&self, context: &FinalizerInterceptorContextRef<'_>) {
        if let Some(Err(error)) = context.output_or_error()
            && connection_evidence::chain(error).any(|error| error.is::<CredentialsError>())
            && !self.has_warned_of_credentials.swap(true, Ordering::Relaxed)
        {
            self.cluster.observer.emit(Event::CredentialsFailed);
        }
    }
}
