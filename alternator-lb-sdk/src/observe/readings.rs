//! How an instrument gets its values.

use super::instruments::{ERROR_TYPE, STATE};
use crate::alternator::Alternator;
use alternator_lb_core::health::Outcome;
use alternator_lb_core::observe::{NodeState, NodeStatus, Stats};
use std::cell::OnceCell;
use std::time::Duration;

/// The kind of an instrument, and how it is read.
#[derive(Clone, Copy, Debug)]
pub(super) enum Reading {
    /// A number that only grows.
    Counter(Count),
    /// A number of what is there, which can be summed over all attributes.
    UpDownCounter(Count),
    /// A time of each node, which cannot be summed. None while there is no such time.
    Gauge(fn(&NodeStatus) -> Option<Duration>),
}

/// A number, and the attributes of its series.
#[derive(Clone, Copy, Debug)]
pub(super) enum Count {
    /// One series, without attributes.
    OfCluster(fn(&Stats) -> u64),
    /// One series for each node.
    OfNode(fn(&NodeStatus) -> u64),
    /// One series for each node and outcome other than `Responded`, as far as there was one: fourteen times the nodes
    /// would be most of all series.
    ByErrorType(fn(&NodeStatus, Outcome) -> u64),
    /// One series for each node and state: 1 for the state that the node is in, and 0 for all others.
    ByState,
}

/// The attributes of a series.
#[derive(Clone, Copy, Debug)]
pub(super) struct Attributes<'a> {
    pub(super) node: Option<&'a NodeStatus>,
    /// The name and value of a further attribute.
    pub(super) further: Option<(&'static str, &'static str)>,
}

/// The numbers of a cluster at one time. Collected as far as they are used.
#[derive(Debug)]
pub(super) struct Snapshot<'a> {
    alternator: &'a Alternator,
    stats: OnceCell<Stats>,
    nodes: OnceCell<Vec<NodeStatus>>,
}

impl Count {
    /// Passes each series with its value to `observe`.
    pub(super) fn read(
        self,
        snapshot: &Snapshot<'_>,
        mut observe: impl FnMut(Attributes<'_>, u64),
    ) {
        match self {
            Self::OfCluster(read) => {
                let attributes = Attributes {
                    node: None,
                    further: None,
                };
                observe(attributes, read(snapshot.stats()));
            }
            Self::OfNode(read) => {
                let nodes = snapshot.nodes().iter();
                nodes.for_each(|node| observe(Attributes::of(node), read(node)));
            }
            Self::ByErrorType(read) => {
                for node in snapshot.nodes() {
                    let errors = Outcome::ALL
                        .into_iter()
                        .filter(|it| *it != Outcome::Responded);
                    let counts = errors.map(|outcome| (outcome, read(node, outcome)));
                    for (outcome, count) in counts.filter(|(_, count)| *count > 0) {
                        observe(Attributes::with(node, ERROR_TYPE, outcome.name()), count);
                    }
                }
            }
            Self::ByState => {
                for node in snapshot.nodes() {
                    for state in NodeState::ALL {
                        let is_in_state = node.state() == state;
                        observe(
                            Attributes::with(node, STATE, state.name()),
                            is_in_state.into(),
                        );
                    }
                }
            }
        }
    }
}

impl<'a> Attributes<'a> {
    pub(super) fn of(node: &'a NodeStatus) -> Self {
        Self {
            node: Some(node),
            further: None,
        }
    }

    fn with(node: &'a NodeStatus, name: &'static str, value: &'static str) -> Self {
        Self {
            node: Some(node),
            further: Some((name, value)),
        }
    }
}

impl<'a> Snapshot<'a> {
    pub(super) fn new(alternator: &'a Alternator) -> Self {
        Self {
            alternator,
            stats: OnceCell::new(),
            nodes: OnceCell::new(),
        }
    }

    pub(super) fn stats(&self) -> &Stats {
        self.stats.get_or_init(|| self.alternator.stats())
    }

    pub(super) fn nodes(&self) -> &[NodeStatus] {
        self.nodes.get_or_init(|| self.alternator.nodes())
    }
}
