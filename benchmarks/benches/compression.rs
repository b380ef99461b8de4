//! What compression costs, and what it saves: `cargo bench -p benchmarks --bench compression`.
//!
//! Bodies as DynamoDB has them, of one item and of many, are compressed as requests are, and decompressed as answers are.
//! Divan's bytes per second are those of the plain body. What goes over the wire is printed first.
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

    /// Of the library's, what settings can be wrong in.
    pub(super) enum BuildError {
        CompressionLevel { level: u32 },
    }

    /// As a request is compressed.
    pub(super) fn compressed(settings: RequestCompression, plain: &[u8]) -> Option<Vec<u8>> {
        settings.encode(plain)
    }

    /// As an answer is decompressed, of which so much comes at a time. Returns how much came out.
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
        let sizes = [Gzip::SETTINGS, Deflate::SETTINGS, SmallerGzip::SETTINGS]
            .map(|settings| compressed(settings, &plain).map_or(plain.len(), |it| it.len()));
        println!("{items} items: {} bytes, compressed {sizes:?}", plain.len());
    }
    divan::main();
}

#[divan::bench(types = [Gzip, Deflate, SmallerGzip], args = ITEMS)]
fn compress<K: Kind>(bencher: Bencher<'_, '_>, items: usize) {
    let plain = body(items);
    bencher
        .counter(BytesCount::new(plain.len()))
        .bench(|| compressed(K::SETTINGS, black_box(&plain)));
}

#[divan::bench(types = [Gzip, Deflate, SmallerGzip], args = ITEMS)]
fn decompress<K: Kind>(bencher: Bencher<'_, '_>, items: usize) {
    let plain = body(items);
    let packed = compressed(K::SETTINGS, &plain).unwrap_or_default();
    bencher
        .counter(BytesCount::new(plain.len()))
        .bench(|| decompressed(K::SETTINGS, black_box(&packed), PACKETS));
}

trait Kind {
    const SETTINGS: RequestCompression;
}

/// The default.
struct Gzip;
struct Deflate;
/// What the official clients send.
struct SmallerGzip;

impl Kind for Gzip {
    const SETTINGS: RequestCompression = RequestCompression::gzip();
}

impl Kind for Deflate {
    const SETTINGS: RequestCompression = RequestCompression::deflate();
}

impl Kind for SmallerGzip {
    const SETTINGS: RequestCompression = RequestCompression::gzip().level(6);
}

/// Items of about 220 bytes, which have their attributes' names in common and not much else.
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
/// What hyper reads at a time.
const PACKETS: usize = 16 << 10;
