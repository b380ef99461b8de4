//! Which part of the cluster a client talks to.

use std::fmt;
use std::sync::Arc;

/// The part of a cluster that requests go to: all of it, one datacenter, or one rack, with others to fall back on.
///
/// The scopes of a chain are wanted in the order in which they were written. The nodes of all of them are known at any
/// time; a node that several of them name belongs to the first.
///
/// ```
/// use alternator_lb_sdk::Scope;
///
/// // Nodes of the own rack, to save cross-zone traffic; if too few of it are usable, also the rest of the datacenter.
/// let scope = Scope::rack("dc1", "r1").or(Scope::datacenter("dc1"));
/// ```
///
/// # Spill-over
///
/// The most wanted scope takes all traffic as long as at least 71 % of its nodes are usable: the others can carry 1.4 times
/// their share, the over-provisioning factor that Envoy takes for its priorities, and 1 / 1.4 ≈ 71 %. Below that it keeps
/// 1.4 times the share of its nodes that are usable, and the rest goes to the next scope, by the same rule: with half of a
/// rack down, 70 % stays. A scope that has no nodes at all, because it is empty or is no more, takes nothing. When nodes
/// are back, so is their traffic, without anybody's doing.
///
/// A retry goes to a node of the same scope that its operation has not tried, and when it has tried them all to the next
/// scope: that may leave a rack of one node although the rack is well.
///
/// Racks of one datacenter can stand in for each other at any time. Datacenters cannot: while some of the traffic goes to
/// another one, reads may miss what was just written, as [below](Self::cluster).
///
/// `without_spill_over` is for those who pay for traffic by the byte, or would rather
/// have a datacenter serve with its last node than two of them at a time.
///
/// # Cost
///
/// Each further scope costs one more small request (`/localnodes`) for each refresh, and
/// [`cluster`](Self::cluster) one for each of its datacenters. They go to the node that was asked for the scope before. If a
/// further scope cannot be asked for, its last good list stays in force. A rack costs one more in applications with
/// operations that go to one node from all racks, and so need to know the rest of its datacenter.
///
/// # Default
///
/// [`Scope::cluster()`]: the application need not know how its cluster is laid out.
///
/// # Limits
///
/// Datacenters and racks need ScyllaDB 2025.1 or later: older servers ignore the question and name all their nodes,
/// which is noticed. A chain with a [`cluster`](Self::cluster) in it is then served by that alone; one without fails with
/// `SelectionError` instead of silently widening.
///
/// Until the first refresh, requests go to the seeds wherever these are. That is so too while a chain has never had any
/// nodes, as with a name that is mistyped: one warning and `ready()` tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scope {
    localities: Vec<Locality>,
}

/// One link of the chain.
#[derive(Clone, PartialEq, Eq, Hash)]
pub enum Locality {
    Cluster,
    Datacenter(Arc<str>),
    Rack {
        datacenter: Arc<str>,
        rack: Arc<str>,
    },
}

/// A scope that names nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScopeError {
    EmptyDatacenter,
    EmptyRack,
}

impl Scope {
    /// All nodes of the datacenters in which there is a seed.
    ///
    /// Alternator never names a node of another datacenter, so with all seeds in one datacenter this is that datacenter.
    /// Seeds in several span them all, which costs consistency: Alternator reads and writes at `LOCAL_QUORUM` and
    /// `LOCAL_SERIAL`, local to the datacenter of the node that serves, so a read in one datacenter may not see what was
    /// just written in another, and conditional writes in two of them do not exclude each other.
    #[must_use]
    pub fn cluster() -> Self {
        Self {
            localities: vec![Locality::Cluster],
        }
    }

    /// The nodes of one datacenter, by the name that ScyllaDB knows it by (`nodetool status` shows it).
    #[must_use]
    pub fn datacenter(datacenter: impl Into<String>) -> Self {
        Self {
            localities: vec![Locality::Datacenter(datacenter.into().into())],
        }
    }

    /// The nodes of one rack of one datacenter.
    ///
    /// Use it to stay in one availability zone. A rack is a smaller target than a datacenter: unless all its clients
    /// together fit on its nodes, prefer the datacenter, and always chain a scope to spill over to.
    #[must_use]
    pub fn rack(datacenter: impl Into<String>, rack: impl Into<String>) -> Self {
        Self {
            localities: vec![Locality::Rack {
                datacenter: datacenter.into().into(),
                rack: rack.into().into(),
            }],
        }
    }

    /// Where to go when too few nodes of this scope are usable, or none.
    #[must_use]
    pub fn or(mut self, other: Self) -> Self {
        for locality in other.localities {
            if !self.localities.contains(&locality) {
                self.localities.push(locality);
            }
        }
        self
    }

    /// The links of the chain, most wanted first; never empty, none twice.
    pub fn localities(&self) -> &[Locality] {
        &self.localities
    }

    pub fn check(&self) -> Result<(), ScopeError> {
        for locality in &self.localities {
            match locality {
                Locality::Cluster => {}
                Locality::Datacenter(datacenter) | Locality::Rack { datacenter, .. }
                    if datacenter.trim().is_empty() =>
                {
                    return Err(ScopeError::EmptyDatacenter);
                }
                Locality::Rack { rack, .. } if rack.trim().is_empty() => {
                    return Err(ScopeError::EmptyRack);
                }
                Locality::Datacenter(_) | Locality::Rack { .. } => {}
            }
        }
        Ok(())
    }
}

impl Default for Scope {
    fn default() -> Self {
        Self::cluster()
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, locality) in self.localities.iter().enumerate() {
            if position > 0 {
                f.write_str(", else ")?;
            }
            write!(f, "{locality}")?;
        }
        Ok(())
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
    fn a_chain_keeps_its_order_and_names_nothing_twice() {
        let scope = Scope::rack("dc1", "r1")
            .or(Scope::datacenter("dc1"))
            .or(Scope::rack("dc1", "r1").or(Scope::cluster()));
        assert_eq!(
            scope.to_string(),
            "rack `r1` of datacenter `dc1`, else datacenter `dc1`, else the cluster"
        );
    }

    #[test]
    fn a_nameless_datacenter_or_rack_is_refused_wherever_it_stands() {
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
        let link = prop_oneof![
            Just(Scope::cluster()),
            "[a-c]".prop_map(Scope::datacenter),
            ("[a-c]", "[x-z]").prop_map(|(datacenter, rack)| Scope::rack(datacenter, rack)),
        ];
        prop::collection::vec(link, 1..6)
            .prop_map(|links| links.into_iter().reduce(Scope::or).unwrap_or_default())
    }

    proptest! {
        #[test]
        fn a_chain_is_never_empty_and_chaining_is_associative(a in any_scope(), b in any_scope(), c in any_scope()) {
            prop_assert!(!a.localities().is_empty());
            prop_assert_eq!(a.clone().or(b.clone()).or(c.clone()), a.or(b.or(c)));
        }
    }
}
