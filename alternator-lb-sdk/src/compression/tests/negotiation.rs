//! Negotiation of encodings, and decoding of what was negotiated.

use super::*;
use crate::compression::{call_decoded, negotiate};
use aws_smithy_runtime_api::client::http::HttpConnectorFuture;
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::config_bag::ConfigBag;
use http_body::Body;
use std::error::Error;
use std::future::poll_fn;
use std::pin::Pin;

fn accepting_request() -> HttpRequest {
    let settings = CompressionSettings {
        response: Some(ResponseCompression::deflate().limit(100_000)),
        ..CompressionSettings::default()
    };
    let mut request = HttpRequest::empty();
    negotiate(&compression(settings), &mut request, &ConfigBag::base());
    request
}

fn response(encodings: &[&'static str], body: SdkBody) -> HttpResponse {
    let mut response = HttpResponse::new(200.try_into().unwrap(), body);
    for encoding in encodings {
        response.headers_mut().append("content-encoding", *encoding);
    }
    let headers = response.headers_mut();
    headers.insert("content-length", "7");
    headers.insert("x-amz-crc32", "7");
    headers.insert("x-kept", "yes");
    response
}

/// Passes a request through the decorator to a server with this response. Returns the accepted encodings, and what the
/// SDK receives.
async fn exchange(request: HttpRequest, response: HttpResponse) -> (Option<String>, HttpResponse) {
    let mut accepted = None;
    let response = call_decoded(request, |request| {
        accepted = request.headers().get("accept-encoding").map(str::to_owned);
        HttpConnectorFuture::ready(Ok(response))
    });
    let response = response.await.unwrap();
    (accepted, response)
}

async fn read(mut response: HttpResponse) -> Result<Vec<u8>, Box<dyn Error + Send + Sync>> {
    let mut read = Vec::new();
    let body = response.body_mut();
    while let Some(frame) = poll_fn(|context| Pin::new(&mut *body).poll_frame(context)).await {
        read.extend_from_slice(&frame?.into_data().unwrap());
    }
    Ok(read)
}

#[tokio::test]
async fn either_encoding_is_decoded_whichever_was_accepted() {
    for encoding in [Encoding::Gzip, Encoding::Deflate] {
        let packed = SdkBody::from(packed(encoding, &text(3_000)));
        let (accepted, response) =
            exchange(accepting_request(), response(&[encoding.name()], packed)).await;
        assert_eq!(accepted.as_deref(), Some("deflate"));
        for removed in ["content-encoding", "content-length", "x-amz-crc32"] {
            assert_eq!(response.headers().get(removed), None);
        }
        assert_eq!(response.headers().get("x-kept"), Some("yes"));
        assert_eq!(read(response).await.unwrap(), text(3_000));
    }
}

#[tokio::test]
async fn uncompressed_response_stays_unchanged() {
    for encodings in [&[][..], &["identity"], &["Identity", ""]] {
        let response = response(encodings, SdkBody::from("plain"));
        let (_, response) = exchange(accepting_request(), response).await;
        assert_eq!(response.headers().get("content-length"), Some("7"));
        assert_eq!(response.headers().get("x-amz-crc32"), Some("7"));
        assert_eq!(response.body().bytes(), Some(&b"plain"[..]), "not wrapped");
    }
}

#[tokio::test]
async fn request_without_permission_negotiates_nothing() {
    let packed = packed(Encoding::Gzip, &text(3_000));
    let response = response(&["gzip"], SdkBody::from(packed.clone()));
    let (accepted, response) = exchange(HttpRequest::empty(), response).await;
    assert_eq!(accepted, None);
    assert_eq!(response.body().bytes(), Some(&packed[..]));
    assert_eq!(response.headers().get("content-encoding"), Some("gzip"));
}

#[tokio::test]
async fn response_is_left_to_an_application_that_sets_accept_encoding() {
    let mut request = accepting_request();
    let headers = request.headers_mut();
    headers.insert("accept-encoding", "br");
    let (accepted, response) =
        exchange(request, response(&["gzip"], SdkBody::from("packed"))).await;
    assert_eq!(accepted.as_deref(), Some("br"));
    assert_eq!(response.headers().get("content-encoding"), Some("gzip"));
}

#[tokio::test]
async fn content_encoding_is_case_insensitive() {
    let packed = SdkBody::from(packed(Encoding::Gzip, &text(3_000)));
    let (_, response) = exchange(accepting_request(), response(&[" GZip "], packed)).await;
    assert_eq!(read(response).await.unwrap(), text(3_000));
}

#[tokio::test]
async fn unaccepted_encodings_are_named_in_the_error() {
    for (encodings, named) in [
        (&["br"][..], "br"),
        (&["gzip, deflate"], "gzip, deflate"),
        (&["gzip", "gzip"], "gzip, gzip"),
        (&["br", "gzip"], "br, gzip"),
    ] {
        let (_, response) =
            exchange(accepting_request(), response(encodings, SdkBody::from("?"))).await;
        let error = read(response).await.unwrap_err();
        let error = error.downcast_ref::<DecodeError>().unwrap();
        let is_named =
            matches!(error, DecodeError::UnknownEncoding { encoding, .. } if encoding == named);
        assert!(is_named, "{error}");
    }
}

#[tokio::test]
async fn limit_is_that_of_the_request() {
    let bomb = SdkBody::from(packed(Encoding::Gzip, &vec![b' '; 100_001]));
    let (_, response) = exchange(accepting_request(), response(&["gzip"], bomb)).await;
    let error = read(response).await.unwrap_err();
    let error = error.downcast_ref::<DecodeError>().unwrap();
    assert!(
        matches!(error, DecodeError::TooLarge { limit: 100_000, .. }),
        "{error}"
    );
}
