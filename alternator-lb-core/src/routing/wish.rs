//! Which nodes an operation wants before others.
//!
//! What an operation is about is read once, when it begins; where its attempts go is decided at each of them, against the
//! nodes as they are then. In between stands the wish. It names partitions and no nodes, so it cannot grow stale, and where
//! it cannot be granted the operation goes where any other would.

use super::token::Token;
use super::token_map::TokenMap;
use std::net::IpAddr;
use std::sync::Arc;

/// Which nodes an operation wants before others, by the partitions that it is about.
#[derive(Clone, Debug)]
pub struct Wish(Keys);

/// A partition.
#[derive(Clone, Debug)]
pub struct Key {
    pub token: Token,
    /// Where the partitions of its table lie, if that is known.
    pub map: Option<Arc<TokenMap>>,
}

/// How the nodes that would do are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// One coordinator for all clients: writes with transactions, key affinity.
    Fixed,
    /// Any replica, the less busy one first.
    ByLoad,
}

/// All but batches are about one partition, and shall not allocate. Each with the order, which would make it larger beside
/// them: a wish is moved with every plan.
#[derive(Clone, Debug)]
enum Keys {
    One(Order, Key),
    Many(Order, Box<[Key]>),
}

impl Wish {
    /// What an operation on one partition wants.
    pub fn one(key: Key, order: Order) -> Self {
        Self(Keys::One(order, key))
    }

    /// What an operation on several wants; nothing if it is on none.
    pub fn many(keys: Vec<Key>, order: Order) -> Option<Self> {
        match <[Key; 1]>::try_from(keys) {
            Ok([key]) => Some(Self::one(key, order)),
            Err(keys) if keys.is_empty() => None,
            Err(keys) => Some(Self(Keys::Many(order, keys.into()))),
        }
    }

    pub(super) fn keys(&self) -> &[Key] {
        match &self.0 {
            Keys::One(_, key) => std::slice::from_ref(key),
            Keys::Many(_, keys) => keys,
        }
    }

    pub(super) fn order(&self) -> Order {
        match self.0 {
            Keys::One(order, _) | Keys::Many(order, _) => order,
        }
    }
}

impl Key {
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
        let key = |token| Key {
            token: Token::new(token),
            map: None,
        };
        let many = |tokens: &[i64]| {
            let keys = tokens.iter().copied().map(key).collect();
            let wish = Wish::many(keys, Order::ByLoad)?;
            assert_eq!(wish.order(), Order::ByLoad);
            Some(wish.keys().iter().map(|key| key.token.value()).collect())
        };
        assert_eq!(many(&[]), None::<Vec<i64>>);
        assert_eq!(many(&[4]), Some(vec![4]));
        assert_eq!(many(&[4, -2]), Some(vec![4, -2]));
        assert_eq!(Wish::one(key(7), Order::Fixed).keys().len(), 1);
    }
}
