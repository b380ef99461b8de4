//! The SDK's classification of errors, which the attempts in them leave as it is.

use super::errors::failed_ping;
use super::{ERRORS, client_with};
use crate::support::{config, error_text, find_in_chain, ping, quick_retries, test_cluster};
use alternator_test_cluster::Fault;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::error::{ConnectorError, ProvideErrorMetadata as _, SdkError};
use aws_sdk_dynamodb::operation::list_tables::ListTablesError;
use std::time::Duration;

/// What the SDK says of an error, its connection included.
#[derive(Debug, PartialEq)]
struct Classification {
    variant: &'static str,
    kinds: [bool; 4],
    is_connected: bool,
    status: Option<u16>,
    code: Option<String>,
    has_connector_error: bool,
}

impl Classification {
    fn of(error: &SdkError<ListTablesError>) -> Self {
        let connector = match error {
            SdkError::DispatchFailure(failure) => failure.as_connector_error(),
            _ => None,
        };
        let kinds = connector.map(|it| [it.is_io(), it.is_timeout(), it.is_user(), it.is_other()]);
        let connection = connector.and_then(ConnectorError::connection_metadata);
        Self {
            variant: match error {
                SdkError::ConstructionFailure(_) => "construction",
                SdkError::TimeoutError(_) => "timeout",
                SdkError::DispatchFailure(_) => "dispatch",
                SdkError::ResponseError(_) => "response",
                SdkError::ServiceError(_) => "service",
                _ => "unknown",
            },
            kinds: kinds.unwrap_or_default(),
            is_connected: connection.is_some(),
            status: error.raw_response().map(|it| it.status().as_u16()),
            code: error.code().map(str::to_owned),
            has_connector_error: find_in_chain::<ConnectorError>(error).is_some(),
        }
    }
}

#[tokio::test]
async fn sdk_classifies_errors_as_without_the_plugin() {
    let limit = Duration::from_millis(200);
    let reading = TimeoutConfig::builder().read_timeout(limit).build();
    let attempt = TimeoutConfig::builder()
        .operation_attempt_timeout(limit)
        .build();
    let operation = TimeoutConfig::builder().operation_timeout(limit).build();
    let none = TimeoutConfig::builder().build();
    for (fault, timeouts) in [
        (Some(ERRORS), &none),
        (Some(Fault::Throttle { share: 1.0 }), &none),
        (Some(Fault::CutAfter { bytes: 0 }), &none),
        // Within the body.
        (Some(Fault::CutAfter { bytes: 125 }), &none),
        (Some(Fault::Hang), &reading),
        (Some(Fault::Hang), &attempt),
        (Some(Fault::Hang), &operation),
        (Some(Fault::StallAfterHeaders), &operation),
        (None, &none),
    ] {
        let cluster = test_cluster!(|cluster| cluster.nodes(1));
        let node = cluster.node(0);
        let config = || config().timeout_config(timeouts.clone());
        let (_alternator, client) = client_with(&cluster, config()).await;
        let direct = config().retry_config(quick_retries().with_max_attempts(3));
        let direct = Client::from_conf(direct.endpoint_url(node.url()).allow_no_auth().build());
        match fault {
            Some(fault) => node.inject(fault),
            None => node.stop(),
        }
        let (error, history) = failed_ping(&client).await;
        let without = ping(&direct).await.unwrap_err();
        assert_eq!(
            Classification::of(&error),
            Classification::of(&without),
            "{fault:?}: {}\n{history}",
            error_text(&error)
        );
    }
}
