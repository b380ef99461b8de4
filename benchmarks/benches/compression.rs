//! The cost and the savings of compression: `cargo bench -p benchmarks --bench compression`.
//!
//! Bodies of one item and of many are compressed as requests are. A response is measured as an operation whose response
//! the HTTP client returns at once, plain or compressed: the difference is the cost of decompression. Divan's bytes per
//! second are those of the plain body. The sizes on the wire are printed first.

use alternator_lb_sdk::{Alternator, AlternatorExt as _, RequestCompression, ResponseCompression};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::BehaviorVersion;
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_types::body::SdkBody;
use divan::counter::BytesCount;
use divan::{AllocProfiler, Bencher, black_box};
use tokio::runtime::Runtime;

#[global_allocator]
static ALLOCATIONS: AllocProfiler = AllocProfiler::system();

fn main() {
    for items in ITEMS {
        let plain = body(items);
        let sizes = [Gzip::SETTINGS, Deflate::SETTINGS, GzipLevel6::SETTINGS]
            .map(|settings| settings.compress(&plain).map_or(plain.len(), |it| it.len()));
        println!("{items} items: {} bytes, compressed {sizes:?}", plain.len());
    }
    divan::main();
}

#[divan::bench(types = [Gzip, Deflate, GzipLevel6], args = ITEMS)]
fn compress<K: Setting>(bencher: Bencher<'_, '_>, items: usize) {
    let plain = body(items);
    bencher
        .counter(BytesCount::new(plain.len()))
        .bench(|| K::SETTINGS.compress(black_box(&plain)));
}

/// An operation with a plain response.
#[divan::bench(args = ITEMS)]
fn plain_response(bencher: Bencher<'_, '_>, items: usize) {
    respond(bencher, items, None);
}

/// The same with a response that is compressed with gzip.
#[divan::bench(args = ITEMS)]
fn compressed_response(bencher: Bencher<'_, '_>, items: usize) {
    respond(
        bencher,
        items,
        Some(RequestCompression::gzip().threshold(0)),
    );
}

#[expect(
    clippy::expect_used,
    reason = "all of it is constant: a failure is a defect of the bench"
)]
fn respond(bencher: Bencher<'_, '_>, items: usize, compression: Option<RequestCompression>) {
    let plain = body(items);
    let length = plain.len();
    let compressed = compression.and_then(|compression| compression.compress(&plain));
    let response = CannedResponse {
        is_compressed: compressed.is_some(),
        body: compressed.unwrap_or(plain),
    };
    let connector = SharedHttpConnector::new(response);
    let alternator = Alternator::builder()
        .seeds(["http://10.0.0.1:8000"])
        .response_compression(ResponseCompression::gzip())
        .build()
        .expect("valid settings");
    let config = aws_sdk_dynamodb::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .http_client(http_client_fn(move |_, _| connector.clone()))
        .alternator(&alternator)
        .build();
    let client = Client::from_conf(config);
    let runtime = Runtime::new().expect("a runtime");
    bencher.counter(BytesCount::new(length)).bench_local(|| {
        let tables = runtime.block_on(client.list_tables().send());
        tables.expect("the response is valid")
    });
}

/// An HTTP client that returns this response at once. To the SDK the items are an unknown member of the response, which
/// it skips.
#[derive(Clone, Debug)]
struct CannedResponse {
    is_compressed: bool,
    body: Vec<u8>,
}

impl HttpConnector for CannedResponse {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        drop(request);
        let mut response = HttpResponse::new(
            aws_smithy_runtime_api::http::StatusCode::try_from(200)
                .unwrap_or_else(|_| unreachable!()),
            SdkBody::from(self.body.clone()),
        );
        if self.is_compressed {
            response.headers_mut().insert("content-encoding", "gzip");
        }
        HttpConnectorFuture::ready(Ok(response))
    }
}

trait Setting {
    const SETTINGS: RequestCompression;
}

/// The default.
struct Gzip;
struct Deflate;
/// The setting of the official clients.
struct GzipLevel6;

impl Setting for Gzip {
    const SETTINGS: RequestCompression = RequestCompression::gzip();
}

impl Setting for Deflate {
    const SETTINGS: RequestCompression = RequestCompression::deflate();
}

impl Setting for GzipLevel6 {
    const SETTINGS: RequestCompression = RequestCompression::gzip().level(6);
}

/// Items of about 220 bytes that share their attribute names and little else.
fn body(items: usize) -> Vec<u8> {
    let item = |number: usize| {
        let hash = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        format!(
            r#"{{"PutRequest":{{"Item":{{"pk":{{"S":"customer#{number}"}},"sk":{{"S":"order#{hash:016x}"}},"total":{{"N":"{}"}},"paid":{{"BOOL":true}},"note":{{"S":"leave it at the door, ring {} times"}}}}}}}}"#,
            hash % 100_000,
            hash % 7
        )
    };
    let items: Vec<String> = (0..items).map(item).collect();
    format!(r#"{{"RequestItems":{{"orders":[{}]}}}}"#, items.join(",")).into_bytes()
}

/// A small batch, a full one, and a page of a `Query`.
const ITEMS: [usize; 3] = [10, 25, 1_000];
