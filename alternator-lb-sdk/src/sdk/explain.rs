//! Tells where an operation would go.

use super::cluster::Cluster;
use super::key::Access;
use crate::observe::Explanation;
use crate::routing::{Key, Order, Token, Wish};
use aws_smithy_runtime_api::client::interceptors::context::Input;

/// What would become of an operation with this input. Nothing is looked up because of it.
pub(super) fn explain(cluster: &Cluster, input: &Input) -> Explanation {
    let partitions_and_wish =
        Access::of(input).and_then(|access| Some(cluster.wishes()?.explain(&access, cluster)));
    let (partitions, wish) = partitions_and_wish.unwrap_or_default();
    // Without a wish it goes where a partition would of which nothing is known.
    let wish = wish.unwrap_or_else(|| {
        let any = Key {
            token: Token::MAX,
            map: None,
        };
        Wish::one(any, Order::ByLoad)
    });
    let explained = cluster.router().explain(&wish, cluster.now());
    Explanation::new(partitions, &explained)
}
