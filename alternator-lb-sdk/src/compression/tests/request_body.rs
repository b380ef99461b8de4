//! The request before it is signed.

use super::*;
use crate::compression::negotiate::Negotiation;
use crate::compression::{compress_body, restore_plain_body};
use crate::request::options::OperationOptions;
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::config_bag::ConfigBag;

fn gzipping() -> Compression {
    compression(CompressionSettings {
        request: Some(RequestCompression::gzip()),
        ..CompressionSettings::default()
    })
}

fn request(body: impl Into<SdkBody>) -> HttpRequest {
    let mut request = HttpRequest::new(body.into());
    let length = request.body().bytes().map_or(0, <[u8]>::len);
    let headers = request.headers_mut();
    headers.insert("content-length", length.to_string());
    headers.insert("x-kept", "yes");
    request
}

/// Returns the body and the headers that describe it.
fn parts(request: &HttpRequest) -> (Vec<u8>, Option<&str>, Option<&str>) {
    let header = |name| request.headers().get(name);
    let body = request.body().bytes().unwrap().to_vec();
    (body, header("content-encoding"), header("content-length"))
}

#[test]
fn headers_describe_the_compressed_body() {
    let mut request = request(text(4_000));
    compress_body(&gzipping(), 0, &mut request, &mut ConfigBag::base());
    let (body, encoding, length) = parts(&request);
    assert_eq!(unpacked(Encoding::Gzip, &body), text(4_000));
    assert_eq!(encoding, Some("gzip"));
    assert_eq!(length, Some(&*body.len().to_string()));
    assert_eq!(request.headers().get("x-kept"), Some("yes"));
    assert!(request.try_clone().is_some(), "it can be sent again");
}

#[test]
fn plain_body_is_restored_in_every_attempt_after_a_refusal() {
    let compression = gzipping();
    let mut config = ConfigBag::base();
    let mut plain = request(text(4_000));
    let expected = plain.try_clone().unwrap();
    compress_body(&compression, 0, &mut plain, &mut config);
    let compressed = plain;

    let mut attempt = compressed.try_clone().unwrap();
    restore_plain_body(&compression, 0, &mut attempt, &mut config);
    assert_eq!(parts(&attempt), parts(&compressed));

    compression.server_support.refuse(0, None);
    // A body that was withdrawn stays so, whatever becomes of the cluster.
    for generation in 0..2 {
        let mut attempt = compressed.try_clone().unwrap();
        restore_plain_body(&compression, generation, &mut attempt, &mut config);
        assert_eq!(parts(&attempt), parts(&expected));
    }
}

#[test]
fn refusing_cluster_gets_no_compressed_requests() {
    let compression = gzipping();
    compression.server_support.refuse(0, None);
    let mut request = request(text(4_000));
    compress_body(&compression, 0, &mut request, &mut ConfigBag::base());
    assert_eq!(parts(&request).1, None);
    compress_body(&compression, 1, &mut request, &mut ConfigBag::base());
    assert_eq!(parts(&request).1, Some("gzip"));
}

#[test]
fn body_encoded_by_the_application_is_left_alone() {
    let mut request = request(text(4_000));
    request.headers_mut().insert("content-encoding", "br");
    compress_body(&gzipping(), 0, &mut request, &mut ConfigBag::base());
    assert_eq!(parts(&request).0, text(4_000));
    assert_eq!(parts(&request).1, Some("br"));
}

#[test]
fn operation_option_overrides_the_request_compression_of_the_cluster() {
    let sent = |compression: &Compression, options: &OperationOptions| {
        let mut config = ConfigBag::base();
        options.store(&mut config);
        let mut request = request(text(4_000));
        compress_body(compression, 0, &mut request, &mut config);
        parts(&request).1.map(str::to_owned)
    };
    let inherited = OperationOptions::new();
    let with = OperationOptions::new().request_compression(RequestCompression::deflate());
    let without = OperationOptions::new().request_compression(None);
    let nothing = compression(CompressionSettings::default());
    assert_eq!(sent(&nothing, &inherited), None);
    assert_eq!(sent(&nothing, &with).as_deref(), Some("deflate"));
    assert_eq!(sent(&gzipping(), &inherited).as_deref(), Some("gzip"));
    assert_eq!(sent(&gzipping(), &with).as_deref(), Some("deflate"));
    assert_eq!(sent(&gzipping(), &without), None);

    let refused = gzipping();
    refused.server_support.refuse(0, None);
    assert_eq!(sent(&refused, &with), None, "the servers cannot read it");
}

#[test]
fn operation_option_overrides_the_response_compression_of_the_cluster() {
    let accepted = |compression: &Compression, options: OperationOptions| {
        let mut config = ConfigBag::base();
        options.store(&mut config);
        let mut request = request(text(4_000));
        negotiate(compression, &mut request, &config);
        request.extension::<Negotiation>().map(|it| it.setting)
    };
    let own = |compression: Option<ResponseCompression>| {
        OperationOptions::new().response_compression(compression)
    };
    let gzip = ResponseCompression::gzip();
    let deflate = ResponseCompression::deflate();
    let with_gzip = compression(CompressionSettings {
        response: Some(gzip),
        ..CompressionSettings::default()
    });
    assert_eq!(accepted(&with_gzip, OperationOptions::new()), Some(gzip));
    assert_eq!(accepted(&with_gzip, own(Some(deflate))), Some(deflate));
    assert_eq!(accepted(&with_gzip, own(None)), None);
    let nothing = compression(CompressionSettings::default());
    assert_eq!(accepted(&nothing, OperationOptions::new()), None);
    assert_eq!(accepted(&nothing, own(Some(gzip))), Some(gzip));
}
