//! Where a request would go, and why.

use crate::cluster::Cluster;
use crate::operation::access::Access;
use alternator_lb_core::routing::{Preference, RoutingInfo, RoutingKey, Token};
use alternator_lb_core::routing::{Reason, Replica, RoutingTrace};
use aws_smithy_runtime_api::client::interceptors::context::Input;
use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

/// Where an operation would go at the moment, and why. Made by [`Alternator::explain()`](crate::Alternator::explain).
///
/// [`Display`](fmt::Display) tells all of it, in a line for each partition and one for the choice:
///
/// ```text
/// users, token -6017608668500074083: held by 10.0.0.2, 10.0.0.5, 10.0.0.9, as read 12.3s ago
/// to http://10.0.0.5:8000, a replica that is not the more loaded of two
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    pub(crate) partitions: Vec<Partition>,
    pub(crate) replicas: Vec<Replica>,
    pub(crate) node: Option<String>,
    pub(crate) reason: Reason,
}

/// A partition that an operation is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Partition {
    pub(crate) table: String,
    pub(crate) index: Option<String>,
    pub(crate) token: i64,
    pub(crate) replicas: Vec<IpAddr>,
    pub(crate) map_age: Option<Duration>,
}

impl Explanation {
    pub(crate) fn new(partitions: Vec<Partition>, trace: RoutingTrace) -> Self {
        Self {
            partitions,
            replicas: trace.replicas,
            node: trace.node.map(|node| node.as_str().to_owned()),
            reason: trace.reason,
        }
    }

    /// The partitions that the operation is about, as often as it names them. Empty if it is about none, as a `Scan` is, if
    /// their keys are not known yet, or if neither [`token_aware`](crate::Builder::token_aware) nor
    /// [`key_affinity`](crate::Builder::key_affinity) is on.
    #[must_use]
    pub fn partitions(&self) -> &[Partition] {
        &self.partitions
    }

    /// The nodes that hold any of these partitions, of those that can be reached by their addresses and are known to
    /// [`Alternator::nodes()`](crate::Alternator::nodes).
    #[must_use]
    pub fn replicas(&self) -> &[Replica] {
        &self.replicas
    }

    /// The address of the node that a request would go to, as `scheme://host:port`. `None` if nothing may be sent.
    #[must_use]
    pub fn node(&self) -> Option<&str> {
        self.node.as_deref()
    }

    /// Why it would go there.
    #[must_use]
    pub fn reason(&self) -> Reason {
        self.reason
    }
}

impl Partition {
    /// The table.
    #[must_use]
    pub fn table(&self) -> &str {
        &self.table
    }

    /// The index of it that is queried, if one is.
    #[must_use]
    pub fn index(&self) -> Option<&str> {
        self.index.as_deref()
    }

    /// The token: ScyllaDB's hash of the partition key, as `SELECT token(..)` shows it in CQL.
    #[must_use]
    pub fn token(&self) -> i64 {
        self.token
    }

    /// The addresses of the nodes that hold the partition, in all datacenters, as far as that is known.
    #[must_use]
    pub fn replicas(&self) -> &[IpAddr] {
        &self.replicas
    }

    /// How long ago it was read where the partitions of this table lie. `None` if that is not
    /// known.
    #[must_use]
    pub fn map_age(&self) -> Option<Duration> {
        self.map_age
    }
}

/// What would become of an operation with this input. Nothing is looked up because of it.
pub(crate) fn explain(cluster: &Cluster, input: &Input) -> Explanation {
    let partitions_and_wish =
        Access::of(input).and_then(|access| Some(cluster.key_routing()?.explain(&access, cluster)));
    let (partitions, wish) = partitions_and_wish.unwrap_or_default();
    // Without a wish it goes where a partition would of which nothing is known.
    let wish = wish.unwrap_or_else(|| {
        let any = RoutingKey {
            token: Token::MAX,
            map: None,
        };
        RoutingInfo::one(any, Preference::LeastLoaded)
    });
    let trace = cluster.router().explain(&wish, cluster.now());
    Explanation::new(partitions, trace)
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for partition in &self.partitions {
            writeln!(f, "{partition}")?;
        }
        match &self.node {
            Some(node) => write!(f, "to {node}, {}", self.reason),
            None => write!(f, "to {}", self.reason),
        }
    }
}

impl fmt::Display for Partition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { table, token, .. } = self;
        match &self.index {
            Some(index) => write!(f, "{table}, index {index}, token {token}: ")?,
            None => write!(f, "{table}, token {token}: ")?,
        }
        let Some(age) = self.map_age else {
            return f.write_str("where it lies is not known");
        };
        match self.replicas.as_slice() {
            [] => f.write_str("its replicas are not known")?,
            replicas => {
                let replicas: Vec<String> = replicas.iter().map(IpAddr::to_string).collect();
                write!(f, "held by {}", replicas.join(", "))?;
            }
        }
        write!(f, ", as read {:.1}s ago", age.as_secs_f64())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_is_told_in_words() {
        let partition = Partition {
            table: "users".to_owned(),
            index: None,
            token: 7,
            replicas: vec![[10, 0, 0, 2].into(), [10, 0, 0, 5].into()],
            map_age: Some(Duration::from_millis(12_345)),
        };
        let of_index = Partition {
            index: Some("by_age".to_owned()),
            map_age: None,
            ..partition.clone()
        };
        let explanation = Explanation {
            partitions: vec![partition, of_index],
            replicas: Vec::new(),
            node: Some("http://10.0.0.5:8000".to_owned()),
            reason: Reason::Replica,
        };
        let expected = "users, token 7: held by 10.0.0.2, 10.0.0.5, as read 12.3s ago\n\
                        users, index by_age, token 7: where it lies is not known\n\
                        to http://10.0.0.5:8000, a replica that is not the more loaded of two";
        assert_eq!(explanation.to_string(), expected);
        let refused = Explanation {
            partitions: Vec::new(),
            node: None,
            reason: Reason::NoNode,
            ..explanation
        };
        assert_eq!(refused.to_string(), "to no node: the scope allows none");
    }
}
