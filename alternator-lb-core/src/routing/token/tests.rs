use super::fuzzing::{bigdecimal_bytes, driver_token};
use super::*;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use bigdecimal::num_bigint::BigInt;
use proptest::prelude::*;

fn token_of_text(text: &str) -> i64 {
    Token::of_key(KeyValue::Text(text)).unwrap().value()
}

fn token_of_number(text: &str) -> Option<i64> {
    Some(Token::of_key(KeyValue::Number(text))?.value())
}

fn hex_bytes(text: &str) -> String {
    let number = Number::parse(text).unwrap();
    number
        .bytes()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

#[test]
fn tokens_equal_those_of_a_server() {
    // Results of a ScyllaDB server.
    assert_eq!(token_of_text("test"), -6_017_608_668_500_074_083);
    assert_eq!(token_of_text("xd"), 4_507_812_186_440_344_727);
    assert_eq!(token_of_number("1"), Some(8_893_630_619_691_575_734));
    assert_eq!(token_of_number("1e3"), Some(-2_607_473_706_957_718_374));
    assert_eq!(token_of_number("-5"), Some(8_689_823_146_742_926_298));
}

#[test]
fn empty_key_has_a_token() {
    assert_eq!(token_of_text(""), 0);
    assert_eq!(token_of_text(""), driver_token(b""));
}

#[test]
fn beginning_of_the_ring_is_no_token() {
    assert_eq!(Token::new(i64::MIN), Token::MAX);
    assert_eq!(Token::new(i64::MIN + 1).value(), i64::MIN + 1);
}

#[test]
fn numbers_are_serialised_as_they_are_written() {
    let known = [
        ("1", "0000000001"),
        ("1.0", "000000010a"),
        ("1e3", "fffffffd01"),
        ("1000", "0000000003e8"),
        ("0", "0000000000"),
        ("-0", "0000000000"),
        ("0.0", "0000000100"),
        ("+7", "0000000007"),
        ("007", "0000000007"),
        ("-5", "00000000fb"),
        ("1E-3", "0000000301"),
        ("1e+3", "fffffffd01"),
        ("1.", "0000000001"),
        (".5", "0000000105"),
        ("-.5e1", "00000000fb"),
        ("127", "000000007f"),
        ("128", "000000000080"),
        ("-128", "0000000080"),
        ("-129", "00000000ff7f"),
        ("255", "0000000000ff"),
        ("-256", "00000000ff00"),
        ("18446744073709551616", "00000000010000000000000000"),
        ("1e-2147483647", "7fffffff01"),
        ("1e2147483647", "8000000101"),
    ];
    for (text, bytes) in known {
        assert_eq!(hex_bytes(text), bytes, "{text}");
    }
}

#[test]
fn text_that_is_no_number_has_no_token() {
    let refused = [
        "",
        "+",
        "-",
        ".",
        "-.",
        "e3",
        ".e3",
        "1e",
        "1e+",
        "1e1.5",
        "1e1e1",
        "1.2.3",
        "--1",
        "+-1",
        "1-",
        " 1",
        "1 ",
        "0x10",
        "1_000",
        "NaN",
        "inf",
        "１",
        "1e2147483648",
        "1e-2147483648",
        "0.1e-2147483647",
    ];
    for text in refused {
        assert_eq!(token_of_number(text), None, "{text:?}");
    }
}

#[test]
fn numbers_have_a_token_up_to_511_bits() {
    let nines = |count: usize| "9".repeat(count);
    for text in [
        nines(38),
        nines(126),
        nines(153),
        "0".repeat(5_000) + "1",
        "0.".to_owned() + &nines(130),
    ] {
        let number = Number::parse(&text).unwrap();
        assert_eq!(number.bytes(), bigdecimal_bytes(&text).unwrap(), "{text}");
    }
    assert_eq!(token_of_number(&nines(155)), None);
    assert_eq!(token_of_number(&nines(100_000)), None);
    // The largest number has 154 digits.
    let largest = (BigInt::from(1) << 511) - 1;
    for (first, zeros) in (1..=9).flat_map(|first| (130..300).map(move |zeros| (first, zeros))) {
        let text = first.to_string() + &"0".repeat(zeros);
        let bytes = Number::parse(&text).map(|number| number.bytes().to_vec());
        let fits = text.parse::<BigInt>().unwrap() <= largest;
        let expected = bigdecimal_bytes(&text).filter(|_| fits);
        assert_eq!(bytes, expected, "{first} and {zeros} zeros");
    }
}

proptest! {
    #[test]
    fn tokens_equal_those_of_the_scylladb_driver(bytes in prop::collection::vec(any::<u8>(), 0..100), text in ".*") {
        prop_assert_eq!(Token::of_key(KeyValue::Binary(&bytes)).unwrap().value(), driver_token(&bytes));
        prop_assert_eq!(token_of_text(&text), driver_token(text.as_bytes()));
    }

    #[test]
    fn serialised_numbers_equal_those_of_another_library(text in "[+-]?[0-9]{1,60}(\\.[0-9]{0,60})?([eE][+-]?[0-9]{1,5})?") {
        let number = Number::parse(&text).unwrap();
        prop_assert_eq!(number.bytes(), bigdecimal_bytes(&text).unwrap(), "{}", text);
    }

    #[test]
    fn integers_are_serialised_in_the_fewest_bytes(integer in any::<i128>()) {
        let text = integer.to_string();
        let number = Number::parse(&text).unwrap();
        prop_assert_eq!(number.bytes(), bigdecimal_bytes(&text).unwrap());
        let digits = number.bytes().len() - 4;
        prop_assert!(digits == 1 || integer.checked_shr(8 * digits as u32 - 9).is_some_and(|rest| rest != 0 && rest != -1));
    }

    #[test]
    fn any_text_is_parsed_without_panic_and_as_another_library_does(text in "[-+.eE0-9]{0,12}|.*") {
        if let (Some(number), Some(bytes)) = (Number::parse(&text), bigdecimal_bytes(&text)) {
            prop_assert_eq!(number.bytes(), bytes);
        }
    }
}

#[test]
fn tokens_are_those_of_a_real_server() {
    let recorded: serde_json::Value =
        serde_json::from_str(include_str!("tokens-real.json")).unwrap();
    let mut count = 0;
    for (kind, keys) in recorded.as_object().unwrap() {
        for (key, token) in keys.as_object().unwrap() {
            let binary = BASE64.decode(key).unwrap_or_default();
            let value = match kind.as_str() {
                "S" => KeyValue::Text(key),
                "N" => KeyValue::Number(key),
                _ => KeyValue::Binary(&binary),
            };
            let expected = token.as_str().unwrap().parse().unwrap();
            assert_eq!(Token::of_key(value), Some(Token::new(expected)), "{key}");
            count += 1;
        }
    }
    assert!(count > 40, "{count}");
}
