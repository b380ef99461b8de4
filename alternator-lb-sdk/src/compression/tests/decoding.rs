//! Bodies of responses.

use super::*;
use crate::compression::body;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_types::body::SdkBody;
use http_body::{Body, Frame};
use proptest::prelude::*;
use std::collections::VecDeque;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

const ENCODINGS: [Encoding; 2] = [Encoding::Gzip, Encoding::Deflate];
const PLENTY: usize = 1 << 30;

fn error(encoding: Encoding, packed: &[u8]) -> DecodeError {
    decode(encoding, PLENTY, [packed]).unwrap_err().0
}

proptest! {
    #[test]
    fn decoding_is_independent_of_the_frame_sizes(length in 300..60_000usize, sizes in prop::collection::vec(1..700usize, 1..20)) {
        let plain = text(length);
        for encoding in ENCODINGS {
            let packed = packed(encoding, &plain);
            let mut rest = &packed[..];
            let mut pieces = Vec::new();
            for size in sizes.iter().cycle() {
                if rest.is_empty() {
                    break;
                }
                let (piece, others) = rest.split_at(rest.len().min(*size));
                pieces.push(piece);
                // Empty ones are no end.
                pieces.push(&[]);
                rest = others;
            }
            prop_assert_eq!(&decode(encoding, PLENTY, pieces).unwrap(), &plain);
        }
    }

    #[test]
    fn damaged_body_is_an_error_or_decodes_unchanged(length in 300..3_000usize, at in any::<prop::sample::Index>(), bits in 1..=255u8) {
        let plain = text(length);
        for encoding in ENCODINGS {
            let mut damaged = packed(encoding, &plain);
            let at = at.index(damaged.len());
            damaged[at] ^= bits;
            if let Ok(decoded) = decode(encoding, PLENTY, [&damaged[..]]) {
                prop_assert_eq!(&decoded, &plain);
            }
        }
    }

    #[test]
    fn random_bytes_are_an_error(noise in prop::collection::vec(any::<u8>(), 0..200)) {
        for encoding in ENCODINGS {
            // A checksum that is right by chance is not to be expected.
            prop_assert!(decode(encoding, PLENTY, [&noise[..]]).is_err());
        }
    }
}

#[test]
fn body_is_decoded_byte_by_byte() {
    for encoding in ENCODINGS {
        let packed = packed(encoding, &text(5_000));
        let bytes = packed.chunks(1);
        assert_eq!(decode(encoding, PLENTY, bytes).unwrap(), text(5_000));
    }
}

#[test]
fn truncated_body_is_an_error() {
    for encoding in ENCODINGS {
        let packed = packed(encoding, &text(2_000));
        for length in 0..packed.len() {
            let error = error(encoding, &packed[..length]);
            assert!(matches!(error, DecodeError::Truncated), "{length}: {error}");
        }
    }
}

#[test]
fn trailing_bytes_are_an_error() {
    for encoding in ENCODINGS {
        let whole = packed(encoding, &text(2_000));
        for pieces in [
            vec![[&whole[..], b"more"].concat()],
            vec![whole.clone(), b"more".to_vec()],
        ] {
            let pieces = pieces.iter().map(Vec::as_slice);
            let (error, _) = decode(encoding, PLENTY, pieces).unwrap_err();
            let follows = matches!(error, DecodeError::Corrupt { .. } | DecodeError::Truncated);
            assert!(follows, "{error}");
        }
    }
}

#[test]
fn concatenated_gzip_members_are_one_body() {
    let members = [
        packed(Encoding::Gzip, &text(300)),
        packed(Encoding::Gzip, &text(400)),
    ]
    .concat();
    let decoded = decode(Encoding::Gzip, PLENTY, [&members[..]]).unwrap();
    assert_eq!(decoded, [text(300), text(400)].concat());
}

#[test]
fn body_of_another_encoding_is_an_error() {
    let [gzip, deflate] = ENCODINGS.map(|encoding| packed(encoding, &text(2_000)));
    for (encoding, other) in [(Encoding::Gzip, &deflate), (Encoding::Deflate, &gzip)] {
        let error = error(encoding, other);
        let named = matches!(error, DecodeError::Corrupt { encoding: named, .. } if named == encoding.name());
        assert!(named, "{error}");
    }
    let without_zlibs_header = &deflate[2..];
    assert!(matches!(
        error(Encoding::Deflate, without_zlibs_header),
        DecodeError::Corrupt { .. }
    ));
}

#[test]
fn decompression_bomb_ends_at_the_limit() {
    let bomb = vec![b' '; 8 << 20];
    for encoding in ENCODINGS {
        let packed = packed(encoding, &bomb);
        assert!(packed.len() < bomb.len() / 50);
        for limit in [1, 1_000, 1 << 20] {
            let (error, decoded) = decode(encoding, limit, packed.chunks(4096)).unwrap_err();
            assert!(matches!(error, DecodeError::TooLarge { limit: named, .. } if named == limit));
            assert!(decoded <= limit);
        }
    }
}

#[test]
fn body_of_exactly_the_limit_is_decoded() {
    for encoding in ENCODINGS {
        let packed = packed(encoding, &text(100_000));
        assert!(decode(encoding, 100_000, [&packed[..]]).is_ok());
        assert!(decode(encoding, 99_999, [&packed[..]]).is_err());
    }
}

/// Yields these, and then an end or an error.
struct Pieces(VecDeque<Result<Data, &'static str>>);

impl Body for Pieces {
    type Data = Data;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Data>, BoxError>>> {
        let next = self.0.pop_front();
        Poll::Ready(next.map(|piece| piece.map(Frame::data).map_err(BoxError::from)))
    }
}

fn body_of(pieces: impl IntoIterator<Item = Result<Data, &'static str>>) -> SdkBody {
    let pieces = SdkBody::from_body_1_x(Pieces(pieces.into_iter().collect()));
    body::decoded(
        pieces,
        Ok(Decoder::new(Encoding::Gzip, PLENTY)),
        SavedBytes::default(),
    )
}

fn poll(body: &mut SdkBody) -> Poll<Option<Result<Frame<Data>, BoxError>>> {
    Pin::new(body).poll_frame(&mut Context::from_waker(Waker::noop()))
}

#[test]
fn decoding_yields_between_long_runs() {
    let length = 1 << 20;
    let packed = packed(Encoding::Gzip, &text(length));
    let mut body = body_of([Ok(Data::from(packed))]);
    let (mut yields, mut at_once, mut longest, mut decoded) = (0, 0, 0, 0);
    loop {
        match poll(&mut body) {
            Poll::Pending => (yields, at_once) = (yields + 1, 0),
            Poll::Ready(None) => break,
            Poll::Ready(Some(frame)) => {
                let data = frame.unwrap().into_data().unwrap();
                at_once += data.len();
                decoded += data.len();
                longest = longest.max(at_once);
            }
        }
    }
    assert_eq!(decoded, length);
    assert!(longest <= 80 << 10, "{longest}");
    assert!(yields >= 12, "{yields}");
}

#[test]
fn error_of_the_inner_body_is_passed_on() {
    let packed = packed(Encoding::Gzip, &text(2_000));
    let half = Data::copy_from_slice(&packed[..packed.len() / 2]);
    let mut body = body_of([Ok(half), Err("the connection broke")]);
    let error = loop {
        match poll(&mut body) {
            Poll::Ready(Some(Err(error))) => break error,
            Poll::Ready(Some(Ok(_))) => {}
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(error.to_string(), "the connection broke");
    assert!(matches!(poll(&mut body), Poll::Ready(None)), "once");
    assert!(Body::is_end_stream(&body));
}
