//! Properties of compressed bodies.

#![expect(
    clippy::panic,
    reason = "a property that does not hold is reported by a panic"
)]

use super::body::{Data, Decoder, Step};
use super::{DecodeError, Encoding, RequestCompression};
use flate2::bufread::{MultiGzDecoder, ZlibDecoder};
use std::io::Read as _;
use std::mem::discriminant;

/// The most bytes that are decoded. A few kilobytes can stand for megabytes, which take their time.
const LIMIT: usize = 1 << 16;

/// The most pieces of a body, about: each takes a step of the decoder.
const PIECES: usize = 64;

/// Checks that a body is decoded as another decoder does it, whatever the sizes of its pieces, and never beyond a
/// limit; and that a body that is compressed is decoded to what it was.
///
/// The input begins with the encoding, `g` or `d`, and a byte with the size of the pieces.
pub fn encoded_bodies(input: &[u8]) {
    let Some((&[encoding, size], body)) = input.split_first_chunk() else {
        return;
    };
    let encoding = match encoding {
        b'g' => Encoding::Gzip,
        b'd' => Encoding::Deflate,
        _ => return,
    };
    let size = usize::from(size).max(body.len() / PIECES).max(1);
    check_decoding(encoding, size, body);
    check_encoding(encoding, body);
}

fn check_decoding(encoding: Encoding, size: usize, body: &[u8]) {
    let whole = decode(encoding, LIMIT, [body]);
    let reference = reference(encoding, body);
    match (&whole, decode(encoding, LIMIT, body.chunks(size))) {
        (Ok(whole), Ok(of_pieces)) => assert_eq!(*whole, of_pieces),
        (Err((error, length)), Err((of_pieces, other_length))) => {
            // A body that is malformed just beyond the limit has both errors: how much is decoded before the second one
            // is found depends on the pieces.
            let is_too_large = |error: &DecodeError| matches!(error, DecodeError::TooLarge { .. });
            assert!(
                discriminant(error) == discriminant(&of_pieces)
                    || is_too_large(error)
                    || is_too_large(&of_pieces),
                "{error:?} by the whole, {of_pieces:?} by its pieces"
            );
            assert!(*length <= LIMIT && other_length <= LIMIT);
        }
        (one, other) => panic!("{one:?} by the whole, {other:?} by its pieces"),
    }
    let Ok(decoded) = whole else {
        assert_eq!(reference, None);
        return;
    };
    assert_eq!(reference.as_ref(), Some(&decoded));
    assert!(decode(encoding, decoded.len(), [body]).is_ok());
    if let Some(less) = decoded.len().checked_sub(1) {
        let error = decode(encoding, less, [body]).err();
        assert!(error.is_some_and(|(error, length)| {
            matches!(error, DecodeError::TooLarge { limit } if limit == less) && length <= less
        }));
    }
}

/// Returns the decoded body by a decoder of all of it. `None` if it is malformed or too long.
fn reference(encoding: Encoding, body: &[u8]) -> Option<Vec<u8>> {
    let mut decoded = Vec::new();
    let limit = LIMIT as u64 + 1;
    let rest = match encoding {
        Encoding::Gzip => {
            let mut decoder = MultiGzDecoder::new(body);
            let read = decoder.by_ref().take(limit).read_to_end(&mut decoded);
            read.ok()?;
            decoder.into_inner()
        }
        Encoding::Deflate => {
            let mut decoder = ZlibDecoder::new(body);
            let read = decoder.by_ref().take(limit).read_to_end(&mut decoded);
            read.ok()?;
            decoder.into_inner()
        }
    };
    (rest.is_empty() && decoded.len() <= LIMIT).then_some(decoded)
}

fn check_encoding(encoding: Encoding, body: &[u8]) {
    let setting = RequestCompression::gzip().threshold(0);
    let setting = RequestCompression {
        encoding,
        ..setting
    };
    if let Some(compressed) = setting.compress(body) {
        assert!(compressed.len() < body.len());
        let decoded = decode(encoding, body.len(), [&compressed[..]]);
        assert!(decoded.is_ok_and(|decoded| decoded == body));
    }
}

/// Feeds these pieces to a decoder. Returns what it decodes, or the error and the number of bytes before it.
pub(super) fn decode<'a>(
    encoding: Encoding,
    limit: usize,
    pieces: impl IntoIterator<Item = &'a [u8]>,
) -> Result<Vec<u8>, (DecodeError, usize)> {
    let mut decoder = Decoder::new(encoding, limit);
    let mut pieces = pieces.into_iter();
    let mut decoded = Vec::new();
    loop {
        match decoder.step() {
            Ok(Step::Decoded(data)) => decoded.extend_from_slice(&data),
            Ok(Step::End) => return Ok(decoded),
            Ok(Step::NeedsInput) => match pieces.next() {
                Some(piece) => decoder.feed(Data::copy_from_slice(piece)),
                None => decoder.end(),
            },
            Err(error) => return Err((error, decoded.len())),
        }
    }
}
