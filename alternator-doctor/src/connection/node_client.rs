//! The SDK's client of one node.

use super::{Failure, MeteredClient, timeouts};
use alternator_lb_sdk::{
    Alternator, AlternatorExt as _, AuthMode, BuildError, OperationExt as _, OperationOptions,
    RequestCompression, ResponseCompression,
};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::client::customize::CustomizableOperation;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::{self, BehaviorVersion, Region};
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use std::error::Error;
use std::future::Future;
use std::time::Duration;
use tokio::time::timeout;

/// The role and the secret that requests are signed with.
#[derive(Clone)]
pub(crate) struct Credentials {
    pub(crate) access_key: String,
    pub(crate) secret_key: String,
}

/// Makes operations on one node, each once, with a time limit.
#[derive(Clone, Debug)]
pub(crate) struct NodeClient {
    client: Client,
    limit: Duration,
}

impl NodeClient {
    /// A client of the node with this URL. Responses may be compressed.
    pub(crate) async fn new(
        node: &str,
        http_client: &MeteredClient,
        credentials: Option<&Credentials>,
        limit: Duration,
    ) -> Result<Self, BuildError> {
        let alternator = Alternator::builder()
            .seeds([node])
            .without_discovery()
            .http_client(http_client.clone())
            .auth(auth_mode(credentials))
            .response_compression(ResponseCompression::gzip())
            .build()?;
        let config = signed(http_client, credentials, limit).alternator(&alternator);
        let client = Client::from_conf(config.build());
        // The node is probed by the checks alone.
        alternator.shutdown().await;
        Ok(Self { client, limit })
    }

    pub(crate) fn sdk(&self) -> &Client {
        &self.client
    }

    /// Waits for an operation.
    pub(crate) async fn result<T, E>(
        &self,
        operation: impl Future<Output = Result<T, SdkError<E, HttpResponse>>>,
    ) -> Result<T, Failure>
    where
        E: ProvideErrorMetadata + Error + 'static,
    {
        match timeout(self.limit, operation).await {
            Ok(result) => result.map_err(|error| Failure::of_operation(&error)),
            Err(_) => Err(Failure::timed_out()),
        }
    }
}

/// Compresses the request of an operation, if it can be compressed.
pub(crate) fn compressed<T, E, B>(
    operation: CustomizableOperation<T, E, B>,
) -> CustomizableOperation<T, E, B> {
    let compression = RequestCompression::gzip().threshold(0);
    operation.alternator_options(OperationOptions::new().request_compression(compression))
}

/// The configuration of a client that signs with these credentials, if there are any.
pub(crate) fn signed(
    http_client: &MeteredClient,
    credentials: Option<&Credentials>,
    limit: Duration,
) -> config::Builder {
    let config = config::Builder::new()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::from_static("any"))
        .http_client(http_client.clone())
        .timeout_config(timeouts(limit))
        // Each failure is of interest.
        .retry_config(RetryConfig::disabled());
    match credentials {
        Some(Credentials {
            access_key,
            secret_key,
        }) => config.credentials_provider(config::Credentials::new(
            access_key,
            secret_key,
            None,
            None,
            "arguments",
        )),
        None => config,
    }
}

/// Requests are signed exactly if there are credentials.
pub(crate) fn auth_mode(credentials: Option<&Credentials>) -> AuthMode {
    match credentials {
        Some(_) => AuthMode::Required,
        None => AuthMode::Unsigned,
    }
}
