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

fn asking() -> HttpRequest {
    let wanted = CompressionSettings {
        response: Some(ResponseCompression::deflate().limit(100_000)),
        ..CompressionSettings::default()
    };
    let mut request = HttpRequest::empty();
    negotiate(&compression(wanted), &mut request, &ConfigBag::base());
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

async fn answered(request: HttpRequest, answer: HttpResponse) -> (Option<String>, HttpResponse) {
    let mut asked = None;
    let response = call_decoded(request, |request| {
        asked = request.headers().get("accept-encoding").map(str::to_owned);
        HttpConnectorFuture::ready(Ok(answer))
    });
    let response = response.await.unwrap();
    (asked, response)
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
async fn whatever_was_asked_for_both_are_read() {
    for encoding in [Encoding::Gzip, Encoding::Deflate] {
        let packed = SdkBody::from(packed(encoding, &text(3_000)));
        let (asked, response) = answered(asking(), response(&[encoding.name()], packed)).await;
        assert_eq!(asked.as_deref(), Some("deflate"));
        for gone in ["content-encoding", "content-length", "x-amz-crc32"] {
            assert_eq!(response.headers().get(gone), None);
        }
        assert_eq!(response.headers().get("x-kept"), Some("yes"));
        assert_eq!(read(response).await.unwrap(), text(3_000));
    }
}

#[tokio::test]
async fn an_answer_as_it_is_stays_as_it_is() {
    for encodings in [&[][..], &["identity"], &["Identity", ""]] {
        let answer = response(encodings, SdkBody::from("plain"));
        let (_, response) = answered(asking(), answer).await;
        assert_eq!(response.headers().get("content-length"), Some("7"));
        assert_eq!(response.headers().get("x-amz-crc32"), Some("7"));
        assert_eq!(response.body().bytes(), Some(&b"plain"[..]), "not wrapped");
    }
}

#[tokio::test]
async fn without_a_permit_nothing_is_asked_for_and_nothing_is_read() {
    let packed = packed(Encoding::Gzip, &text(3_000));
    let answer = response(&["gzip"], SdkBody::from(packed.clone()));
    let (asked, response) = answered(HttpRequest::empty(), answer).await;
    assert_eq!(asked, None);
    assert_eq!(response.body().bytes(), Some(&packed[..]));
    assert_eq!(response.headers().get("content-encoding"), Some("gzip"));
}

#[tokio::test]
async fn whoever_asks_reads() {
    let mut request = asking();
    let headers = request.headers_mut();
    headers.insert("accept-encoding", "br");
    let (asked, response) = answered(request, response(&["gzip"], SdkBody::from("packed"))).await;
    assert_eq!(asked.as_deref(), Some("br"));
    assert_eq!(response.headers().get("content-encoding"), Some("gzip"));
}

#[tokio::test]
async fn any_case_is_understood() {
    let packed = SdkBody::from(packed(Encoding::Gzip, &text(3_000)));
    let (_, response) = answered(asking(), response(&[" GZip "], packed)).await;
    assert_eq!(read(response).await.unwrap(), text(3_000));
}

#[tokio::test]
async fn encodings_that_nobody_asked_for_are_named() {
    for (encodings, named) in [
        (&["br"][..], "br"),
        (&["gzip, deflate"], "gzip, deflate"),
        (&["gzip", "gzip"], "gzip, gzip"),
        (&["br", "gzip"], "br, gzip"),
    ] {
        let (_, response) = answered(asking(), response(encodings, SdkBody::from("?"))).await;
        let error = read(response).await.unwrap_err();
        let error = error.downcast_ref::<DecodeError>().unwrap();
        let is_named =
            matches!(error, DecodeError::UnknownEncoding { encoding, .. } if encoding == named);
        assert!(is_named, "{error}");
    }
}

#[tokio::test]
async fn the_limit_is_that_of_the_permit() {
    let bomb = SdkBody::from(packed(Encoding::Gzip, &vec![b' '; 100_001]));
    let (_, response) = answered(asking(), response(&["gzip"], bomb)).await;
    let error = read(response).await.unwrap_err();
    let error = error.downcast_ref::<DecodeError>().unwrap();
    assert!(
        matches!(error, DecodeError::TooLarge { limit: 100_000, .. }),
        "{error}"
    );
}
