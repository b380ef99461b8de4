//! Properties of the tokens of keys.

use super::number::Number;
use super::{KeyValue, Token};
use bigdecimal::BigDecimal;
use scylla::routing::partitioner::{Murmur3Partitioner, Partitioner as _, PartitionerHasher as _};
use std::str::FromStr as _;

/// Checks that keys have the tokens that ScyllaDB's own driver computes, and that numbers are serialised as another
/// library serialises them.
///
/// The input begins with the type of the key, `S`, `B` or `N`.
pub fn partition_keys(key: &[u8]) {
    let Some((kind, value)) = key.split_first() else {
        return;
    };
    let text = std::str::from_utf8(value);
    match (kind, text) {
        (b'S', Ok(text)) => check(KeyValue::Text(text), value),
        (b'B', _) => check(KeyValue::Binary(value), value),
        (b'N', Ok(text)) => check_number(text),
        _ => {}
    }
}

fn check(key: KeyValue<'_>, serialised: &[u8]) {
    let token = Token::of_key(key).map(Token::value);
    assert_eq!(token, Some(driver_token(serialised)));
    assert_ne!(token, Some(i64::MIN));
}

/// Returns the token by ScyllaDB's own driver.
pub(super) fn driver_token(bytes: &[u8]) -> i64 {
    let mut hasher = Murmur3Partitioner.build_hasher();
    hasher.write(bytes);
    hasher.finish().value()
}

fn check_number(text: &str) {
    let Some(number) = Number::parse(text) else {
        assert_eq!(Token::of_key(KeyValue::Number(text)), None);
        assert!(!is_short_number(text), "{text} is a number");
        return;
    };
    assert!(text.bytes().all(|byte| b"+-.eE0123456789".contains(&byte)));
    if let Some(bytes) = bigdecimal_bytes(text) {
        assert_eq!(number.bytes(), bytes, "{text}");
    }
    check(KeyValue::Number(text), number.bytes());
}

/// Returns the serialisation of a number by another library's decimals.
pub(super) fn bigdecimal_bytes(text: &str) -> Option<Vec<u8>> {
    let (digits, scale) = BigDecimal::from_str(text).ok()?.into_bigint_and_exponent();
    let mut bytes = i32::try_from(scale).ok()?.to_be_bytes().to_vec();
    bytes.extend(digits.to_signed_bytes_be());
    Some(bytes)
}

/// Returns whether this is a number without an exponent, and of no more digits than DynamoDB's.
fn is_short_number(text: &str) -> bool {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let count = digits.bytes().filter(u8::is_ascii_digit).count();
    let points = digits.bytes().filter(|byte| *byte == b'.').count();
    (1..=126).contains(&count) && points <= 1 && count + points == digits.len()
}
