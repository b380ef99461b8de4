//! What operations wish for.
//!
//! Here meet what an operation is about, what the application wants of such operations, and what is known of its tables.
//! The wish that comes of it goes into the operation's plan, and the router grants it at each attempt. Without all three
//! there is none, and the operation goes its ordinary way.
//!
//! Where the application wants nothing of the kind, operations are not even looked at.

use super::affinity::{Verdict, uses_transaction};
use super::cluster::{Cluster, SdkPlan};
use super::key::{Access, Source};
use super::tables::{self, Definition, Table, Tables};
use super::{KeyAffinity, own_endpoint};
use crate::routing::{Key, Order, TokenMap, Wish, Write};
use aws_smithy_runtime_api::client::endpoint::EndpointResolverParams;
use aws_smithy_runtime_api::client::interceptors::context::{
    FinalizerInterceptorContextRef, Input,
};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use std::collections::HashMap;
use std::sync::Arc;

/// What the application wants of operations on single partitions.
#[derive(Debug)]
pub(super) struct Wishes {
    affinity: Option<KeyAffinity>,
    tables: Tables,
}

impl Wishes {
    /// None if nothing is wanted. `keys` are the partition keys of the tables that the application names.
    pub(super) fn new(
        affinity: Option<KeyAffinity>,
        keys: HashMap<String, String>,
    ) -> Option<Self> {
        let affinity = affinity?;
        Some(Self {
            affinity: Some(affinity),
            tables: Tables::new(keys, affinity.asks_tables()),
        })
    }

    pub(super) fn tables(&self) -> &Tables {
        &self.tables
    }

    /// Whether operations that write so, or only read, may have a wish.
    fn verdict(&self, write: Option<&Write<'_>>) -> Verdict {
        match self.affinity {
            Some(affinity) => affinity.covers(write),
            None => Verdict::No,
        }
    }

    /// Where the partitions of a table or index lie, if that is known.
    fn map(&self, _: Source<'_>) -> Option<Arc<TokenMap>> {
        None
    }

    fn order(&self, access: &Access<'_>, verdict: Verdict, known: &Known<'_>) -> Option<Order> {
        let is_covered = match (verdict, access.write()) {
            (Verdict::Yes, _) => true,
            (Verdict::AsItsTableSays, Some(write)) => {
                known.any(|definition| uses_transaction(definition.rules(), write))
            }
            (Verdict::AsItsTableSays, None) | (Verdict::No, _) => false,
        };
        is_covered.then_some(Order::Fixed)
    }

    fn wish(&self, access: &Access<'_>, order: Order, known: &Known<'_>) -> Option<Wish> {
        // All but batches have one.
        let mut one: Option<Key> = None;
        let mut more = Vec::new();
        access.for_each_partition(
            |source| known.key(source),
            |source, token| {
                let map = self.map(source);
                let key = Key { token, map };
                match one {
                    None => one = Some(key),
                    Some(_) => more.push(key),
                }
            },
        );
        if more.is_empty() {
            return Some(Wish::one(one?, order));
        }
        more.extend(one);
        Wish::many(more, order)
    }
}

/// An operation begins: gives it a wish, if it is to have one, and has its tables looked up, if that is due.
pub(super) fn begin(
    cluster: &Arc<Cluster>,
    input: &Input,
    components: &RuntimeComponents,
    config: &mut ConfigBag,
) {
    let Some(wishes) = cluster.wishes() else {
        return;
    };
    let Some(access) = Access::of(input) else {
        tables::begin_change(&wishes.tables, input, config);
        return;
    };
    if own_endpoint::is_pinned(config) {
        return;
    }
    let verdict = wishes.verdict(access.write());
    if verdict == Verdict::No {
        return;
    }
    let known = Known::of(&wishes.tables, &access);
    for place in known.places() {
        tables::learn_if_due(cluster, &place.table, components, config);
    }
    let order = wishes.order(&access, verdict, &known);
    if let Some(order) = order {
        match wishes.wish(&access, order, &known) {
            Some(wish) => {
                if let Some(params) =
                    config.get_mut_from_interceptor_state::<EndpointResolverParams>()
                {
                    params.set_property(SdkPlan::wishing(wish));
                }
            }
            None => known.doubt(cluster),
        }
    }
    known.remember(config);
}

/// An attempt has ended, and may show that what is known of its table is wrong.
pub(super) fn judge(
    cluster: &Cluster,
    context: &FinalizerInterceptorContextRef<'_>,
    config: &ConfigBag,
) {
    if cluster.wishes().is_some() {
        tables::judge(cluster, context, config);
    }
}

/// What is known of the tables that an operation is about.
#[derive(Debug, Default)]
struct Known<'a> {
    /// All but batches are about one.
    first: Option<Place<'a>>,
    others: Vec<Place<'a>>,
}

#[derive(Debug)]
struct Place<'a> {
    source: Source<'a>,
    table: Arc<Table>,
    definition: Option<Arc<Definition>>,
}

impl<'a> Known<'a> {
    fn of(tables: &Tables, access: &Access<'a>) -> Self {
        let mut this = Self::default();
        access.for_each_source(|source| {
            let table = tables.table(source.table);
            let place = Place {
                source,
                definition: table.definition(),
                table,
            };
            match this.first {
                None => this.first = Some(place),
                Some(_) => this.others.push(place),
            }
        });
        this
    }

    fn places(&self) -> impl Iterator<Item = &Place<'a>> {
        self.first.iter().chain(&self.others)
    }

    fn any(&self, is: impl Fn(&Definition) -> bool) -> bool {
        self.places()
            .filter_map(|place| place.definition.as_deref())
            .any(is)
    }

    fn key(&self, source: Source<'_>) -> Option<&str> {
        let place = self.places().find(|place| place.source == source)?;
        place.definition.as_ref()?.partition_key(source.index)
    }

    /// Where the key of a table was known, the operation should have had it.
    fn doubt(&self, cluster: &Cluster) {
        for place in self.places().filter(|place| place.definition.is_some()) {
            place.table.doubt(cluster.now());
        }
    }

    /// Keeps the table until the answer is there. Of a batch only one: what is wrong with another, an operation on that
    /// will tell.
    fn remember(self, config: &mut ConfigBag) {
        if let Some(first) = self.first {
            tables::remember(first.table, config);
        }
    }
}
