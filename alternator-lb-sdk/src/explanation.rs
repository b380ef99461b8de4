//! Explains why an operation goes to a node.

use crate::cluster::Cluster;
use crate::metadata::FetchedMap;
use crate::operation::item_operation::{ItemOperation, TableOrIndex};
use alternator_lb_core::routing::{Preference, Reason, Replica, RoutingInfo, RoutingKey, Token};
use aws_smithy_runtime_api::client::interceptors::context::Input;
use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

/// The node that an operation would go to at the moment, and the reason. Returned by
/// [`Alternator::explain()`](crate::Alternator::explain).
///
/// [`Display`](fmt::Display) prints a line for each partition, and one for the node:
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

/// A partition that an operation reads or writes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Partition {
    pub(crate) table: String,
    pub(crate) index: Option<String>,
    pub(crate) token: i64,
    pub(crate) replicas: Vec<IpAddr>,
    pub(crate) map_age: Option<Duration>,
}

impl Explanation {
    /// The partitions that the operation reads or writes, as often as it names them. Empty if there are none, as for a
    /// `Scan`, if their keys are not known yet, or if neither [`token_aware`](crate::Builder::token_aware) nor
    /// [`key_affinity`](crate::Builder::key_affinity) is on.
    #[must_use]
    pub fn partitions(&self) -> &[Partition] {
        &self.partitions
    }

    /// The nodes that hold any of these partitions, as far as their addresses are listed in
    /// [`Alternator::nodes()`](crate::Alternator::nodes).
    #[must_use]
    pub fn replicas(&self) -> &[Replica] {
        &self.replicas
    }

    /// The address of the node, as `scheme://host:port`. `None` if there is no node to send to.
    #[must_use]
    pub fn node(&self) -> Option<&str> {
        self.node.as_deref()
    }

    /// The reason for the node.
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

    /// The index of the table, if one is queried.
    #[must_use]
    pub fn index(&self) -> Option<&str> {
        self.index.as_deref()
    }

    /// The token: ScyllaDB's hash of the partition key, as `SELECT token(..)` shows it in CQL.
    #[must_use]
    pub fn token(&self) -> i64 {
        self.token
    }

    /// The addresses of the nodes that hold the partition, in all datacenters, as far as they are known.
    #[must_use]
    pub fn replicas(&self) -> &[IpAddr] {
        &self.replicas
    }

    /// The age of the token map that the replicas are from. `None` if there is no map.
    #[must_use]
    pub fn map_age(&self) -> Option<Duration> {
        self.map_age
    }
}

/// Explains an operation with this input. Fetches nothing.
pub(crate) fn explain(cluster: &Cluster, input: &Input) -> Explanation {
    let mut partitions = Vec::new();
    let now = cluster.now();
    let info = ItemOperation::from_input(input).and_then(|operation| {
        let visit = |source: TableOrIndex<'_>, token: Token, fetched: Option<&FetchedMap>| {
            let replicas = fetched.map(|fetched| fetched.map.replicas(token));
            partitions.push(Partition {
                table: source.table.to_owned(),
                index: source.index.map(str::to_owned),
                token: token.value(),
                replicas: replicas.unwrap_or_default().to_vec(),
                map_age: fetched.map(|fetched| now.saturating_sub(fetched.fetched_at)),
            });
        };
        let key_routing = &cluster.key_routing;
        key_routing.explain(&operation, &cluster.metadata, visit)
    });
    // Without routing info it goes to the node of a partition without known replicas.
    let info = info.unwrap_or_else(|| {
        let any = RoutingKey {
            token: Token::MAX,
            map: None,
        };
        RoutingInfo::one(any, Preference::LeastLoaded)
    });
    let trace = cluster
        .router
        .explain(&info, cluster.table_exclusions.find(input), now);
    Explanation {
        partitions,
        replicas: trace.replicas,
        node: trace.node.map(|node| node.as_str().to_owned()),
        reason: trace.reason,
    }
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
            return f.write_str("no token map is known");
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
    fn explanation_is_displayed_in_lines() {
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
                        users, index by_age, token 7: no token map is known\n\
                        to http://10.0.0.5:8000, a replica that is not the more loaded of two";
        assert_eq!(explanation.to_string(), expected);
        let without_node = Explanation {
            partitions: Vec::new(),
            node: None,
            reason: Reason::NoNode,
            ..explanation
        };
        assert_eq!(
            without_node.to_string(),
            "to no node: the scope allows none"
        );
    }
}
