//! Routes operations by the partitions that they are about.
//!
//! Combines the partitions of an operation, the application's settings, and the metadata of the tables into a
//! [`RoutingInfo`], by which the router picks the node of each attempt. Without all three the operation goes its
//! ordinary way. Without settings, operations are not even looked at.

use super::item_operation::{ItemOperation, TableOrIndex};
use super::lwt::Write;
use super::routing_settings::{RoutingOptions, RoutingSettings};
use super::table_options::TableOptions;
use crate::metadata::{
    FetchedMap, MetadataCache, MetadataNeeds, TableMetadata, TableSchema, invalidation,
};
use crate::transport::sdk_endpoint::SdkPlan;
use alternator_lb_core::routing::{Preference, RoutingInfo, RoutingKey, Token};
use aws_smithy_runtime_api::client::endpoint::EndpointResolverParams;
use aws_smithy_types::config_bag::ConfigBag;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// The settings for operations on single partitions.
#[derive(Debug)]
pub(crate) struct KeyRouting {
    settings: RoutingSettings,
    /// Those of the tables that have their own.
    tables: HashMap<String, RoutingSettings>,
    /// True once any operation is routed by its keys. Until then operations are not even looked at.
    is_used: AtomicBool,
}

/// A table or index of an operation, with its metadata at the time when the operation began.
struct TableContext<'a> {
    source: TableOrIndex<'a>,
    settings: RoutingSettings,
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
    pub(crate) fn new(
        settings: RoutingSettings,
        table_options: &HashMap<String, TableOptions>,
    ) -> Self {
        let of_table = |(table, options): (&String, &TableOptions)| {
            (table.clone(), settings.with(options.routing))
        };
        let tables: HashMap<_, _> = table_options.iter().map(of_table).collect();
        let is_on = settings.are_on() || tables.values().any(|settings| settings.are_on());
        Self {
            settings,
            tables,
            is_used: is_on.into(),
        }
    }

    /// Returns whether any operation has been or will be routed by its keys.
    pub(crate) fn is_used(&self) -> bool {
        self.is_used.load(Ordering::Relaxed)
    }

    /// Returns whether an operation with these options may be routed by its keys.
    pub(crate) fn is_used_with(&self, options: RoutingOptions) -> bool {
        if options != RoutingOptions::default() && !self.is_used() {
            self.is_used.store(true, Ordering::Relaxed);
        }
        self.is_used()
    }

    /// The knowledge of tables without settings of their own that this takes.
    pub(crate) fn needs(&self) -> MetadataNeeds {
        self.settings.needs()
    }

    /// The settings of an operation on a table, if they concern it.
    fn settings(
        &self,
        table: &str,
        options: RoutingOptions,
        write: Option<&Write<'_>>,
    ) -> Option<RoutingSettings> {
        let settings = match self.tables.is_empty() {
            true => &self.settings,
            false => self.tables.get(table).unwrap_or(&self.settings),
        };
        Some(settings.with(options)).filter(|settings| settings.concern(write))
    }

    /// Gives an operation that begins its routing info, if it has any. Calls `refresh` for its tables.
    pub(crate) fn begin(
        &self,
        operation: &ItemOperation<'_>,
        options: RoutingOptions,
        cache: &MetadataCache,
        config: &mut ConfigBag,
        refresh: impl Fn(&Arc<TableMetadata>, &ConfigBag),
    ) {
        let now = cache.now();
        let mut tables = TableContexts::new(operation, |source| {
            let settings = self.settings(source.table, options, operation.write())?;
            let table = cache.table(source.table, settings.needs(), now);
            Some(TableContext {
                source,
                settings,
                schema: table.schema(),
                table,
                map: None,
            })
        });
        let preference = tables.preference(operation);
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
        let options = RoutingOptions::default();
        let tables = TableContexts::new(operation, |source| {
            let settings = self.settings(source.table, options, operation.write())?;
            let table = cache.peek(source.table, settings.needs());
            Some(TableContext {
                source,
                settings,
                schema: table.schema(),
                map: table.peek_token_map(source.index),
                table,
            })
        });
        let preference = tables.preference(operation)?;
        routing_info(operation, preference, &tables, visit)
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

    /// The preference of an operation on these tables, which is the strictest that one of them asks for.
    fn preference(&self, operation: &ItemOperation<'_>) -> Option<Preference> {
        let preferences = self.iter().filter_map(|table| {
            let rules = |schema: &Arc<TableSchema>| schema.write_rules;
            let rules = table.schema.as_ref().map(rules).unwrap_or_default();
            table.settings.preference(operation.write(), rules)
        });
        preferences.max()
    }

    fn iter(&self) -> impl Iterator<Item = &TableContext<'a>> {
        self.first.iter().chain(&self.others)
    }

    fn iter_mut(&mut self) -> impl Iterator<Item = &mut TableContext<'a>> {
        self.first.iter_mut().chain(&mut self.others)
    }
}
