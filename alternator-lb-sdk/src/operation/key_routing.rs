//! What operations wish for.
//!
//! Here meet what an operation is about, what the application wants of such operations, and what is known of its tables.
//! The wish that comes of it goes into the operation's plan, and the router grants it at each attempt. Without all three
//! there is none, and the operation goes its ordinary way.
//!
//! Where the application wants nothing of the kind, operations are not even looked at.

use super::access::{Access, Source};
use super::affinity::KeyAffinity;
use super::affinity::{Verdict, uses_transaction};
use crate::cluster::{Cluster, SdkPlan};
use crate::explanation::Partition;
use crate::internal::client::Caller;
use crate::metadata as tables;
use crate::metadata::{Definition, Table, Tables};
use crate::request::endpoint_override as own_endpoint;
use alternator_lb_core::routing::{Preference, RoutingInfo, RoutingKey, Token, TokenMap};
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
pub(crate) struct KeyRouting {
    /// Which of them want one coordinator.
    affinity: KeyAffinity,
    /// Whether the others want a replica.
    is_token_aware: bool,
    tables: Tables,
}

impl KeyRouting {
    /// None if nothing is wanted. `keys` are the partition keys of the tables that the application names.
    pub(crate) fn new(
        affinity: Option<KeyAffinity>,
        is_token_aware: bool,
        keys: HashMap<String, String>,
    ) -> Option<Self> {
        // A transaction gains more by one coordinator than by the less busy replica.
        let transactions = is_token_aware.then(KeyAffinity::from_table);
        let is_chosen = affinity.is_some();
        let affinity = affinity.or(transactions)?;
        let tables = Tables::new(keys, affinity.asks_tables());
        Some(Self {
            affinity,
            is_token_aware,
            tables: match is_chosen {
                true => tables,
                false => tables.silent_on_isolation(),
            },
        })
    }

    pub(crate) fn is_token_aware(&self) -> bool {
        self.is_token_aware
    }

    pub(crate) fn tables(&self) -> &Tables {
        &self.tables
    }

    fn order(
        &self,
        access: &Access<'_>,
        verdict: Verdict,
        known: &Known<'_>,
    ) -> Option<Preference> {
        let is_covered = match (verdict, access.write()) {
            (Verdict::Yes, _) => true,
            (Verdict::AsItsTableSays, Some(write)) => {
                known.any(|definition| uses_transaction(definition.rules(), write))
            }
            (Verdict::AsItsTableSays, None) | (Verdict::No, _) => false,
        };
        let otherwise = self.is_token_aware.then_some(Preference::LeastLoaded);
        is_covered.then_some(Preference::Primary).or(otherwise)
    }

    /// What an operation with this input would want, with the partitions that it is about. Nothing is looked up.
    pub(crate) fn explain(
        &self,
        access: &Access<'_>,
        cluster: &Cluster,
    ) -> (Vec<Partition>, Option<RoutingInfo>) {
        let known = Known::of(&self.tables, access);
        let mut partitions = Vec::new();
        let now = cluster.now();
        let verdict = self.affinity.covers(access.write());
        let wish = self.order(access, verdict, &known).and_then(|order| {
            wish(access, order, &known, |source, token| {
                let map = cluster.token_maps().and_then(|maps| maps.peek(source));
                let replicas = map.as_ref().map(|map| map.map.replicas(token).to_vec());
                partitions.push(Partition {
                    table: source.table.to_owned(),
                    index: source.index.map(str::to_owned),
                    token: token.value(),
                    replicas: replicas.unwrap_or_default(),
                    map_age: map.as_ref().map(|map| now.saturating_sub(map.learned)),
                });
                map.map(|map| Arc::clone(&map.map))
            })
        });
        (partitions, wish)
    }
}

/// What an operation wants that wants this order. `map` knows where the partitions of a table or index lie, if that is
/// known.
fn wish<'a>(
    access: &Access<'a>,
    order: Preference,
    known: &Known<'a>,
    mut map: impl FnMut(Source<'a>, Token) -> Option<Arc<TokenMap>>,
) -> Option<RoutingInfo> {
    // All but batches have one.
    let mut one: Option<RoutingKey> = None;
    let mut more = Vec::new();
    access.for_each_partition(
        |source| known.key(source),
        |source, token| {
            let map = map(source, token);
            let key = RoutingKey { token, map };
            match one {
                None => one = Some(key),
                Some(_) => more.push(key),
            }
        },
    );
    if more.is_empty() {
        return Some(RoutingInfo::one(one?, order));
    }
    more.extend(one);
    RoutingInfo::many(more, order)
}

/// An operation begins: gives it a wish, if it is to have one, and has its tables looked up, if that is due.
pub(crate) fn begin(
    cluster: &Arc<Cluster>,
    input: &Input,
    components: &RuntimeComponents,
    config: &mut ConfigBag,
) {
    let Some(key_routing) = cluster.key_routing() else {
        return;
    };
    let Some(access) = Access::of(input) else {
        tables::begin_change(&key_routing.tables, input, config);
        return;
    };
    if own_endpoint::is_pinned(config) {
        return;
    }
    let verdict = key_routing.affinity.covers(access.write());
    if verdict == Verdict::No && !key_routing.is_token_aware {
        return;
    }
    let known = Known::of(&key_routing.tables, &access);
    for place in known.places() {
        tables::learn_if_due(cluster, &place.table, components, config);
    }
    let order = key_routing.order(&access, verdict, &known);
    if let Some(order) = order {
        let wish = wish(&access, order, &known, |source, _| {
            let maps = cluster.token_maps()?;
            let caller = || Caller::of(cluster, components, config);
            let map = maps.find(source, known.id(source), cluster.errands(), caller)?;
            Some(Arc::clone(&map.map))
        });
        match wish {
            Some(wish) => {
                if let Some(params) =
                    config.get_mut_from_interceptor_state::<EndpointResolverParams>()
                {
                    params.set_property(SdkPlan::preferring(wish));
                }
            }
            None => known.doubt(cluster),
        }
    }
    known.remember(config);
}

/// An attempt has ended, and may show that what is known of its table is wrong.
pub(crate) fn observe(
    cluster: &Cluster,
    context: &FinalizerInterceptorContextRef<'_>,
    config: &ConfigBag,
) {
    if cluster.key_routing().is_some() {
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

    fn id(&self, source: Source<'_>) -> Option<&str> {
        let place = self.places().find(|place| place.source == source)?;
        place.definition.as_ref()?.id()
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
