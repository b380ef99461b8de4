//! The hash of ScyllaDB's default partitioner.
//!
//! It is MurmurHash3 for 64-bit machines with 128 bits of result, but for one slip that Cassandra made and that nobody can
//! take back: the bytes after the last whole block are taken as signed. The crates that have the hash (`murmur3`,
//! `fastmurmur3`) have it without the slip, and so differ for every key with a byte over 127 there; hence these lines.

/// Returns the token of a partition key, given as the server serialises it.
pub(crate) fn token(key: &[u8]) -> i64 {
    let (token, _) = hash(key);
    match token.cast_signed() {
        // It stands for "before all tokens".
        i64::MIN => i64::MAX,
        token => token,
    }
}

/// Returns both halves of the hash.
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
    h2 ^= mix_high(signed_bytes(high));
    h1 ^= mix_low(signed_bytes(low));
    let length = key.len() as u64;
    h1 ^= length;
    h2 ^= length;
    h1 = h1.wrapping_add(h2);
    h2 = h2.wrapping_add(h1);
    h1 = avalanche(h1);
    h2 = avalanche(h2);
    h1 = h1.wrapping_add(h2);
    h2 = h2.wrapping_add(h1);
    (h1, h2)
}

fn halves(block: u128) -> (u64, u64) {
    (block as u64, (block >> 64) as u64)
}

/// The slip: a byte over 127 sets all bits above it.
fn signed_bytes(tail: &[u8]) -> u64 {
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

fn avalanche(mut word: u64) -> u64 {
    word ^= word >> 33;
    word = word.wrapping_mul(0xff51_afd7_ed55_8ccd);
    word ^= word >> 33;
    word = word.wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    word ^ (word >> 33)
}

const C1: u64 = 0x87c3_7b91_1142_53d5;
const C2: u64 = 0x4cf5_ad43_2745_937f;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use scylla::routing::partitioner::{Murmur3Partitioner, Partitioner};

    use super::*;

    #[test]
    fn tokens_are_those_that_are_known() {
        assert_eq!(token(b"test"), -6_017_608_668_500_074_083);
        assert_eq!(token(b"xd"), 4_507_812_186_440_344_727);
        assert_eq!(token(b""), 0);
    }

    proptest! {
        #[test]
        fn tokens_are_those_of_the_driver(key in proptest::collection::vec(any::<u8>(), 0..70)) {
            prop_assert_eq!(token(&key), Murmur3Partitioner.hash_one(&key).value());
        }
    }
}
