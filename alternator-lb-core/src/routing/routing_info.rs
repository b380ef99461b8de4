//! The partitions that an operation is about, and which of their nodes it prefers.
//!
//! The routing info of an operation is read once, when it begins; where its attempts go is decided at each of them, by
//! the nodes as they are then. It names partitions and no nodes, so it cannot become stale, and where none of the
//! preferred nodes is usable the operation is routed as any other.

use super::Endpoint;
use super::token::Token;
use super::token_map::TokenMap;
use std::net::IpAddr;
use std::sync::Arc;

/// The nodes that an operation prefers, by the partitions that it is about.
#[derive(Clone, Debug)]
pub struct RoutingInfo(Keys);

/// A partition.
#[derive(Clone, Debug)]
pub struct RoutingKey {
    /// The token of the partition.
    pub token: Token,
    /// The token map of its table, if it is known.
    pub map: Option<Arc<TokenMap>>,
}

/// The preference among the nodes that can serve a partition. Of two, the stricter one is the greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Preference {
    /// Any replica, the less loaded one first.
    LeastLoaded,
    /// The primary node unless it is overloaded: for operations with key affinity that are no transactions.
    BoundedPrimary,
    /// The primary node, which is the same for all clients: for writes with transactions.
    Primary,
}

/// All operations but batches are about one partition, and must not allocate. The preference is in each variant, beside
/// which it would make the type larger: every plan moves one.
#[derive(Clone, Debug)]
enum Keys {
    One(Preference, RoutingKey),
    Many(Preference, Box<[RoutingKey]>),
}

impl Preference {
    /// Returns whether the operation wants one coordinator, the primary node.
    pub(super) fn is_primary(self) -> bool {
        match self {
            Self::Primary | Self::BoundedPrimary => true,
            Self::LeastLoaded => false,
        }
    }
}

impl RoutingInfo {
    /// Makes the routing info of an operation on one partition.
    #[inline]
    pub fn one(key: RoutingKey, preference: Preference) -> Self {
        Self(Keys::One(preference, key))
    }

    /// Makes the routing info of an operation on several partitions; none if there are no keys.
    pub fn many(keys: Vec<RoutingKey>, preference: Preference) -> Option<Self> {
        match <[RoutingKey; 1]>::try_from(keys) {
            Ok([key]) => Some(Self::one(key, preference)),
            Err(keys) if keys.is_empty() => None,
            Err(keys) => Some(Self(Keys::Many(preference, keys.into()))),
        }
    }

    #[inline]
    pub(super) fn keys(&self) -> &[RoutingKey] {
        match &self.0 {
            Keys::One(_, key) => std::slice::from_ref(key),
            Keys::Many(_, keys) => keys,
        }
    }

    #[inline]
    pub(super) fn preference(&self) -> Preference {
        match self.0 {
            Keys::One(preference, _) | Keys::Many(preference, _) => preference,
        }
    }
}

impl RoutingKey {
    /// Returns the replicas of the partition; empty if they are not known.
    #[inline]
    pub(super) fn replicas(&self) -> &[IpAddr] {
        let map = self.map.as_deref();
        map.map(|map| map.replicas(self.token)).unwrap_or_default()
    }

    /// Returns whether a node is known to be a replica of the partition.
    pub(super) fn is_replica<E>(&self, node: &Endpoint<E>) -> bool {
        let address = node.address();
        let mut replicas = self.replicas().iter();
        replicas.any(|replica| Some(replica.to_canonical()) == address)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn routing_info_has_all_keys_and_there_is_none_without_keys() {
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
        let one = RoutingInfo::one(key(7), Preference::Primary);
        assert_eq!(one.keys().len(), 1);
    }
}
