//! Compresses a body that is in memory.

use super::{Encoding, RequestCompression};
use flate2::{Compress, Compression, Crc, FlushCompress, Status};

/// The bytes that the header adds on the wire. With `gzip` it is three bytes shorter, which does not matter.
const HEADER: usize = "content-encoding: deflate\r\n".len();

/// Method deflate, no name, no time, unknown system.
const GZIP_HEADER: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];
const GZIP_TRAILER: usize = 8;

impl RequestCompression {
    /// Compresses a body that has at least the threshold's size. Returns `None` for a smaller one, and for one that
    /// would make the request no smaller; the compressor stops as soon as it turns out so.
    pub(crate) fn encode(&self, plain: &[u8]) -> Option<Vec<u8>> {
        if plain.len() < self.threshold {
            return None;
        }
        let most = plain.len().checked_sub(HEADER + 1)?;
        let level = Compression::new(self.checked_level());
        let compressed = match self.encoding {
            Encoding::Gzip => gzip(plain, level, most),
            Encoding::Deflate => deflate(Compress::new(level, true), plain, Vec::new(), most),
        };
        compressed.filter(|compressed| compressed.len() <= most)
    }
}

fn gzip(plain: &[u8], level: Compression, most: usize) -> Option<Vec<u8>> {
    let most = most.checked_sub(GZIP_TRAILER)?;
    let mut compressed = deflate(
        Compress::new(level, false),
        plain,
        GZIP_HEADER.to_vec(),
        most,
    )?;
    let mut checksum = Crc::new();
    checksum.update(plain);
    compressed.extend(checksum.sum().to_le_bytes());
    compressed.extend(checksum.amount().to_le_bytes());
    Some(compressed)
}

/// Appends to `begun`, which may have `most` bytes altogether.
fn deflate(
    mut compressor: Compress,
    plain: &[u8],
    mut begun: Vec<u8>,
    most: usize,
) -> Option<Vec<u8>> {
    let room = (most + GZIP_TRAILER).checked_sub(begun.len())?;
    begun.reserve_exact(room);
    let status = compressor.compress_vec(plain, &mut begun, FlushCompress::Finish);
    (status.ok()? == Status::StreamEnd).then_some(begun)
}
