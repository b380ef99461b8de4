//! Answers to the plugin's own requests, which are read no further than they are of use.

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::context::{Error, Output};
use aws_smithy_runtime_api::client::orchestrator::{HttpResponse, OrchestratorError};
use aws_smithy_runtime_api::client::ser_de::DeserializeResponse;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;
use aws_smithy_types::config_bag::ConfigBag;

/// An answer whose body was not read yet.
#[derive(Debug)]
pub(crate) struct Unread {
    pub(crate) status: u16,
    pub(crate) body: SdkBody,
}

/// Why a body was not read to its end.
#[derive(Debug)]
pub(crate) enum ReadError {
    /// It broke off.
    Broken(BoxError),
    /// It is longer than it may be.
    TooLong,
}

impl Unread {
    /// Reads the body, up to `limit` bytes; what comes after that is left unread.
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

/// Hands over the body unread, so that whoever reads it can stop.
#[derive(Debug)]
pub(crate) struct TakeBody;

impl DeserializeResponse for TakeBody {
    fn deserialize_streaming_with_config(
        &self,
        response: &mut HttpResponse,
        _: &ConfigBag,
    ) -> Option<Result<Output, OrchestratorError<Error>>> {
        let status = response.status().as_u16();
        let body = std::mem::replace(response.body_mut(), SdkBody::taken());
        Some(Ok(Output::erase(Unread { status, body })))
    }
}
