//! Where a partition lies on the ring.
//!
//! ScyllaDB hashes the serialised partition key to a signed 64-bit *token*, and nodes own ranges of tokens. A client that
//! hashes the same bytes in the same way knows the owners, and clients that hash alike agree on a node without talking.

mod murmur3;
mod number;

use number::Number;

/// The token of a partition.
///
/// Never `i64::MIN`, which the server keeps for the beginning of the ring.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Token(i64);

/// The value of a partition key, as the request has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyValue<'a> {
    /// `S`
    Text(&'a str),
    /// `B`, decoded.
    Binary(&'a [u8]),
    /// `N`, as it is sent: the server takes `1`, `1.0` and `1e0` for different partitions.
    Number(&'a str),
}

impl Token {
    pub const MAX: Self = Self(i64::MAX);

    /// A token that the server names.
    pub fn new(token: i64) -> Self {
        match token {
            i64::MIN => Self::MAX,
            token => Self(token),
        }
    }

    /// The token of the partition with this key; none if the server would refuse the key, or if the number is of a
    /// length that nobody writes.
    pub fn of_key(key: KeyValue<'_>) -> Option<Self> {
        match key {
            KeyValue::Text(text) => Some(Self::of_bytes(text.as_bytes())),
            KeyValue::Binary(bytes) => Some(Self::of_bytes(bytes)),
            KeyValue::Number(text) => {
                Number::parse(text).map(|number| Self::of_bytes(number.bytes()))
            }
        }
    }

    /// The token of a serialised key.
    pub fn of_bytes(bytes: &[u8]) -> Self {
        Self::new(murmur3::first_half(bytes))
    }

    pub fn value(self) -> i64 {
        self.0
    }
}

#[cfg(test)]
mod tests;
