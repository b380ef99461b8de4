//! Responses to the plugin's own requests, whose bodies are read up to a limit.

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::context::{Error, Output};
use aws_smithy_runtime_api::client::orchestrator::{HttpResponse, OrchestratorError};
use aws_smithy_runtime_api::client::ser_de::DeserializeResponse;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;
use aws_smithy_types::config_bag::ConfigBag;

/// A response whose body is not read yet.
#[derive(Debug)]
pub(crate) struct RawResponse {
    pub(crate) status: u16,
    pub(crate) body: SdkBody,
}

impl RawResponse {
    /// Reads the body. `None` if it is longer than `limit` bytes, of which the rest stays unread.
    ///
    /// # Errors
    ///
    /// Returns the reason why it broke off.
    pub(crate) async fn read(self, limit: usize) -> Result<Option<Vec<u8>>, BoxError> {
        let mut stream = ByteStream::new(self.body);
        let mut read = Vec::new();
        while let Some(chunk) = stream.next().await {
            let chunk = chunk?;
            if read.len() + chunk.len() > limit {
                return Ok(None);
            }
            read.extend_from_slice(&chunk);
        }
        Ok(Some(read))
    }
}

/// Hands over the body unread, so that its reader can stop at a limit.
#[derive(Debug)]
pub(crate) struct RawResponseDeserializer;

impl DeserializeResponse for RawResponseDeserializer {
    fn deserialize_streaming_with_config(
        &self,
        response: &mut HttpResponse,
        _: &ConfigBag,
    ) -> Option<Result<Output, OrchestratorError<Error>>> {
        let status = response.status().as_u16();
        let body = std::mem::replace(response.body_mut(), SdkBody::taken());
        Some(Ok(Output::erase(RawResponse { status, body })))
    }
}
