//! The settings of discovery, and the events that it reports.

use super::{
    AllowedAddresses, RefreshError, RefreshIntervals, SharedAddressTranslator, TranslationError,
};
use crate::health::{EjectionReason, Transition};
use crate::topology::{NodeUrl, Scope};
use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

/// The nodes that discovery looks for, and its connections to the layers above.
#[derive(Debug)]
pub struct DiscoveryConfig<E> {
    /// The addresses that the application configured.
    pub seeds: Vec<NodeUrl>,
    /// True if nodes are queried for the list of nodes; else the seeds are the nodes.
    pub queries_nodes: bool,
    /// The scope chain whose nodes get requests.
    pub scope: Scope,
    /// True if the application chose the scope itself.
    pub scope_is_chosen: bool,
    /// True if the nodes of all levels of the scope chain are listed, false if only those of the first level that has
    /// any.
    pub spill_over: bool,
    /// True if the whole datacenter is discovered where the scope is a rack: for operations that need the same
    /// coordinator for all clients.
    pub discovers_local_datacenter: bool,
    /// The addresses that nodes may have.
    pub allowed_addresses: AllowedAddresses,
    /// Knows where listed nodes can be reached. Without it they are at the listed addresses, at the seeds' port.
    pub address_translator: Option<SharedAddressTranslator>,
    /// The number of connections that are opened to a node before it gets requests.
    pub min_idle: usize,
    /// The pauses between refreshes.
    pub intervals: RefreshIntervals,
    /// Makes what the caller wants at hand when a node is selected.
    pub attach: fn(&NodeUrl) -> E,
    /// Ends requests that wait on a node.
    pub requests: RequestControl<E>,
    /// Receives every event.
    pub report: EventSink,
}

/// Receives the events of discovery, one after the other. It must not block.
#[derive(Clone)]
pub struct EventSink(Arc<dyn Fn(&TopologyEvent) + Send + Sync>);

impl EventSink {
    /// A sink that calls a function with each event.
    pub fn new(report: impl Fn(&TopologyEvent) + Send + Sync + 'static) -> Self {
        Self(Arc::new(report))
    }

    pub(super) fn report(&self, event: &TopologyEvent) {
        (self.0)(event);
    }
}

impl fmt::Debug for EventSink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventSink").finish_non_exhaustive()
    }
}

/// Ends requests that wait on a node, each of which is then sent again. Times are those of a clock that stands still
/// with this process.
#[derive(Debug)]
pub struct RequestControl<E> {
    /// Ends all: the node does not respond.
    pub end: fn(&E),
    /// Begins a generation of requests: those that wait now have waited at least since this time.
    pub begin_generation: fn(&E, Duration),
    /// Returns the latest time since which the request that has waited longest has waited for sure.
    pub oldest: fn(&E) -> Option<Duration>,
    /// Ends those that have waited since this time or longer: their connection is lost, although the node responds.
    pub end_lost: fn(&E, Duration),
}

/// A change of the nodes, of their health, or of discovery itself. But for the ends
/// of refreshes, no event is reported twice in a row.
#[derive(Clone, Debug)]
pub enum TopologyEvent {
    /// A node is ejected, restored or admitted, or stays ejected.
    Node {
        /// Its address.
        node: NodeUrl,
        /// The change of its state.
        transition: Transition,
        /// The reason, if the change is an ejection or prolongs one.
        reason: EjectionReason,
    },
    /// Panic mode begins or ends: so many nodes fail that their ejections are ignored.
    PanicMode(bool),
    /// Nodes were added or removed.
    Changed {
        /// New in the list.
        added: Vec<NodeUrl>,
        /// No longer in the list.
        removed: Vec<NodeUrl>,
        /// The number of nodes now, in all levels of the scope chain and out of scope.
        nodes: usize,
        /// The preferred scope of those that have nodes.
        locality: String,
    },
    /// Another scope is the preferred one of those that have nodes.
    ScopeChanged {
        /// That before.
        from: String,
        /// That now.
        to: String,
    },
    /// A refresh has ended.
    RefreshEnded {
        /// The number of nodes now.
        nodes: usize,
        /// True if it succeeded.
        has_succeeded: bool,
        /// The number of attempts since the beginning.
        requests: u64,
    },
    /// No node that the seeds list was ever reached, so requests go to the seeds; the error says why.
    ServedBySeeds(RefreshError),
    /// Refreshes fail, for this reason.
    Failed(RefreshError),
    /// Refreshes succeed again.
    Recovered,
    /// Nodes that belong to another cluster: their former peers no longer list them, and they list others, or their
    /// cluster has another name.
    Foreign(Vec<NodeUrl>),
    /// Entries of `/localnodes` that are no addresses of nodes, or none that are allowed.
    Dropped(Vec<String>),
    /// A listed node could not be translated.
    TranslationFailed {
        /// Its address, as listed.
        address: IpAddr,
        /// The URL that it keeps, if it had one.
        node: Option<NodeUrl>,
        /// Why.
        error: Arc<TranslationError>,
    },
    /// The application chose no scope, and its nodes are in this many datacenters.
    SpansDatacenters {
        /// The number that their responses distinguish.
        datacenters: usize,
    },
    /// The list cannot be kept up to date, since requests are made outside of a tokio runtime.
    NoRuntime,
}
