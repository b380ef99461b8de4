//! An HTTP client that makes a health check of each operation.
//!
//! A probe is an operation of the SDK, which the library routes, times and judges as any operation of an application.
//! On its way to the node it becomes `GET /`, which every node answers without a signature, without a table, and without
//! asking other nodes. The response becomes that of an operation again. The requests of the library's own, which are no
//! operations, stay as they are.

use crate::connection::HEALTHY;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;

/// Sends `GET /` for each operation over another client.
#[derive(Clone, Debug)]
pub(super) struct HealthCheckClient {
    inner: SharedHttpClient,
}

impl HealthCheckClient {
    pub(super) fn new(inner: SharedHttpClient) -> Self {
        Self { inner }
    }
}

impl HttpClient for HealthCheckClient {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(HealthCheckConnector {
            inner: self.inner.http_connector(settings, components),
        })
    }
}

#[derive(Debug)]
struct HealthCheckConnector {
    inner: SharedHttpConnector,
}

impl HttpConnector for HealthCheckConnector {
    fn call(&self, mut request: HttpRequest) -> HttpConnectorFuture {
        if !request.headers().contains_key(TARGET) {
            return self.inner.call(request);
        }
        if let Err(error) = make_health_check(&mut request) {
            return HttpConnectorFuture::ready(Err(error));
        }
        let responding = self.inner.call(request);
        HttpConnectorFuture::new(async move { operation_response(responding.await?).await })
    }
}

/// The header that names the operation.
const TARGET: &str = "x-amz-target";

/// The headers of an operation's request that a health check does not have.
const OPERATION_HEADERS: [&str; 4] = [TARGET, "content-type", "content-length", "accept-encoding"];

/// The size of a response that is read: every node's is shorter by far.
const MAX_BYTES: usize = 64 << 10;

fn make_health_check(request: &mut HttpRequest) -> Result<(), ConnectorError> {
    let user = |error| ConnectorError::user(Box::new(error));
    request.set_method("GET").map_err(user)?;
    *request.body_mut() = SdkBody::empty();
    for header in OPERATION_HEADERS {
        request.headers_mut().remove(header);
    }
    Ok(())
}

/// Reads the response to a health check. That of a healthy node becomes an operation's without output; any other is left
/// as it is, so that the library judges it as it would judge an operation's.
async fn operation_response(mut response: HttpResponse) -> Result<HttpResponse, ConnectorError> {
    let mut stream = ByteStream::new(response.take_body());
    let mut body = Vec::new();
    while let Some(chunk) = stream.next().await {
        let chunk = chunk.map_err(|error| ConnectorError::io(Box::new(error)))?;
        if body.len() + chunk.len() > MAX_BYTES {
            break;
        }
        body.extend_from_slice(&chunk);
    }
    if response.status().as_u16() == 200 && body.starts_with(HEALTHY.as_bytes()) {
        response.headers_mut().remove("content-length");
        response
            .headers_mut()
            .insert("content-type", "application/x-amz-json-1.0");
        *response.body_mut() = SdkBody::from("{}");
    } else {
        *response.body_mut() = SdkBody::from(body);
    }
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_smithy_runtime_api::http::StatusCode;

    fn request() -> HttpRequest {
        let mut request = HttpRequest::new(SdkBody::from("{}"));
        request.set_method("POST").unwrap();
        request.set_uri("http://10.0.0.1:8000/").unwrap();
        for header in OPERATION_HEADERS.into_iter().chain(["user-agent"]) {
            request.headers_mut().insert(header, "value");
        }
        request
    }

    async fn response(status: u16, body: &'static str) -> HttpResponse {
        let status = StatusCode::try_from(status).unwrap();
        operation_response(HttpResponse::new(status, SdkBody::from(body)))
            .await
            .unwrap()
    }

    #[test]
    fn operation_becomes_a_health_check() {
        let mut request = request();
        make_health_check(&mut request).unwrap();
        assert_eq!(
            (request.method(), request.uri()),
            ("GET", "http://10.0.0.1:8000/")
        );
        assert_eq!(request.body().bytes(), Some(&b""[..]));
        let names: Vec<_> = request.headers().iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["user-agent"]);
    }

    #[tokio::test]
    async fn response_of_a_healthy_node_becomes_an_operations() {
        let response = response(200, "healthy: 10.0.0.1:8000").await;
        assert_eq!(response.body().bytes(), Some(&b"{}"[..]));
        let content_type = response.headers().get("content-type");
        assert_eq!(content_type, Some("application/x-amz-json-1.0"));
    }

    #[tokio::test]
    async fn any_other_response_is_left_to_the_library() {
        for (status, body) in [(200, "<html>"), (503, "healthy: x"), (404, "")] {
            let response = response(status, body).await;
            assert_eq!(response.status().as_u16(), status);
            assert_eq!(response.body().bytes(), Some(body.as_bytes()));
        }
    }
}
