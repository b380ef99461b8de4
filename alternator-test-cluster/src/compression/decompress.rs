//! Decompression of request bodies, up to the body limit.

use std::io::{self, Read};

use bytes::Bytes;
use flate2::read::{MultiGzDecoder, ZlibDecoder};

use super::Encoding;
use crate::api_error::{ApiError, BODY_LIMIT};

/// Decompresses a body. Rejects bodies that are truncated, not compressed, or followed by other data.
pub(crate) fn decompress(encoding: Encoding, body: &[u8]) -> Result<Bytes, ApiError> {
    let name = encoding.name();
    let inflated = match encoding {
        Encoding::Gzip => read_limited(MultiGzDecoder::new(body)),
        Encoding::Deflate => {
            let mut decoder = ZlibDecoder::new(body);
            let inflated = read_limited(&mut decoder);
            let is_whole = decoder.total_in() == body.len() as u64;
            inflated.and_then(|inflated| {
                let rest = || io::Error::new(io::ErrorKind::InvalidData, "data after the end");
                if is_whole { Ok(inflated) } else { Err(rest()) }
            })
        }
    };
    match inflated {
        Ok(inflated) if inflated.len() > BODY_LIMIT => Err(ApiError::too_large()),
        Ok(inflated) => Ok(Bytes::from(inflated)),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Err(ApiError::internal(
            format!("Truncated {name} in request body"),
        )),
        Err(_) => Err(ApiError::internal(format!(
            "Error during {name} decompression of request body"
        ))),
    }
}

/// Reads at most one byte more than the body limit, since a small body can inflate to a very large one.
fn read_limited(decoder: impl Read) -> io::Result<Vec<u8>> {
    let mut inflated = Vec::new();
    decoder
        .take(BODY_LIMIT as u64 + 1)
        .read_to_end(&mut inflated)?;
    Ok(inflated)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compression::compress;

    const ENCODINGS: [Encoding; 2] = [Encoding::Gzip, Encoding::Deflate];

    fn error_of(encoding: Encoding, body: &[u8]) -> String {
        let error = decompress(encoding, body).unwrap_err();
        assert_eq!(error.status, 500);
        error.to_json()
    }

    #[test]
    fn compressed_bodies_round_trip() {
        for encoding in ENCODINGS {
            let text = br#"{"TableName":"t"}"#.repeat(100);
            assert_eq!(
                decompress(encoding, &compress(encoding, &text)).unwrap(),
                text
            );
        }
    }

    #[test]
    fn consecutive_gzip_members_form_one_body() {
        let members = [
            compress(Encoding::Gzip, b"one "),
            compress(Encoding::Gzip, b"two"),
        ]
        .concat();
        assert_eq!(decompress(Encoding::Gzip, &members).unwrap(), "one two");
    }

    #[test]
    fn truncated_and_empty_bodies_are_rejected() {
        for encoding in ENCODINGS {
            let whole = compress(encoding, &b"some text that is long enough ".repeat(10));
            for length in 0..whole.len() {
                error_of(encoding, &whole[..length]);
            }
        }
        let whole = compress(Encoding::Gzip, b"text");
        assert!(error_of(Encoding::Gzip, &whole[..whole.len() - 3]).contains("Truncated gzip"));
    }

    #[test]
    fn uncompressed_bodies_and_trailing_data_are_rejected() {
        for encoding in ENCODINGS {
            assert!(error_of(encoding, b"{\"TableName\":\"t\"}").contains("Error during"));
            let followed = [
                &compress(encoding, b"text")[..],
                b"other data that is long enough to be a header",
            ]
            .concat();
            error_of(encoding, &followed);
        }
    }

    #[test]
    fn body_that_inflates_over_the_limit_is_too_large() {
        for encoding in ENCODINGS {
            let at_limit = compress(encoding, &vec![b' '; BODY_LIMIT]);
            assert_eq!(decompress(encoding, &at_limit).unwrap().len(), BODY_LIMIT);
            let over = compress(encoding, &vec![b' '; BODY_LIMIT + 1]);
            assert_eq!(decompress(encoding, &over).unwrap_err().status, 413);
        }
    }
}
