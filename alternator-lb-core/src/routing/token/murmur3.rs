//! The hash of ScyllaDB's `Murmur3Partitioner`.
//!
//! The first 64 of the 128 bits of `MurmurHash3_x64_128`, from Austin Appleby's public-domain SMHasher, with seed 0 and
//! one quirk inherited from Cassandra (`MurmurHash.hash3_x64_128`): bytes after the last whole block of 16 are
//! sign-extended before they are mixed in, so a byte of 128 or more there also flips all bits above its own. Published
//! murmur3 crates hash such keys differently; hence this implementation.

/// Returns the first 64 bits of the hash.
pub(super) fn first_half(bytes: &[u8]) -> i64 {
    let (blocks, tail) = bytes.as_chunks::<16>();
    let (mut h1, mut h2) = (0_u64, 0_u64);
    for block in blocks {
        let block = u128::from_le_bytes(*block);
        // The first eight bytes, then the other eight.
        h1 ^= mix_first(block as u64);
        h1 = h1.rotate_left(27).wrapping_add(h2);
        h1 = h1.wrapping_mul(5).wrapping_add(0x52dc_e729);
        h2 ^= mix_second((block >> 64) as u64);
        h2 = h2.rotate_left(31).wrapping_add(h1);
        h2 = h2.wrapping_mul(5).wrapping_add(0x3849_5ab5);
    }
    let (first, second) = tail.split_at(tail.len().min(8));
    h2 ^= mix_second(sign_extended(second));
    h1 ^= mix_first(sign_extended(first));

    let length = bytes.len() as u64;
    h1 ^= length;
    h2 ^= length;
    h1 = h1.wrapping_add(h2);
    h2 = h2.wrapping_add(h1);
    // The last step of the algorithm only changes the second half.
    finish(h1).wrapping_add(finish(h2)).cast_signed()
}

/// Combines up to eight bytes, each sign-extended: the quirk.
fn sign_extended(bytes: &[u8]) -> u64 {
    let shifts = (0..).step_by(8);
    bytes.iter().zip(shifts).fold(0, |word, (&byte, shift)| {
        word ^ i64::from(byte.cast_signed()).cast_unsigned() << shift
    })
}

fn mix_first(word: u64) -> u64 {
    word.wrapping_mul(C1).rotate_left(31).wrapping_mul(C2)
}

fn mix_second(word: u64) -> u64 {
    word.wrapping_mul(C2).rotate_left(33).wrapping_mul(C1)
}

fn finish(mut word: u64) -> u64 {
    word ^= word >> 33;
    word = word.wrapping_mul(0xff51_afd7_ed55_8ccd);
    word ^= word >> 33;
    word = word.wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    word ^ word >> 33
}

const C1: u64 = 0x87c3_7b91_1142_53d5;
const C2: u64 = 0x4cf5_ad43_2745_937f;
