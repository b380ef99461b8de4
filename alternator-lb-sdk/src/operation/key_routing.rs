//! Routes operations by the partitions that they are about.
//!
//! Combines the partitions of an operation, the application's settings, and the metadata of the tables into a
//! [`RoutingInfo`], by which the router picks the node of each attempt. Without all three the operation goes its
//! ordinary way. Without settings, operations are not even looked at.

use super::affinity::{Eligibility, KeyAffinity};
use super::item_operation::{ItemOperation, TableOrIndex};
use crate::metadata::{
    FetchedMap, MetadataCache, MetadataNeeds, TableMetadata, TableSchema, invalidation,
};
use crate::transport::sdk_endpoint::SdkPlan;
use alternator_lb_core::routing::{Preference, RoutingInfo, RoutingKey, Token};
use aws_smithy_runtime_api::client::endpoint::EndpointResolverParams;
use aws_smithy_types::config_bag::ConfigBag;
use std::sync::Arc;

/// The settings for operations on single partitions.
#[derive(Debug)]
pub(crate) struct KeyRouting {
    /// The operations that go to the primary.
    affinity: KeyAffinity,
    /// True if the others go to a replica.
    is_token_aware: bool,
    /// The knowledge of tables that this takes.
    pub(crate) needs: MetadataNeeds,
}

/// A table or index of an operation, with its metadata at the time when the operation began.
struct TableContext<'a> {
    source: TableOrIndex<'a>,
    table: Arc<TableMetadata>,
    schema: Option<Arc<TableSchema>>,
    /// None as well where the operation goes to the primary node, which does not depend on it.
    map: Option<Arc<FetchedMap>>,
}

/// The tables and indexes of an operation.
#[derive(Default)]
struct TableContexts<'a> {
    /// The only one, except for batches: it takes no allocation.
    first: Option<TableContext<'a>>,
    others: Vec<TableContext<'a>>,
}

impl KeyRouting {
    /// `None` if neither affinity nor token awareness is on.
    pub(crate) fn new(affinity: Option<KeyAffinity>, is_token_aware: bool) -> Option<Self> {
        // A transaction gains more by one coordinator than by the less busy replica.
        let implied = is_token_aware.then(KeyAffinity::from_table);
        let warns_of_unknown_isolation = affinity.is_some();
        let affinity = affinity.or(implied)?;
        Some(Self {
            affinity,
            is_token_aware,
            needs: MetadataNeeds {
                isolation: affinity.needs_isolation(),
                warns_of_unknown_isolation,
                token_maps: is_token_aware,
            },
        })
    }

    /// Gives an operation that begins its routing info, if it has any. Calls `refresh` for its tables.
    pub(crate) fn begin(
        &self,
        operation: &ItemOperation<'_>,
        cache: &MetadataCache,
        config: &mut ConfigBag,
        refresh: impl Fn(&Arc<TableMetadata>, &ConfigBag),
    ) {
        let eligibility = self.affinity.applies_to(operation.write());
        if eligibility == Eligibility::Ineligible && !self.is_token_aware {
            return;
        }
        let now = cache.now();
        let mut tables = TableContexts::new(operation, |source| {
            let table = cache.table(source.table, now);
            Some(TableContext {
                source,
                schema: table.schema(),
                table,
                map: None,
            })
        });
        let preference = self.preference(operation, eligibility, &tables);
        if preference == Some(Preference::LeastLoaded) {
            tables.iter_mut().for_each(TableContext::use_map);
        }
        for context in tables.iter() {
            refresh(&context.table, config);
        }
        if let Some(preference) = preference {
            match routing_info(operation, preference, &tables, |_, _, _| {}) {
                Some(info) => {
                    let params = config.get_mut_from_interceptor_state::<EndpointResolverParams>();
                    if let Some(params) = params {
                        params.set_property(SdkPlan::preferring(info));
                    }
                }
                // The operation lacks the keys of the schemas that are known.
                None => {
                    for context in tables.iter().filter(|context| context.schema.is_some()) {
                        context.table.schema_schedule.refresh_by(now);
                    }
                }
            }
        }
        // The first table of a batch stands for the others: further operations tell what is wrong with those.
        if let Some(context) = tables.first {
            invalidation::item_operation_begins(context.table, config);
        }
    }

    /// The routing info that an operation would get, with a call of `visit` for each of its partitions. Has no effect
    /// on the metadata.
    pub(crate) fn explain<'a>(
        &self,
        operation: &ItemOperation<'a>,
        cache: &MetadataCache,
        visit: impl FnMut(TableOrIndex<'a>, Token, Option<&FetchedMap>),
    ) -> Option<RoutingInfo> {
        let tables = TableContexts::new(operation, |source| {
            let table = cache.find(source.table)?;
            Some(TableContext {
                source,
                schema: table.schema(),
                map: table.peek_token_map(source.index),
                table,
            })
        });
        let eligibility = self.affinity.applies_to(operation.write());
        let preference = self.preference(operation, eligibility, &tables)?;
        routing_info(operation, preference, &tables, visit)
    }

    fn preference(
        &self,
        operation: &ItemOperation<'_>,
        eligibility: Eligibility,
        tables: &TableContexts<'_>,
    ) -> Option<Preference> {
        let uses_transaction = operation.write().is_some_and(|write| {
            let rules = |schema: &TableSchema| schema.write_rules;
            let mut schemas = tables.iter().map(|table| table.schema.as_deref());
            schemas.any(|schema| {
                let rules = schema.map(rules).unwrap_or_default();
                rules.uses_transaction(write)
            })
        });
        let otherwise = self.is_token_aware.then_some(Preference::LeastLoaded);
        match eligibility {
            Eligibility::Eligible | Eligibility::DependsOnTable if uses_transaction => {
                Some(Preference::Primary)
            }
            // A second coordinator costs an order of writes, or a cached item, and no transaction.
            Eligibility::Eligible => Some(Preference::BoundedPrimary),
            Eligibility::DependsOnTable | Eligibility::Ineligible => otherwise,
        }
    }
}

/// The routing info of an operation, with a call of `visit` for each of its partitions. `None` if no key is known.
fn routing_info<'a>(
    operation: &ItemOperation<'a>,
    preference: Preference,
    tables: &TableContexts<'a>,
    mut visit: impl FnMut(TableOrIndex<'a>, Token, Option<&FetchedMap>),
) -> Option<RoutingInfo> {
    // The only one, except for batches.
    let mut first: Option<RoutingKey> = None;
    let mut others = Vec::new();
    for context in tables.iter() {
        let TableContext { source, map, .. } = context;
        let key = match &context.schema {
            Some(schema) => schema.partition_key(source.index),
            None => operation.only_attribute(),
        };
        let Some(key) = key else {
            continue;
        };
        operation.for_each_partition(*source, key, |token| {
            visit(*source, token, map.as_deref());
            let map = map.as_ref().map(|fetched| Arc::clone(&fetched.map));
            let key = RoutingKey { token, map };
            match first {
                None => first = Some(key),
                Some(_) => others.push(key),
            }
        });
    }
    if others.is_empty() {
        return Some(RoutingInfo::one(first?, preference));
    }
    others.extend(first);
    RoutingInfo::many(others, preference)
}

impl TableContext<'_> {
    /// Takes the token map, which is fetched from its first use on, unless the index is known not to exist.
    fn use_map(&mut self) {
        let index = self.source.index;
        let has_key = |schema: &Arc<TableSchema>| schema.partition_key(index).is_some();
        if self.schema.as_ref().is_none_or(has_key) {
            self.map = self.table.token_map(index);
        }
    }
}

impl<'a> TableContexts<'a> {
    /// Collects the contexts of an operation's tables and indexes, of those that have one.
    fn new(
        operation: &ItemOperation<'a>,
        context: impl Fn(TableOrIndex<'a>) -> Option<TableContext<'a>>,
    ) -> Self {
        let mut this = Self::default();
        operation.for_each_source(|source| match context(source) {
            Some(context) if this.first.is_none() => this.first = Some(context),
            Some(context) => this.others.push(context),
            None => {}
        });
        this
    }

    fn iter(&self) -> impl Iterator<Item = &TableContext<'a>> {
        self.first.iter().chain(&self.others)
    }

    fn iter_mut(&mut self) -> impl Iterator<Item = &mut TableContext<'a>> {
        self.first.iter_mut().chain(&mut self.others)
    }
}
