//! An HTTP client with fixed responses and no network.

use aws_sdk_dynamodb::config::SharedHttpClient;
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_types::body::SdkBody;

/// Returns an empty object for every operation, and status 404 for `/localnodes`.
#[derive(Debug)]
pub(crate) struct CannedResponseClient;

impl CannedResponseClient {
    #[expect(
        clippy::new_ret_no_self,
        reason = "an HTTP client is only used when shared"
    )]
    pub(crate) fn new() -> SharedHttpClient {
        http_client_fn(|_, _| SharedHttpConnector::new(Self))
    }
}

impl HttpConnector for CannedResponseClient {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let (status, body) = match request.method() {
            "POST" => (200, "{}"),
            _ => (404, ""),
        };
        let status = u16::try_into(status).unwrap();
        HttpConnectorFuture::ready(Ok(HttpResponse::new(status, SdkBody::from(body))))
    }
}
