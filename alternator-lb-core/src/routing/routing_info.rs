//! Which nodes an operation wants before others.
//!
//! What an operation is about is read once, when it begins; where its attempts go is decided at each of them, against the
//! nodes as they are then. In between stands the info. It names partitions and no nodes, so it cannot grow stale, and where
//! it cannot be granted the operation goes where any other would.

use super::token::Token;
use super::token_map::TokenMap;
use std::net::IpAddr;
use std::sync::Arc;

/// Which nodes an operation wants before others, by the partitions that it is about.
#[derive(Clone, Debug)]
pub struct RoutingInfo(Keys);

/// A partition.
#[derive(Clone, Debug)]
pub struct RoutingKey {
    pub token: Token,
    /// Where the partitions of its table lie, if that is known.
    pub map: Option<Arc<TokenMap>>,
}

/// How the nodes that would do are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Preference {
    /// One coordinator for all clients: writes with transactions, key affinity.
    Primary,
    /// Any replica, the less busy one first.
    LeastLoaded,
}

/// All but batches are about one partition, and shall not allocate. Each with the order, which would make it larger beside
/// them: a info is moved with every plan.
#[derive(Clone, Debug)]
enum Keys {
    One(Preference, RoutingKey),
    Many(Preference, Box<[RoutingKey]>),
}

impl RoutingInfo {
    /// What an operation on one partition wants.
    pub fn one(key: RoutingKey, order: Preference) -> Self {
        Self(Keys::One(order, key))
    }

    /// What an operation on several wants; nothing if it is on none.
    pub fn many(keys: Vec<RoutingKey>, order: Preference) -> Option<Self> {
        match <[RoutingKey; 1]>::try_from(keys) {
            Ok([key]) => Some(Self::one(key, order)),
            Err(keys) if keys.is_empty() => None,
            Err(keys) => Some(Self(Keys::Many(order, keys.into()))),
        }
    }

    pub(super) fn keys(&self) -> &[RoutingKey] {
        match &self.0 {
            Keys::One(_, key) => std::slice::from_ref(key),
            Keys::Many(_, keys) => keys,
        }
    }

    pub(super) fn preference(&self) -> Preference {
        match self.0 {
            Keys::One(order, _) | Keys::Many(order, _) => order,
        }
    }
}

impl RoutingKey {
    /// The nodes that hold the partition, as far as that is known.
    pub(super) fn replicas(&self) -> &[IpAddr] {
        let map = self.map.as_deref();
        map.map(|map| map.replicas(self.token)).unwrap_or_default()
    }

    /// The same, if it is known.
    pub(super) fn known_replicas(&self) -> Option<&[IpAddr]> {
        Some(self.replicas()).filter(|replicas| !replicas.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wish_of_no_partition_is_none() {
        let key = |token| RoutingKey {
            token: Token::new(token),
            map: None,
        };
        let many = |tokens: &[i64]| {
            let keys = tokens.iter().copied().map(key).collect();
            let info = RoutingInfo::many(keys, Preference::LeastLoaded)?;
            assert_eq!(info.preference(), Preference::LeastLoaded);
            Some(info.keys().iter().map(|key| key.token.value()).collect())
        };
        assert_eq!(many(&[]), None::<Vec<i64>>);
        assert_eq!(many(&[4]), Some(vec![4]));
        assert_eq!(many(&[4, -2]), Some(vec![4, -2]));
        assert_eq!(
            RoutingInfo::one(key(7), Preference::Primary).keys().len(),
            1
        );
    }
}
