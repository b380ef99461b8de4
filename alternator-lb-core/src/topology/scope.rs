//! The part of the cluster that a client uses.

use std::fmt;
use std::sync::Arc;

/// The part of a cluster that requests go to: all of it, one datacenter or one rack, with fallbacks.
///
/// The scopes of a chain are preferred in the order in which they are written: each is a priority level. The nodes of
/// all levels are known at any time. A node that several scopes name belongs to the first of them.
///
/// ```
/// # use alternator_lb_core::topology::Scope;
/// // The nodes of one rack, to save cross-zone traffic; if too few of them are usable, also those of the datacenter.
/// let scope = Scope::rack("dc1", "r1").or(Scope::datacenter("dc1"));
/// ```
///
/// # Spill-over
///
/// The first scope takes all traffic as long as at least 71 % of its nodes are usable: these can carry 1.4 times their
/// share, which is Envoy's over-provisioning factor for priorities, and 1 / 1.4 ≈ 71 %. Below that, it keeps 1.4 times
/// the share of its nodes that are usable, and the remainder goes to the next scope, by the same rule: with half of a
/// rack down, 70 % stays. A scope without nodes, because it is empty or no longer exists, takes nothing. Traffic
/// returns by itself when nodes are restored.
///
/// A retry goes to a node of the same scope that its operation has not tried, and after all of these to the next scope.
/// It may thus leave a rack of one node although the rack is healthy.
///
/// Racks of one datacenter can replace each other at any time. Datacenters cannot: while some of the traffic goes to
/// another one, reads may miss recent writes, as explained [below](Self::cluster).
///
/// `without_spill_over` is for applications that pay for traffic by the byte, or that prefer the last node of one
/// datacenter to two datacenters at a time.
///
/// # Cost
///
/// Each further scope costs one more small request (`/localnodes`) per refresh, and [`cluster`](Self::cluster) one for
/// each of its datacenters. They go to the node that responded for the scope before. If the query for a further scope
/// fails, its last known good nodes stay in force. A rack costs one more request in applications with operations that
/// go to one node from all racks, and so need the rest of its datacenter.
///
/// # Default
///
/// [`Scope::cluster()`]: the application need not know the layout of its cluster.
///
/// # Limits
///
/// Datacenters and racks need ScyllaDB 2025.1 or later. Older servers ignore these parameters and list all their nodes,
/// which is detected. A chain with a [`cluster`](Self::cluster) is then served by that alone; a chain without one fails
/// with `SelectionError` instead of silently widening.
///
/// Until the first refresh, requests go to the seeds, wherever these are. They also do so while a chain has never had
/// any nodes, for example because of a mistyped name: one warning and `ready()` report it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scope(Vec<Locality>);

/// One element of a scope's chain.
#[derive(Clone, PartialEq, Eq, Hash)]
pub enum Locality {
    /// All nodes of the datacenters of the seeds.
    Cluster,
    /// The nodes of the datacenter with this name.
    Datacenter(Arc<str>),
    /// The nodes of one rack.
    Rack {
        /// The name of the rack's datacenter.
        datacenter: Arc<str>,
        /// The name of the rack.
        rack: Arc<str>,
    },
}

/// The reason why a scope is invalid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScopeError {
    /// The name of a datacenter is empty or blank.
    EmptyDatacenter,
    /// The name of a rack is empty or blank.
    EmptyRack,
}

impl Scope {
    /// Creates a scope of all nodes of the datacenters that have a seed.
    ///
    /// Alternator never lists a node of another datacenter, so with all seeds in one datacenter this is that
    /// datacenter. With seeds in several it is all of these, which costs consistency: Alternator reads and writes at
    /// `LOCAL_QUORUM` and `LOCAL_SERIAL`, local to the datacenter of the node that serves. A read in one datacenter may
    /// thus miss a recent write in another, and conditional writes in two of them do not exclude each other.
    #[must_use]
    pub fn cluster() -> Self {
        Self(vec![Locality::Cluster])
    }

    /// Creates a scope of the nodes of one datacenter, by its name in ScyllaDB (`nodetool status` shows it).
    #[must_use]
    pub fn datacenter(datacenter: impl Into<String>) -> Self {
        Self(vec![Locality::Datacenter(datacenter.into().into())])
    }

    /// Creates a scope of the nodes of one rack of one datacenter.
    ///
    /// Use it to stay in one availability zone. A rack has less capacity than a datacenter: unless its nodes can serve
    /// all its clients together, prefer the datacenter, and always chain a scope to spill over to.
    #[must_use]
    pub fn rack(datacenter: impl Into<String>, rack: impl Into<String>) -> Self {
        let (datacenter, rack) = (datacenter.into().into(), rack.into().into());
        Self(vec![Locality::Rack { datacenter, rack }])
    }

    /// Adds a fallback for when too few nodes of this scope are usable, or none.
    #[must_use]
    pub fn or(mut self, other: Self) -> Self {
        for locality in other.0 {
            if !self.0.contains(&locality) {
                self.0.push(locality);
            }
        }
        self
    }

    /// Returns the elements of the chain in order of preference: at least one, without duplicates.
    pub fn localities(&self) -> &[Locality] {
        &self.0
    }

    /// Checks the names of datacenters and racks.
    ///
    /// # Errors
    ///
    /// The first empty or blank name.
    pub fn check(&self) -> Result<(), ScopeError> {
        let is_blank = |name: Option<&str>| name.is_some_and(|name| name.trim().is_empty());
        for locality in &self.0 {
            if is_blank(locality.datacenter()) {
                return Err(ScopeError::EmptyDatacenter);
            }
            if is_blank(locality.rack()) {
                return Err(ScopeError::EmptyRack);
            }
        }
        Ok(())
    }
}

impl Locality {
    /// Returns the name of the datacenter; `None` for the cluster.
    pub fn datacenter(&self) -> Option<&str> {
        match self {
            Self::Datacenter(datacenter) | Self::Rack { datacenter, .. } => Some(datacenter),
            Self::Cluster => None,
        }
    }

    /// Returns the name of the rack; `None` for a datacenter or the cluster.
    pub fn rack(&self) -> Option<&str> {
        match self {
            Self::Rack { rack, .. } => Some(rack),
            Self::Cluster | Self::Datacenter(_) => None,
        }
    }
}

impl Default for Scope {
    fn default() -> Self {
        Self::cluster()
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let localities: Vec<String> = self.0.iter().map(Locality::to_string).collect();
        f.write_str(&localities.join(", else "))
    }
}

impl fmt::Display for Locality {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cluster => f.write_str("the cluster"),
            Self::Datacenter(datacenter) => write!(f, "datacenter `{datacenter}`"),
            Self::Rack { datacenter, rack } => {
                write!(f, "rack `{rack}` of datacenter `{datacenter}`")
            }
        }
    }
}

impl fmt::Debug for Locality {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn chain_keeps_its_order_and_drops_duplicates() {
        let scope = Scope::rack("dc1", "r1")
            .or(Scope::datacenter("dc1"))
            .or(Scope::rack("dc1", "r1").or(Scope::cluster()));
        assert_eq!(
            scope.to_string(),
            "rack `r1` of datacenter `dc1`, else datacenter `dc1`, else the cluster"
        );
    }

    #[test]
    fn blank_names_are_rejected_anywhere_in_the_chain() {
        assert_eq!(Scope::cluster().check(), Ok(()));
        assert_eq!(
            Scope::datacenter(" ").check(),
            Err(ScopeError::EmptyDatacenter)
        );
        assert_eq!(
            Scope::rack("", "r1").check(),
            Err(ScopeError::EmptyDatacenter)
        );
        assert_eq!(
            Scope::cluster().or(Scope::rack("dc1", "")).check(),
            Err(ScopeError::EmptyRack)
        );
    }

    fn any_scope() -> impl Strategy<Value = Scope> {
        let locality = prop_oneof![
            Just(Scope::cluster()),
            "[a-c]".prop_map(Scope::datacenter),
            ("[a-c]", "[x-z]").prop_map(|(datacenter, rack)| Scope::rack(datacenter, rack)),
        ];
        prop::collection::vec(locality, 1..6)
            .prop_map(|scopes| scopes.into_iter().reduce(Scope::or).unwrap_or_default())
    }

    proptest! {
        #[test]
        fn chain_is_never_empty_and_chaining_is_associative(a in any_scope(), b in any_scope(), c in any_scope()) {
            prop_assert!(!a.localities().is_empty());
            prop_assert_eq!(a.clone().or(b.clone()).or(c.clone()), a.or(b.or(c)));
        }
    }
}
