//! Through the whole SDK: which attempts are protected against stalled streams by whom.

use super::*;
use crate::install::tests::Wrapper;
use crate::request::OperationOptions;
use crate::{Alternator, AlternatorExt as _, Builder, OperationExt as _};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::{self, BehaviorVersion};
use aws_smithy_async::rt::sleep::{SharedAsyncSleep, TokioSleep};
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpClient, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::BeforeTransmitInterceptorContextRef;
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use std::sync::{Arc, Mutex};

/// A network in which operations always fail, in such a way that they are tried again.
#[derive(Debug)]
struct Failing;

fn failing() -> SharedHttpClient {
    http_client_fn(|_, _| SharedHttpConnector::new(Failing))
}

impl HttpConnector for Failing {
    fn call(&self, _: HttpRequest) -> HttpConnectorFuture {
        let status = 500u16.try_into().unwrap();
        HttpConnectorFuture::ready(Ok(HttpResponse::new(status, SdkBody::from("{}"))))
    }
}

/// Remembers of each attempt whether the SDK protects it.
#[derive(Clone, Debug, Default)]
struct RecordingInterceptor(Arc<Mutex<Vec<bool>>>);

impl RecordingInterceptor {
    /// Returns what it remembers, and forgets it.
    fn take(&self) -> Vec<bool> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

impl Intercept for RecordingInterceptor {
    fn name(&self) -> &'static str {
        "recorder"
    }

    fn read_before_transmit(
        &self,
        _: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let guard = config.load::<StalledStreamProtectionConfig>().unwrap();
        self.0.lock().unwrap().push(guard.is_enabled());
        Ok(())
    }
}

fn cluster() -> Builder {
    Alternator::builder().seeds([NODE])
}

const NODE: &str = "http://192.0.2.1:8000";

fn config() -> config::Builder {
    config::Builder::new()
        .behavior_version(BehaviorVersion::latest())
        .sleep_impl(SharedAsyncSleep::new(TokioSleep::new()))
        .retry_config(RetryConfig::standard())
        .http_client(failing())
}

fn installed(cluster: Builder, config: config::Builder) -> config::Builder {
    config.alternator(&cluster.build().unwrap())
}

/// Returns whether the SDK protects the three attempts of an operation.
async fn protected(config: config::Builder, options: OperationOptions) -> Vec<bool> {
    let recorder = RecordingInterceptor::default();
    let client = Client::from_conf(config.interceptor(recorder.clone()).build());
    let operation = client.list_tables().customize().alternator_options(options);
    operation.send().await.unwrap_err();
    recorder.take()
}

async fn protected_as_installed(cluster: Builder, config: config::Builder) -> Vec<bool> {
    protected(installed(cluster, config), OperationOptions::new()).await
}

const ALL: [bool; 3] = [true; 3];
const NONE: [bool; 3] = [false; 3];
/// The plugin ends those that another follows.
const THE_LAST: [bool; 3] = [false, false, true];

#[tokio::test(start_paused = true)]
async fn sdk_protects_responses_that_the_plugin_does_not_abort() {
    assert_eq!(protected_as_installed(cluster(), config()).await, THE_LAST);
    let once = config().retry_config(RetryConfig::disabled());
    assert_eq!(protected_as_installed(cluster(), once).await, [true]);
}

#[tokio::test(start_paused = true)]
async fn sdk_protects_responses_until_the_transport_is_confirmed_inside_of_another_client() {
    let recorder = RecordingInterceptor::default();
    let config = installed(cluster(), config()).interceptor(recorder.clone());
    let decorated = config.clone().build().http_client().unwrap();
    let client = Client::from_conf(config.http_client(Wrapper(decorated)).build());
    for expected in [ALL, THE_LAST] {
        client.list_tables().send().await.unwrap_err();
        assert_eq!(recorder.take(), expected);
    }
}

#[tokio::test(start_paused = true)]
async fn sdk_protects_responses_where_the_transport_was_removed() {
    let config = installed(cluster(), config()).http_client(failing());
    assert_eq!(protected(config, OperationOptions::new()).await, ALL);
}

#[tokio::test(start_paused = true)]
async fn sdk_protects_operations_that_have_an_http_client_of_their_own() {
    let recorder = RecordingInterceptor::default();
    let alternator = cluster().build().unwrap();
    let config = config()
        .alternator(&alternator)
        .interceptor(recorder.clone());
    let client = Client::from_conf(config.build());
    let own = config::Builder::new().http_client(failing());
    let decorated = own.clone().alternator(&alternator);
    for (own, expected) in [
        (None, THE_LAST),
        (Some(own), ALL),
        (None, THE_LAST),
        (Some(decorated), THE_LAST),
    ] {
        let operation = client.list_tables().customize();
        let operation = match own {
            Some(own) => operation.config_override(own),
            None => operation,
        };
        operation.send().await.unwrap_err();
        assert_eq!(recorder.take(), expected);
    }
}

#[tokio::test(start_paused = true)]
async fn sdk_protects_responses_without_minimal_headers() {
    let fat = cluster().minimal_headers(false);
    assert_eq!(protected_as_installed(fat, config()).await, ALL);
    let options = OperationOptions::new().minimal_headers(false);
    assert_eq!(
        protected(installed(cluster(), config()), options).await,
        ALL
    );
}

#[tokio::test(start_paused = true)]
async fn setting_of_the_application_is_kept() {
    let enabled = |seconds| {
        let guard = StalledStreamProtectionConfig::enabled();
        guard.grace_period(Duration::from_secs(seconds)).build()
    };
    let disabled = StalledStreamProtectionConfig::disabled;
    for (guard, expected) in [(enabled(5), ALL), (enabled(7), ALL), (disabled(), NONE)] {
        let before = config().stalled_stream_protection(guard);
        assert_eq!(protected_as_installed(cluster(), before).await, expected);
    }
    for (guard, expected) in [(enabled(7), ALL), (disabled(), NONE)] {
        let after = installed(cluster(), config()).stalled_stream_protection(guard);
        assert_eq!(protected(after, OperationOptions::new()).await, expected);
    }
}

#[tokio::test(start_paused = true)]
async fn sdk_protects_responses_of_pinned_operations() {
    let recorder = RecordingInterceptor::default();
    let config = installed(cluster(), config()).interceptor(recorder.clone());
    let client = Client::from_conf(config.build());
    client.list_tables().send().await.unwrap_err();
    recorder.0.lock().unwrap().clear();
    let pinned = config::Builder::new().endpoint_url(NODE);
    let operation = client.list_tables().customize().config_override(pinned);
    operation.send().await.unwrap_err();
    assert_eq!(*recorder.0.lock().unwrap(), ALL);
}
