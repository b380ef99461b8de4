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

/// Why a body was not read to its end.
#[derive(Debug)]
pub(crate) enum ReadError {
    /// It broke off.
    Broken(BoxError),
    /// It is longer than the limit.
    TooLong,
}

impl RawResponse {
    /// Reads the body, up to `limit` bytes. The rest stays unread.
    pub(crate) async fn read(self, limit: usize) -> Result<Vec<u8>, ReadError> {
        let mut stream = ByteStream::new(self.body);
        let mut read = Vec::new();
        while let Some(chunk) = stream.next().await {
            let chunk = chunk.map_err(|error| ReadError::Broken(error.into()))?;
            if read.len() + chunk.len() > limit {
                return Err(ReadError::TooLong);
            }
            read.extend_from_slice(&chunk);
        }
        Ok(read)
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
