//! What a node says about the partition that it was asked for and does not have.

use crate::routing::token::Token;
use std::net::IpAddr;

/// A range of tokens and its replicas, as a node names them that is none of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Hint {
    token: Token,
    start: i64,
    end: Token,
    replicas: Box<[IpAddr]>,
}

/// More replicas than any replication factor asks for are a mistake.
const MAX_REPLICAS: usize = 32;

impl Hint {
    /// Reads the hint (`start,end,address[/shard],…`) in the answer to a request for the partition with this token.
    ///
    /// None if it is none, or not about this token. Addresses that are none are left out.
    pub(crate) fn parse(token: Token, header: &str) -> Option<Self> {
        let mut parts = header.split(',').map(str::trim);
        let start = parts.next()?.parse().ok()?;
        let end = Token::new(parts.next()?.parse().ok()?);
        let address = |part: &str| {
            let (address, _shard) = part.split_once('/').unwrap_or((part, ""));
            address.parse().ok()
        };
        let mut replicas: Vec<IpAddr> = parts.filter_map(address).take(MAX_REPLICAS + 1).collect();
        replicas.sort_unstable();
        replicas.dedup();
        if replicas.is_empty() || replicas.len() > MAX_REPLICAS {
            return None;
        }
        Some(Self {
            token,
            start: start_around(token, start, end)?,
            end,
            replicas: replicas.into(),
        })
    }

    /// The token that was asked for.
    pub(crate) fn token(&self) -> Token {
        self.token
    }

    /// The token before the range. If that is not less than its end, the range goes over the end of the ring.
    pub(super) fn start(&self) -> i64 {
        self.start
    }

    /// The last token of the range.
    pub(super) fn end(&self) -> Token {
        self.end
    }

    /// In the order of their addresses.
    pub(crate) fn replicas(&self) -> &[IpAddr] {
        &self.replicas
    }
}

/// Where the range begins of which a node says that it is `(start, end]`; none if the token cannot be in it.
///
/// For a token after the last one of a ring of vnodes the node names the first range without its part before the beginning
/// of the ring. Where that part begins it does not say; it is known to hold the token and what comes after.
fn start_around(token: Token, start: i64, end: Token) -> Option<i64> {
    let is_after_start = token.value() > start;
    let is_within = match start < end.value() {
        true => is_after_start && token <= end,
        false => is_after_start || token <= end,
    };
    match is_within {
        true => Some(start),
        // No token is the least number, so there is one less.
        false if start == i64::MIN => token.value().checked_sub(1),
        false => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn hint(token: i64, header: &str) -> Option<Hint> {
        Hint::parse(Token::new(token), header)
    }

    fn range(token: i64, header: &str) -> Option<(i64, i64)> {
        hint(token, header).map(|hint| (hint.start(), hint.end().value()))
    }

    #[test]
    fn a_hint_names_a_range_and_its_replicas() {
        let known = hint(7, "-5,10,10.0.0.2,10.0.0.1/3, 2001:db8::1,10.0.0.2").unwrap();
        assert_eq!((known.start(), known.end()), (-5, Token::new(10)));
        let replicas: Vec<String> = known.replicas().iter().map(IpAddr::to_string).collect();
        assert_eq!(replicas, ["10.0.0.1", "10.0.0.2", "2001:db8::1"]);
    }

    #[test]
    fn a_range_begins_after_its_start_and_ends_with_its_end() {
        assert_eq!(range(10, "-5,10,10.0.0.1"), Some((-5, 10)));
        assert_eq!(range(-4, "-5,10,10.0.0.1"), Some((-5, 10)));
        assert_eq!(range(-5, "-5,10,10.0.0.1"), None);
        assert_eq!(range(11, "-5,10,10.0.0.1"), None);
        let all = "-9223372036854775808,9223372036854775807,10.0.0.1";
        assert_eq!(range(i64::MAX, all), Some((i64::MIN, i64::MAX)));
        assert_eq!(range(-i64::MAX, all), Some((i64::MIN, i64::MAX)));
    }

    #[test]
    fn a_token_after_the_last_of_the_ring_belongs_to_the_first_range() {
        let first = "-9223372036854775808,-100,10.0.0.1";
        assert_eq!(range(-100, first), Some((i64::MIN, -100)));
        assert_eq!(range(500, first), Some((499, -100)));
        assert_eq!(range(i64::MAX, first), Some((i64::MAX - 1, -100)));
    }

    #[test]
    fn a_range_that_goes_over_the_end_of_the_ring_holds_both_its_parts() {
        let around = "100,-100,10.0.0.1";
        for token in [101, i64::MAX, -i64::MAX, -100] {
            assert_eq!(range(token, around), Some((100, -100)), "{token}");
        }
        assert_eq!(range(0, around), None);
        assert_eq!(range(0, "5,5,10.0.0.1"), Some((5, 5)), "all of it");
    }

    #[test]
    fn what_is_no_hint_is_none() {
        let many: Vec<String> = (0..33).map(|last| format!("10.0.0.{last}")).collect();
        for header in [
            "",
            ",",
            "1",
            "1,2",
            "1,2,",
            "a,9,10.0.0.1",
            "1,b,10.0.0.1",
            "1,9,node1",
            "1,9,10.0.0.1:8000",
            "1,99999999999999999999,10.0.0.1",
            &format!("1,9,{}", many.join(",")),
        ] {
            assert_eq!(hint(5, header), None, "{header:?}");
        }
        assert!(hint(5, &format!("1,9,{}", many[1..].join(","))).is_some());
    }

    #[test]
    fn a_node_that_goes_by_no_address_is_left_out() {
        let known = hint(5, "1,9,5e3d8f6c-0000-4000-8000-000000000000,10.0.0.1").unwrap();
        assert_eq!(known.replicas(), ["10.0.0.1".parse::<IpAddr>().unwrap()]);
    }

    proptest! {
        #[test]
        fn any_text_can_be_looked_at(token in any::<i64>(), text in ".*", header in "(-?[0-9]{1,20},){2}(10.0.0.1|::1|/|,){0,9}") {
            let _ = (hint(token, &text), hint(token, &header));
        }

        #[test]
        fn the_token_that_was_asked_for_is_in_the_range(token in any::<i64>(), start in any::<i64>(), end in any::<i64>()) {
            for start in [start, i64::MIN] {
                let Some((start, end)) = range(token, &format!("{start},{end},10.0.0.1")) else {
                    continue;
                };
                let token = Token::new(token).value();
                let width = end.wrapping_sub(start).cast_unsigned().wrapping_sub(1);
                prop_assert!(token.wrapping_sub(start).cast_unsigned().wrapping_sub(1) <= width);
            }
        }
    }
}
