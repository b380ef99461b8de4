//! Bodies of requests.

use super::*;
use crate::{Alternator, BuildError};
use proptest::prelude::*;

/// Bodies from those that shrink to nothing to those that do not shrink.
fn bodies() -> impl Strategy<Value = Vec<u8>> {
    let like_items = (0..8_000usize).prop_map(text);
    let random = prop::collection::vec(any::<u8>(), 0..4_000);
    let few_letters = prop::collection::vec(0..4u8, 0..4_000);
    let mixed = (random.clone(), 0..4_000usize).prop_map(|(mut body, length)| {
        body.extend(text(length));
        body
    });
    prop_oneof![like_items, random, few_letters, mixed]
}

proptest! {
    #[test]
    fn compressed_body_decompresses_to_the_original(body in bodies(), level in 1..=9u32, threshold in 0..2_000usize) {
        for settings in BOTH.map(|settings| settings.level(level).threshold(threshold)) {
            if let Some(packed) = settings.compress(&body) {
                prop_assert_eq!(unpacked(settings.encoding, &packed), &body[..]);
            }
        }
    }

    #[test]
    fn compressed_request_is_never_larger(body in bodies(), level in 1..=9u32) {
        for settings in BOTH.map(|settings| settings.level(level).threshold(0)) {
            if let Some(packed) = settings.compress(&body) {
                let header = format!("content-encoding: {}\r\n", settings.encoding.name());
                prop_assert!(packed.len() + header.len() < body.len());
            }
        }
    }

    #[test]
    fn body_below_the_threshold_stays_plain(length in 0..4_000usize, threshold in 0..4_000usize) {
        for settings in BOTH {
            let is_compressed = settings.threshold(threshold).compress(&text(length)).is_some();
            prop_assert!(!is_compressed || length >= threshold);
            if length >= threshold && length >= 1_000 {
                prop_assert!(is_compressed, "{length} bytes shrink");
            }
        }
    }
}

#[test]
fn body_of_exactly_the_threshold_is_compressed() {
    for settings in BOTH {
        assert!(settings.compress(&text(1_024)).is_some());
        assert!(settings.compress(&text(1_023)).is_none());
    }
}

#[test]
fn incompressible_body_stays_plain() {
    let mut rng = fastrand::Rng::with_seed(1);
    let random: Vec<u8> = std::iter::repeat_with(|| rng.u8(..)).take(50_000).collect();
    for settings in BOTH {
        assert_eq!(settings.compress(&random), None);
        for length in 0..60 {
            assert_eq!(settings.threshold(0).compress(&random[..length]), None);
        }
    }
}

#[test]
fn body_of_the_largest_size_is_compressed() {
    let body = text(16 << 20);
    for settings in BOTH {
        let packed = settings.compress(&body).unwrap();
        assert!(packed.len() < body.len() / 3, "{}", packed.len());
        assert_eq!(unpacked(settings.encoding, &packed), body);
    }
}

#[test]
fn invalid_level_is_a_build_error() {
    let build = |level| {
        let settings = RequestCompression::gzip().level(level);
        let builder = Alternator::builder().seeds(["http://192.0.2.1:8000"]);
        builder.request_compression(settings).build()
    };
    for level in 1..=9 {
        build(level).unwrap();
    }
    for level in [0, 10, u32::MAX] {
        let error = build(level).unwrap_err();
        assert!(
            matches!(error, BuildError::CompressionLevel { level: named, .. } if named == level)
        );
        assert!(error.to_string().contains(&level.to_string()), "{error}");
        // The settings of an operation are not validated.
        let unchecked = RequestCompression::gzip().level(level);
        assert!(unchecked.compress(&text(5_000)).is_some());
    }
}

#[test]
fn limit_of_zero_is_a_build_error() {
    let settings = ResponseCompression::gzip().limit(0);
    let builder = Alternator::builder().seeds(["http://192.0.2.1:8000"]);
    let error = builder.response_compression(settings).build().unwrap_err();
    assert!(matches!(error, BuildError::ResponseLimit), "{error}");
}
