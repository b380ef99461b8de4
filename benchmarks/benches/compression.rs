//! The cost and the savings of compression: `cargo bench -p benchmarks --bench compression`.
//!
//! DynamoDB bodies of one item and of many are compressed like requests and decompressed like responses. Divan's bytes
//! per second are those of the plain body. The sizes on the wire are printed first.
//!
//! The codecs are private to the library, so their sources are included here.

#![allow(
    dead_code,
    missing_docs,
    unnameable_types,
    unreachable_pub,
    unused_imports,
    reason = "the included sources serve the library first"
)]

#[path = "../../alternator-lb-sdk/src/sdk/compression"]
mod compression {
    mod decode_error;
    mod decoder;
    mod encoder;
    mod encoding;
    mod request;

    use decode_error::DecodeError;
    use decoder::{Data, Decoder, Step};
    use encoding::Encoding;
    pub(super) use request::RequestCompression;

    /// Stands in for the library's error, with the one variant that the settings use.
    pub(super) enum BuildError {
        CompressionLevel { level: u32 },
    }

    /// Compresses a request.
    pub(super) fn compressed(settings: RequestCompression, plain: &[u8]) -> Option<Vec<u8>> {
        settings.encode(plain)
    }

    /// Decompresses a response that arrives in pieces. Returns the decompressed size.
    pub(super) fn decompressed(settings: RequestCompression, packed: &[u8], piece: usize) -> usize {
        let mut decoder = Decoder::new(settings.encoding, usize::MAX);
        let mut pieces = packed.chunks(piece);
        let mut length = 0;
        loop {
            match decoder.step() {
                Ok(Step::Decoded(data)) => length += data.len(),
                Ok(Step::End) | Err(_) => return length,
                Ok(Step::Hungry) => match pieces.next() {
                    Some(piece) => decoder.feed(Data::copy_from_slice(piece)),
                    None => decoder.end(),
                },
            }
        }
    }
}

use compression::{RequestCompression, compressed, decompressed};
use divan::counter::BytesCount;
use divan::{AllocProfiler, Bencher, black_box};

#[global_allocator]
static ALLOCATIONS: AllocProfiler = AllocProfiler::system();

fn main() {
    for items in ITEMS {
        let plain = body(items);
        let sizes = [Gzip::SETTINGS, Deflate::SETTINGS, GzipLevel6::SETTINGS]
            .map(|settings| compressed(settings, &plain).map_or(plain.len(), |it| it.len()));
        println!("{items} items: {} bytes, compressed {sizes:?}", plain.len());
    }
    divan::main();
}

#[divan::bench(types = [Gzip, Deflate, GzipLevel6], args = ITEMS)]
fn compress<K: Setting>(bencher: Bencher<'_, '_>, items: usize) {
    let plain = body(items);
    bencher
        .counter(BytesCount::new(plain.len()))
        .bench(|| compressed(K::SETTINGS, black_box(&plain)));
}

#[divan::bench(types = [Gzip, Deflate, GzipLevel6], args = ITEMS)]
fn decompress<K: Setting>(bencher: Bencher<'_, '_>, items: usize) {
    let plain = body(items);
    let packed = compressed(K::SETTINGS, &plain).unwrap_or_default();
    bencher
        .counter(BytesCount::new(plain.len()))
        .bench(|| decompressed(K::SETTINGS, black_box(&packed), READ_SIZE));
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
/// The size of a read in hyper.
const READ_SIZE: usize = 16 << 10;
