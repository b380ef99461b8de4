//! A response body that is decompressed while it is read.

use super::{DecodeError, Encoding};
use crate::observe::SavedBytes;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_types::body::SdkBody;
use flate2::bufread::{MultiGzDecoder, ZlibDecoder};
use http_body::{Body, Frame};
use pin_project_lite::pin_project;
use std::io::{self, BufRead, ErrorKind, Read};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

pub(super) type Data = <SdkBody as Body>::Data;

/// The number of bytes after which a task yields although there are more to decompress: about 80 µs of work.
const YIELD_AFTER: usize = 64 << 10;

/// The bytes that one step decompresses at most: about 15 µs of work.
const STEP: usize = 16 << 10;

/// Returns the body, decompressed, or one that fails with this error. Counts what it has saved once all of it is read.
pub(super) fn decoded(
    body: SdkBody,
    decoder: Result<Decoder, DecodeError>,
    saved: SavedBytes,
) -> SdkBody {
    SdkBody::from_body_1_x(DecodedBody {
        body,
        decoder: Some(decoder),
        decoded: 0,
        sizes: (0, 0),
        saved,
    })
}

pin_project! {
    struct DecodedBody {
        #[pin]
        body: SdkBody,
        // None at the end.
        decoder: Option<Result<Decoder, DecodeError>>,
        decoded: usize,
        // Those of the plain and of the compressed body so far.
        sizes: (usize, usize),
        saved: SavedBytes,
    }
}

impl Body for DecodedBody {
    type Data = Data;
    type Error = BoxError;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Data>, BoxError>>> {
        let mut this = self.project();
        let Some(Ok(decoder)) = this.decoder else {
            let error = this.decoder.take().and_then(Result::err);
            return Poll::Ready(error.map(|error| Err(error.into())));
        };
        if *this.decoded >= YIELD_AFTER {
            *this.decoded = 0;
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        let last = loop {
            match decoder.step() {
                Ok(Step::Decoded(data)) => {
                    *this.decoded += data.len();
                    this.sizes.0 += data.len();
                    return Poll::Ready(Some(Ok(Frame::data(data))));
                }
                Ok(Step::End) => {
                    this.saved.add(this.sizes.0, this.sizes.1);
                    break None;
                }
                Ok(Step::NeedsInput) => match ready!(this.body.as_mut().poll_frame(context)) {
                    // Other frames are trailers, which Alternator does not send and the SDK does not read.
                    Some(Ok(frame)) => {
                        let piece = frame.into_data().unwrap_or_default();
                        this.sizes.1 += piece.len();
                        decoder.feed(piece);
                    }
                    Some(Err(error)) => break Some(error),
                    None => decoder.end(),
                },
                Err(error) => break Some(error.into()),
            }
        };
        *this.decoder = None;
        Poll::Ready(last.map(Err))
    }

    fn is_end_stream(&self) -> bool {
        self.decoder.is_none()
    }
}

/// A decoder that is fed pieces and makes steps.
#[derive(Debug)]
pub(super) struct Decoder {
    encoding: Encoding,
    format: Format,
    /// The bytes that may still be decompressed.
    left: usize,
    limit: usize,
}

#[derive(Debug)]
enum Format {
    Gzip(MultiGzDecoder<Input>),
    Zlib(ZlibDecoder<Input>),
}

/// The result of a step.
#[derive(Debug)]
pub(super) enum Step {
    Decoded(Data),
    /// Another piece is needed, or the end.
    NeedsInput,
    End,
}

impl Decoder {
    pub(super) fn new(encoding: Encoding, limit: usize) -> Self {
        let input = Input::default();
        let format = match encoding {
            Encoding::Gzip => Format::Gzip(MultiGzDecoder::new(input)),
            Encoding::Deflate => Format::Zlib(ZlibDecoder::new(input)),
        };
        Self {
            encoding,
            format,
            left: limit,
            limit,
        }
    }

    /// Takes the next piece, which only a [`NeedsInput`](Step::NeedsInput) step asks for: the rest of the former is
    /// dropped.
    pub(super) fn feed(&mut self, piece: Data) {
        self.format.input().piece = piece;
    }

    /// Ends the input.
    pub(super) fn end(&mut self) {
        self.format.input().has_ended = true;
    }

    pub(super) fn step(&mut self) -> Result<Step, DecodeError> {
        if self.format.input().is_empty_for_now() {
            return Ok(Step::NeedsInput);
        }
        let mut decoded = vec![0; STEP];
        match self.format.read(&mut decoded) {
            Ok(0) if self.format.input().is_at_end() => Ok(Step::End),
            // Only deflate has an end before that: gzip takes the rest for another member.
            Ok(0) if self.format.input().is_empty_for_now() => Ok(Step::NeedsInput),
            Ok(0) => Err(self.corrupt(io::Error::other("something follows it"))),
            Ok(length) => {
                self.left = self
                    .left
                    .checked_sub(length)
                    .ok_or(DecodeError::TooLarge { limit: self.limit })?;
                decoded.truncate(length);
                Ok(Step::Decoded(Data::from(decoded)))
            }
            Err(error) => match error.kind() {
                ErrorKind::WouldBlock => Ok(Step::NeedsInput),
                ErrorKind::UnexpectedEof => Err(DecodeError::Truncated),
                _ => Err(self.corrupt(error)),
            },
        }
    }

    fn corrupt(&self, source: io::Error) -> DecodeError {
        let encoding = self.encoding.name();
        DecodeError::Corrupt { encoding, source }
    }
}

impl Format {
    fn input(&mut self) -> &mut Input {
        match self {
            Self::Gzip(decoder) => decoder.get_mut(),
            Self::Zlib(decoder) => decoder.get_mut(),
        }
    }
}

impl Read for Format {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Gzip(decoder) => decoder.read(into),
            Self::Zlib(decoder) => decoder.read(into),
        }
    }
}

/// The pieces, as a reader.
#[derive(Debug, Default)]
struct Input {
    piece: Data,
    has_ended: bool,
}

impl Input {
    fn is_at_end(&self) -> bool {
        self.has_ended && self.piece.is_empty()
    }

    fn is_empty_for_now(&self) -> bool {
        !self.has_ended && self.piece.is_empty()
    }
}

impl BufRead for Input {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.is_empty_for_now() {
            return Err(ErrorKind::WouldBlock.into());
        }
        Ok(&self.piece)
    }

    fn consume(&mut self, amount: usize) {
        drop(self.piece.split_to(amount.min(self.piece.len())));
    }
}

impl Read for Input {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let length = self.fill_buf()?.read(into)?;
        self.consume(length);
        Ok(length)
    }
}
