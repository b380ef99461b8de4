//! The hash of ScyllaDB's default partitioner.
//!
//! It is MurmurHash3_x64_128 with one deviation, introduced by Cassandra and kept for compatibility: the bytes after
//! the last whole block are sign-extended. The crates `murmur3` and `fastmurmur3` implement the hash without the
//! deviation, so their results differ for every key with a byte over 127 in its tail. Therefore the hash is implemented
//! here.

/// Returns the token of a partition key, given in the server's serialization.
pub(crate) fn token(key: &[u8]) -> i64 {
    let (token, _) = hash(key);
    match token.cast_signed() {
        // The minimum is reserved for the position before all tokens.
        i64::MIN => i64::MAX,
        token => token,
    }
}

/// Returns the low and the high half of the hash.
pub(super) fn hash(key: &[u8]) -> (u64, u64) {
    let (mut h1, mut h2) = (0_u64, 0_u64);
    let (blocks, tail) = key.as_chunks::<16>();
    for block in blocks {
        let (low, high) = halves(u128::from_le_bytes(*block));
        h1 ^= mix_low(low);
        h1 = h1.rotate_left(27).wrapping_add(h2);
        h1 = h1.wrapping_mul(5).wrapping_add(0x52dc_e729);
        h2 ^= mix_high(high);
        h2 = h2.rotate_left(31).wrapping_add(h1);
        h2 = h2.wrapping_mul(5).wrapping_add(0x3849_5ab5);
    }
    let (low, high) = tail.split_at(tail.len().min(8));
    h2 ^= mix_high(sign_extended_tail(high));
    h1 ^= mix_low(sign_extended_tail(low));
    let length = key.len() as u64;
    h1 ^= length;
    h2 ^= length;
    h1 = h1.wrapping_add(h2);
    h2 = h2.wrapping_add(h1);
    h1 = fmix64(h1);
    h2 = fmix64(h2);
    h1 = h1.wrapping_add(h2);
    h2 = h2.wrapping_add(h1);
    (h1, h2)
}

fn halves(block: u128) -> (u64, u64) {
    (block as u64, (block >> 64) as u64)
}

/// Combines the bytes of the tail as Cassandra does: each is sign-extended, so that a byte over 127 flips all bits
/// above.
fn sign_extended_tail(tail: &[u8]) -> u64 {
    let extended = |byte: &u8| i64::from(byte.cast_signed()).cast_unsigned();
    let shifted = tail.iter().zip((0..64).step_by(8));
    shifted.fold(0, |word, (byte, shift)| word ^ (extended(byte) << shift))
}

fn mix_low(word: u64) -> u64 {
    word.wrapping_mul(C1).rotate_left(31).wrapping_mul(C2)
}

fn mix_high(word: u64) -> u64 {
    word.wrapping_mul(C2).rotate_left(33).wrapping_mul(C1)
}

/// Applies the finalizer of MurmurHash3, `fmix64`.
fn fmix64(mut word: u64) -> u64 {
    word ^= word >> 33;
    word = word.wrapping_mul(0xff51_afd7_ed55_8ccd);
    word ^= word >> 33;
    word = word.wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    word ^ (word >> 33)
}

/// The multipliers of MurmurHash3_x64_128.
const C1: u64 = 0x87c3_7b91_1142_53d5;
const C2: u64 = 0x4cf5_ad43_2745_937f;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use scylla::routing::partitioner::{Murmur3Partitioner, Partitioner};

    use super::*;

    #[test]
    fn tokens_equal_known_values() {
        assert_eq!(token(b"test"), -6_017_608_668_500_074_083);
        assert_eq!(token(b"xd"), 4_507_812_186_440_344_727);
        assert_eq!(token(b""), 0);
    }

    proptest! {
        #[test]
        fn tokens_equal_those_of_the_scylla_driver(key in proptest::collection::vec(any::<u8>(), 0..70)) {
            prop_assert_eq!(token(&key), Murmur3Partitioner.hash_one(&key).value());
        }
    }
}
