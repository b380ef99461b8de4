//! Decompresses a body that arrives in pieces.

use super::{DecodeError, Encoding};
use aws_smithy_types::body::SdkBody;
use flate2::bufread::{MultiGzDecoder, ZlibDecoder};
use http_body::Body;
use std::io::{self, BufRead, ErrorKind, Read};

pub(crate) type Data = <SdkBody as Body>::Data;

/// The bytes that one step decompresses at most: about 15 µs of work.
const STEP: usize = 16 << 10;

/// A decoder that is fed pieces and makes steps.
#[derive(Debug)]
pub(crate) struct Decoder {
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
pub(crate) enum Step {
    Decoded(Data),
    /// Another piece is needed, or the end.
    NeedsInput,
    End,
}

impl Decoder {
    pub(crate) fn new(encoding: Encoding, limit: usize) -> Self {
        let input = Input::default();
        let format = match encoding {
            Encoding::Gzip => Format::Gzip(MultiGzDecoder::new(input)),
            Encoding::Deflate => Format::Zlib(ZlibDecoder::new(input)),
        };
        Self {
            format,
            left: limit,
            limit,
        }
    }

    /// Takes the next piece, which only a [`NeedsInput`](Step::NeedsInput) step asks for: the rest of the former is
    /// dropped.
    pub(crate) fn feed(&mut self, piece: Data) {
        self.format.input().piece = piece;
    }

    /// Ends the input.
    pub(crate) fn end(&mut self) {
        self.format.input().has_ended = true;
    }

    pub(crate) fn step(&mut self) -> Result<Step, DecodeError> {
        if self.format.input().is_empty_for_now() {
            return Ok(Step::NeedsInput);
        }
        let mut decoded = vec![0; STEP];
        match self.format.read(&mut decoded) {
            Ok(0) if self.format.input().is_at_end() => Ok(Step::End),
            // Only deflate has an end before that: gzip takes the rest for another member.
            Ok(0) if self.format.input().is_empty_for_now() => Ok(Step::NeedsInput),
            Ok(0) => Err(self.format.is_no(io::Error::other("something follows it"))),
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
                _ => Err(self.format.is_no(error)),
            },
        }
    }
}

impl Format {
    fn input(&mut self) -> &mut Input {
        match self {
            Self::Gzip(decoder) => decoder.get_mut(),
            Self::Zlib(decoder) => decoder.get_mut(),
        }
    }

    fn is_no(&self, source: io::Error) -> DecodeError {
        let encoding = match self {
            Self::Gzip(_) => Encoding::Gzip,
            Self::Zlib(_) => Encoding::Deflate,
        };
        DecodeError::Corrupt {
            encoding: encoding.name(),
            source,
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
