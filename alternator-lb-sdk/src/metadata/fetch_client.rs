//! The requests of a refresh.

use super::MetadataClient;
use super::refusals::{Permission, Refusals};
use crate::internal::client::InternalError;
use alternator_lb_core::clock::Clock;
use aws_smithy_runtime_api::box_error::BoxError;
use futures_util::future::BoxFuture;
use serde_json::Value;
use std::future::Future;
use std::time::Duration;
use tokio::time::timeout;

/// Sends requests, except those that were refused to its credentials.
#[derive(Debug)]
pub(super) struct FetchClient<'a, C> {
    pub(super) client: &'a C,
    pub(super) refusals: &'a Refusals,
    pub(super) clock: Clock,
}

/// The reason why a part of the metadata cannot be fetched. Each variant calls for another reaction.
#[derive(Debug, thiserror::Error)]
pub(super) enum FetchError {
    /// The role lacks a permission.
    #[error("{message}")]
    Refused {
        permission: Permission,
        /// The time until which the request is not made again with the same credentials.
        until: Duration,
        /// True if this is the first time.
        is_new: bool,
        message: String,
    },

    /// The table does not exist.
    #[error("there is no such table")]
    NotFound,

    /// No node responded.
    #[error("no node responds")]
    Unreachable(#[source] BoxError),

    /// The server does not know the request, or its response is malformed.
    #[error("{0}")]
    Unsupported(String),
}

impl<C: MetadataClient> FetchClient<'_, C> {
    pub(super) fn now(&self) -> Duration {
        self.clock.now()
    }

    /// Sends an operation that takes this permission.
    pub(super) async fn call(
        &self,
        permission: Permission,
        operation: &'static str,
        input: &Value,
    ) -> Result<Value, FetchError> {
        let (refusals, credentials) = (self.refusals, self.client.credentials());
        if let Some(until) = refusals.until(&permission, credentials, self.now()) {
            let message = "it was refused some minutes ago".to_owned();
            return Err(FetchError::Refused {
                permission,
                until,
                is_new: false,
                message,
            });
        }
        // Boxed, since the compiler gives up on the layout of what the SDK nests in it.
        let calling: BoxFuture<'_, _> = Box::pin(self.client.call(operation, input));
        match calling.await {
            Ok(response) => {
                refusals.forget(&permission, credentials);
                Ok(response)
            }
            Err(error @ InternalError::Refused(_)) => {
                let (until, is_new) = refusals.record(&permission, credentials, self.now());
                let message = error.to_string();
                Err(FetchError::Refused {
                    permission,
                    until,
                    is_new,
                    message,
                })
            }
            Err(InternalError::NotFound) => Err(FetchError::NotFound),
            Err(InternalError::Unreachable(cause)) => Err(FetchError::Unreachable(cause)),
            Err(error @ InternalError::Unsupported(_)) => {
                Err(FetchError::Unsupported(error.to_string()))
            }
        }
    }
}

impl FetchError {
    pub(super) fn unreachable(cause: impl Into<BoxError>) -> Self {
        Self::Unreachable(cause.into())
    }
}

/// Ends a fetch that takes longer than `limit`: no node responds.
pub(super) async fn with_timeout<T>(
    limit: Duration,
    fetching: impl Future<Output = Result<T, FetchError>>,
) -> Result<T, FetchError> {
    let result = timeout(limit, fetching).await;
    result.unwrap_or_else(|elapsed| Err(FetchError::unreachable(elapsed)))
}
