//! The HTTP client that a configuration ends up with, and how often it is wrapped.

use super::*;
use crate::Builder;
use aws_sdk_dynamodb::Config;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::connector_metadata::ConnectorMetadata;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::runtime_components::{
    RuntimeComponents, RuntimeComponentsBuilder,
};
use aws_smithy_types::config_bag::ConfigBag;
use dynamodb::config::BehaviorVersion;
use std::sync::atomic::{AtomicUsize, Ordering};

/// An HTTP client that is identified by its name, and counts its validations.
#[derive(Clone, Debug)]
struct Named(&'static str, Arc<AtomicUsize>);

fn named(name: &'static str) -> Named {
    Named(name, Arc::default())
}

impl HttpClient for Named {
    fn http_connector(
        &self,
        _: &HttpConnectorSettings,
        _: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(PendingConnector)
    }

    fn validate_base_client_config(
        &self,
        _: &RuntimeComponentsBuilder,
        _: &ConfigBag,
    ) -> Result<(), BoxError> {
        self.1.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    fn connector_metadata(&self) -> Option<ConnectorMetadata> {
        Some(ConnectorMetadata::new(self.0, None))
    }
}

#[derive(Debug)]
struct PendingConnector;

impl HttpConnector for PendingConnector {
    fn call(&self, _: HttpRequest) -> HttpConnectorFuture {
        HttpConnectorFuture::new(std::future::pending())
    }
}

/// A wrapper of an HTTP client, as an application may have one. It passes everything on except its name.
#[derive(Debug)]
pub(crate) struct Wrapper(pub(crate) SharedHttpClient);

impl HttpClient for Wrapper {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        self.0.http_connector(settings, components)
    }

    fn validate_base_client_config(
        &self,
        components: &RuntimeComponentsBuilder,
        config: &ConfigBag,
    ) -> Result<(), BoxError> {
        self.0.validate_base_client_config(components, config)
    }

    fn connector_metadata(&self) -> Option<ConnectorMetadata> {
        Some(ConnectorMetadata::new("around", None))
    }
}

fn config() -> dynamodb::config::Builder {
    Config::builder().behavior_version(BehaviorVersion::latest())
}

fn cluster() -> Builder {
    Alternator::builder().seeds(["http://192.0.2.1:8000"])
}

/// The name of a configuration's HTTP client, and how many transports are around it.
fn http_client(config: &Config) -> (String, usize) {
    let mut http_client = config.http_client().unwrap();
    for layers in 0.. {
        let inner = AbortableHttpClient::around(http_client.clone()).inner;
        if format!("{inner:?}") == format!("{http_client:?}") {
            let metadata = http_client.connector_metadata().unwrap();
            return (metadata.name().into_owned(), layers);
        }
        http_client = inner;
    }
    unreachable!("ends")
}

fn once(name: &str) -> (String, usize) {
    (name.to_owned(), 1)
}

#[test]
fn repeated_installation_decorates_the_client_once() {
    let [first, second] = [cluster().build().unwrap(), cluster().build().unwrap()];
    let config = config().http_client(named("own"));
    let installed = config.alternator(&first).alternator(&first).build();
    assert_eq!(http_client(&installed), once("own"));
    let again = installed.to_builder().alternator(&first).build();
    assert_eq!(http_client(&again), once("own"));
    let target = again.to_builder().alternator(&second).build();
    assert_eq!(http_client(&target), once("own"));
}

#[test]
fn client_of_the_cluster_is_used() {
    let [first, second] = ["first", "second"].map(|name| {
        let cluster = cluster().http_client(named(name));
        cluster.build().unwrap()
    });
    let installed = config().alternator(&first).build();
    assert_eq!(http_client(&installed), once("first"));
    let again = installed.to_builder().alternator(&first).build();
    assert_eq!(http_client(&again), once("first"));
    let target = again.to_builder().alternator(&second).build();
    assert_eq!(http_client(&target), once("second"));
}

#[cfg(feature = "default-https-client")]
#[test]
fn client_of_a_later_cluster_replaces_the_sdks_default() {
    let first = cluster().build().unwrap();
    let second = cluster().http_client(named("second")).build().unwrap();
    let installed = config().alternator(&first).build();
    assert_eq!(http_client(&installed), once("hyper"));
    let target = installed.to_builder().alternator(&second).build();
    assert_eq!(http_client(&target), once("second"));
}

#[test]
fn client_set_between_two_installations_stays() {
    let [first, second] = ["first", "second"].map(|name| {
        let cluster = cluster().http_client(named(name));
        cluster.build().unwrap()
    });
    let installed = config().alternator(&first).http_client(named("own"));
    let target = installed.alternator(&second).build();
    assert_eq!(http_client(&target), once("own"));
}

#[test]
fn wrapper_of_the_application_stays() {
    let [first, second] = ["first", "second"].map(|name| {
        let cluster = cluster().http_client(named(name));
        cluster.build().unwrap()
    });
    let installed = config().alternator(&first).build();
    let wrapped = Wrapper(installed.http_client().unwrap());
    let config = installed.to_builder().http_client(wrapped);
    let target = config.alternator(&second).build();
    assert_eq!(http_client(&target), once("around"));
}

#[test]
fn decorated_client_can_become_the_clusters() {
    let first = cluster().http_client(named("first")).build().unwrap();
    let installed = config().alternator(&first).build();
    let borrowed = installed.http_client().unwrap();
    let second = cluster().http_client(borrowed).build().unwrap();
    let target = config().alternator(&second).build();
    assert_eq!(http_client(&target), once("first"));
}

#[test]
fn client_is_validated_as_often_as_without_the_plugin() {
    let own = named("own");
    let alternator = cluster().build().unwrap();
    let config = config().http_client(own.clone()).alternator(&alternator);
    let config = config.alternator(&alternator).build();
    assert_eq!(own.1.load(Ordering::Relaxed), 0);
    drop(dynamodb::Client::from_conf(config));
    assert_eq!(own.1.load(Ordering::Relaxed), 1);
}

#[test]
fn decorated_client_keeps_no_cluster_alive() {
    let alternator = cluster().build().unwrap();
    let installed = config().http_client(named("own")).alternator(&alternator);
    let http_client = installed.build().http_client().unwrap();
    let cluster = Arc::downgrade(alternator.cluster());
    drop(alternator);
    assert!(cluster.upgrade().is_none());
    drop(http_client);
}
