//! Which part of the cluster a client talks to.

use std::fmt;
use std::sync::Arc;

/// The part of a cluster that requests go to: all of it, one datacenter, or one rack, with others to fall back on.
///
/// The scopes of a chain are tried in the order in which they were written, most wanted first; the first that has nodes
/// serves. That is looked at anew whenever the list of nodes is refreshed, so traffic comes back by itself once the
/// wanted scope has nodes again.
///
/// ```
/// use alternator_lb_sdk::Scope;
///
/// // Nodes of the own rack, to save cross-zone traffic; if it has none, the rest of the datacenter.
/// let scope = Scope::rack("dc1", "r1").or(Scope::datacenter("dc1"));
/// ```
///
/// # Default
///
/// [`Scope::cluster()`]: the application need not know how its cluster is laid out.
///
/// # Limits
///
/// Datacenters and racks need ScyllaDB 2025.1 or later: older servers ignore the question and name all their nodes,
/// which is noticed. A chain with a [`cluster`](Self::cluster) in it is then served by that; one without fails with
/// [`RouteError`](crate::RouteError) instead of silently widening.
///
/// Until the first refresh, requests go to the seeds wherever these are. That is so too while a chain has never had any
/// nodes, as with a name that is mistyped: one warning and [`ready()`](crate::Alternator::ready) tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scope {
    areas: Vec<Area>,
}

/// One link of the chain.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) enum Area {
    Cluster,
    Datacenter(Arc<str>),
    Rack {
        datacenter: Arc<str>,
        rack: Arc<str>,
    },
}

/// A scope that names nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ScopeError {
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
            areas: vec![Area::Cluster],
        }
    }

    /// The nodes of one datacenter, by the name that ScyllaDB knows it by (`nodetool status` shows it).
    #[must_use]
    pub fn datacenter(datacenter: impl Into<String>) -> Self {
        Self {
            areas: vec![Area::Datacenter(datacenter.into().into())],
        }
    }

    /// The nodes of one rack of one datacenter.
    ///
    /// Use it to stay in one availability zone. A rack is a smaller target than a datacenter: unless all its clients
    /// together fit on its nodes, prefer the datacenter, and always chain a scope to fall back on.
    #[must_use]
    pub fn rack(datacenter: impl Into<String>, rack: impl Into<String>) -> Self {
        Self {
            areas: vec![Area::Rack {
                datacenter: datacenter.into().into(),
                rack: rack.into().into(),
            }],
        }
    }

    /// Where to go when this scope has no nodes.
    #[must_use]
    pub fn or(mut self, other: Self) -> Self {
        for area in other.areas {
            if !self.areas.contains(&area) {
                self.areas.push(area);
            }
        }
        self
    }

    /// The links of the chain, most wanted first; never empty, none twice.
    pub(crate) fn areas(&self) -> &[Area] {
        &self.areas
    }

    pub(crate) fn check(&self) -> Result<(), ScopeError> {
        for area in &self.areas {
            match area {
                Area::Cluster => {}
                Area::Datacenter(datacenter) | Area::Rack { datacenter, .. }
                    if datacenter.trim().is_empty() =>
                {
                    return Err(ScopeError::EmptyDatacenter);
                }
                Area::Rack { rack, .. } if rack.trim().is_empty() => {
                    return Err(ScopeError::EmptyRack);
                }
                Area::Datacenter(_) | Area::Rack { .. } => {}
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
        for (position, area) in self.areas.iter().enumerate() {
            if position > 0 {
                f.write_str(", else ")?;
            }
            write!(f, "{area}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Area {
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

impl fmt::Debug for Area {
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
            prop_assert!(!a.areas().is_empty());
            prop_assert_eq!(a.clone().or(b.clone()).or(c.clone()), a.or(b.or(c)));
        }
    }
}
