//! Decompressing what comes in pieces.

use super::{DecodeError, Encoding};
use aws_smithy_types::body::SdkBody;
use flate2::bufread::{MultiGzDecoder, ZlibDecoder};
use http_body::Body;
use std::io::{self, BufRead, ErrorKind, Read};

pub(crate) type Data = <SdkBody as Body>::Data;

/// How much is decompressed at a time: about 15 µs of work.
const STEP: usize = 16 << 10;

/// A decoder that is given pieces and asked for steps.
#[derive(Debug)]
pub(crate) struct Decoder {
    format: Format,
    /// How much may still come out.
    left: usize,
    limit: usize,
}

#[derive(Debug)]
enum Format {
    Gzip(MultiGzDecoder<Input>),
    Zlib(ZlibDecoder<Input>),
}

/// What came of a step.
#[derive(Debug)]
pub(crate) enum Step {
    Decoded(Data),
    /// Nothing without another piece, or the end.
    Hungry,
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

    /// Takes the next piece. Only for who is [hungry](Step::Hungry): what is left of the former is dropped.
    pub(crate) fn feed(&mut self, piece: Data) {
        self.format.input().piece = piece;
    }

    /// There are no more pieces.
    pub(crate) fn end(&mut self) {
        self.format.input().has_ended = true;
    }

    pub(crate) fn step(&mut self) -> Result<Step, DecodeError> {
        if self.format.input().is_empty_for_now() {
            return Ok(Step::Hungry);
        }
        let mut decoded = vec![0; STEP];
        match self.format.read(&mut decoded) {
            Ok(0) if self.format.input().is_at_end() => Ok(Step::End),
            // Only deflate has an end before that: gzip takes what follows for more of itself.
            Ok(0) if self.format.input().is_empty_for_now() => Ok(Step::Hungry),
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
                ErrorKind::WouldBlock => Ok(Step::Hungry),
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

/// The pieces, as the decoders want to read them.
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
