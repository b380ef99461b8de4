//! The value of a partition key and its token.

use std::cmp::Ordering;
use std::fmt::{self, Display, Formatter};
use std::hash::{Hash, Hasher};
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use bigdecimal::BigDecimal;
use serde_json::Value;

use super::murmur3;

/// The value of a partition key, which determines the replicas of the partition.
///
/// Two keys are equal if they identify the same partition, even if they are written differently.
///
/// ```
/// use alternator_test_cluster::PartitionKey;
///
/// assert_eq!(PartitionKey::from("test").token(), -6017608668500074083);
/// let number = PartitionKey::number("1e3");
/// assert_ne!(number, PartitionKey::number("1000"), "two partitions on the server");
/// ```
#[derive(Clone, Debug)]
pub struct PartitionKey {
    kind: AttributeType,
    /// The value as stored and hashed by the server.
    bytes: Vec<u8>,
    /// The value as written in a request.
    value: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum AttributeType {
    S,
    N,
    B,
}

impl PartitionKey {
    /// Creates a key of type S.
    pub fn string(value: impl Into<String>) -> Self {
        let value = value.into();
        let bytes = value.clone().into_bytes();
        Self {
            kind: AttributeType::S,
            value,
            bytes,
        }
    }

    /// Creates a key of type N from a number written as in requests. Returns `None` if it is not a number.
    pub fn number(value: impl Into<String>) -> Option<Self> {
        let value = value.into();
        let bytes = serialize_decimal(&value)?;
        Some(Self {
            kind: AttributeType::N,
            value,
            bytes,
        })
    }

    /// Creates a key of type B.
    pub fn binary(bytes: impl Into<Vec<u8>>) -> Self {
        let bytes = bytes.into();
        Self {
            kind: AttributeType::B,
            value: BASE64.encode(&bytes),
            bytes,
        }
    }

    /// Parses an attribute value of a request: `{"S": "a"}`.
    pub(crate) fn from_json(attribute: &Value) -> Option<Self> {
        let (kind, value) = attribute.as_object()?.iter().next()?;
        let value = value.as_str()?;
        match kind.as_str() {
            "S" => Some(Self::string(value)),
            "N" => Self::number(value),
            "B" => {
                let bytes = BASE64.decode(value).ok()?;
                Some(Self {
                    kind: AttributeType::B,
                    value: value.to_owned(),
                    bytes,
                })
            }
            _ => None,
        }
    }

    /// Returns the token of the partition.
    pub fn token(&self) -> i64 {
        murmur3::token(&self.bytes)
    }

    /// Returns what equality, order and hash are based on.
    fn identity(&self) -> (AttributeType, &[u8]) {
        (self.kind, &self.bytes)
    }

    /// Returns the type of the key: `S`, `N` or `B`.
    pub fn kind(&self) -> &'static str {
        match self.kind {
            AttributeType::S => "S",
            AttributeType::N => "N",
            AttributeType::B => "B",
        }
    }

    /// Returns the value as written in requests: text for S and N, base64 for B.
    pub fn value(&self) -> &str {
        &self.value
    }
}

impl From<&str> for PartitionKey {
    fn from(value: &str) -> Self {
        Self::string(value)
    }
}

impl From<String> for PartitionKey {
    fn from(value: String) -> Self {
        Self::string(value)
    }
}

impl PartialEq for PartitionKey {
    fn eq(&self, other: &Self) -> bool {
        self.identity() == other.identity()
    }
}

impl Eq for PartitionKey {}

impl PartialOrd for PartitionKey {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for PartitionKey {
    fn cmp(&self, other: &Self) -> Ordering {
        self.identity().cmp(&other.identity())
    }
}

impl Hash for PartitionKey {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        self.identity().hash(hasher);
    }
}

impl Display for PartitionKey {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}", self.kind(), self.value)
    }
}

/// Serializes a number as the server does: the scale, followed by the unscaled value as the shortest two's complement.
/// The number is not normalized, so that `1`, `1.0` and `10e-1` are three keys.
fn serialize_decimal(text: &str) -> Option<Vec<u8>> {
    // The parser also accepts underscores, which the server does not.
    let is_valid = |byte: u8| byte.is_ascii_digit() || b"+-.eE".contains(&byte);
    if !text.bytes().all(is_valid) {
        return None;
    }
    let (digits, scale) = BigDecimal::from_str(text).ok()?.into_bigint_and_scale();
    let scale = i32::try_from(scale).ok()?;
    let mut bytes = scale.to_be_bytes().to_vec();
    bytes.extend(digits.to_signed_bytes_be());
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    #[test]
    fn tokens_of_strings_and_numbers_equal_known_values() {
        assert_eq!(PartitionKey::from("test").token(), -6017608668500074083);
        assert_eq!(
            PartitionKey::from("xd".to_owned()).token(),
            4507812186440344727
        );
        for (number, token) in [
            ("1", 8893630619691575734),
            ("1e3", -2607473706957718374),
            ("-5", 8689823146742926298),
        ] {
            assert_eq!(
                PartitionKey::number(number).unwrap().token(),
                token,
                "{number}"
            );
        }
    }

    #[test]
    fn numbers_are_serialized_without_normalizing_their_scale() {
        for (number, bytes) in [
            ("1", "0000000001"),
            ("1.0", "000000010a"),
            ("1e3", "fffffffd01"),
            ("1000", "0000000003e8"),
            ("0", "0000000000"),
            ("-0.00", "0000000200"),
            ("+7", "0000000007"),
            ("127", "000000007f"),
            ("128", "000000000080"),
            ("-128", "0000000080"),
            ("-129", "00000000ff7f"),
            (".5", "0000000105"),
            ("1.50E-2", "000000040096"),
            ("0001", "0000000001"),
        ] {
            let key = PartitionKey::number(number).unwrap();
            assert_eq!(hex(&key.bytes), bytes, "{number}");
        }
        for invalid in ["", "a", "1_000", "1e", "e3", "--1", "1 ", "1e99999999999"] {
            assert_eq!(PartitionKey::number(invalid), None, "{invalid}");
        }
    }

    #[test]
    fn attribute_values_of_requests_are_parsed() {
        let parse = |attribute: Value| PartitionKey::from_json(&attribute);
        assert_eq!(parse(json!({"S": "a"})), Some(PartitionKey::from("a")));
        assert_eq!(parse(json!({"N": "1.0"})), PartitionKey::number("1.0"));
        let binary = parse(json!({"B": "AP8="})).unwrap();
        assert_eq!(binary, PartitionKey::binary([0, 255]));
        assert_eq!((binary.kind(), binary.value()), ("B", "AP8="));
        assert_eq!(binary.to_string(), "B:AP8=");
        assert_ne!(parse(json!({"B": "AQ=="})), parse(json!({"S": "\u{1}"})));
        assert_eq!(parse(json!({"N": "+1E3"})), parse(json!({"N": "1e3"})));
        for invalid in [
            json!({}),
            json!("a"),
            json!({"S": 1}),
            json!({"B": "?"}),
            json!({"N": "x"}),
            json!({"BOOL": true}),
        ] {
            assert_eq!(parse(invalid.clone()), None, "{invalid}");
        }
    }

    proptest! {
        #[test]
        fn serialized_number_contains_its_digits_and_scale(digits in any::<i128>(), places in 0..30_usize) {
            // The text is written and the bytes are decoded without the code under test.
            let sign = if digits < 0 { "-" } else { "" };
            let mut text = format!("{:040}", digits.unsigned_abs());
            text.insert(40 - places, '.');
            let key = PartitionKey::number(format!("{sign}{text}")).unwrap();
            let (scale, unscaled) = key.bytes.split_at(4);
            prop_assert_eq!(scale, (places as i32).to_be_bytes());
            prop_assert!(unscaled.len() <= 16);
            let filler = if unscaled[0] > 127 { 255 } else { 0 };
            let mut extended = [filler; 16];
            extended[16 - unscaled.len()..].copy_from_slice(unscaled);
            prop_assert_eq!(i128::from_be_bytes(extended), digits);
            // The unscaled value has no redundant leading byte.
            if unscaled.len() > 1 {
                prop_assert_ne!((unscaled[0], unscaled[1] > 127), (0, false));
                prop_assert_ne!((unscaled[0], unscaled[1] > 127), (255, true));
            }
        }
    }
}
