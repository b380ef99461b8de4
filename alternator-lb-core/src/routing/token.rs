//! The position of a partition on the token ring.
//!
//! ScyllaDB hashes the serialised partition key to a signed 64-bit *token*, and nodes own ranges of tokens. A client
//! that hashes the same bytes in the same way knows the owners, and clients that hash alike agree on a node without
//! communication.

#[cfg(any(test, fuzzing))]
pub(crate) mod fuzzing;
mod murmur3;
mod number;

use number::Number;

/// The token of a partition.
///
/// Never `i64::MIN`, which the server reserves for the beginning of the ring.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Token(i64);

/// The value of a partition key, as it is in the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyValue<'a> {
    /// `S`
    Text(&'a str),
    /// `B`, decoded.
    Binary(&'a [u8]),
    /// `N`, as it is sent: for the server `1`, `1.0` and `1e0` are different partitions.
    Number(&'a str),
}

impl Token {
    /// The last token of the ring.
    pub const MAX: Self = Self(i64::MAX);

    /// Makes the token of a number from the server.
    #[inline]
    pub fn new(token: i64) -> Self {
        match token {
            i64::MIN => Self::MAX,
            token => Self(token),
        }
    }

    /// Computes the token of the partition with this key; none if the server would refuse the key, or if the number has
    /// more digits than any number of DynamoDB.
    #[inline]
    pub fn of_key(key: KeyValue<'_>) -> Option<Self> {
        match key {
            KeyValue::Text(text) => Some(Self::of_bytes(text.as_bytes())),
            KeyValue::Binary(bytes) => Some(Self::of_bytes(bytes)),
            KeyValue::Number(text) => {
                Number::parse(text).map(|number| Self::of_bytes(number.bytes()))
            }
        }
    }

    /// Computes the token of a serialised key.
    pub fn of_bytes(bytes: &[u8]) -> Self {
        Self::new(murmur3::first_half(bytes))
    }

    /// Returns the token as a number.
    #[inline]
    pub fn value(self) -> i64 {
        self.0
    }
}

#[cfg(test)]
mod tests;
