//! Events.

use crate::discovery::TopologyEvent;
use crate::health::{EjectionCause, Transition};
use crate::topology::NodeUrl;
use tracing::{debug, info, warn};

/// Tells of what has changed.
pub fn report(report: &TopologyEvent) {
    match report {
        TopologyEvent::Node { node, transition } => self::transition(node, *transition),
        TopologyEvent::Panic(true) => warn!(
            "more than half of the nodes that can be reached answer with errors: none is left out for that any more"
        ),
        TopologyEvent::Panic(false) => info!("nodes that answer with errors are left out again"),
        TopologyEvent::Changed {
            added,
            removed,
            nodes,
            locality,
        } => info!(
            ?added,
            ?removed,
            nodes,
            locality,
            "the nodes of the cluster changed"
        ),
        TopologyEvent::Failed(error) => {
            warn!(%error, "the list of nodes cannot be refreshed; the last good one stays in force");
        }
        TopologyEvent::Recovered => info!("the list of nodes can be refreshed again"),
        TopologyEvent::Dropped(entries) => warn!(
            ?entries,
            "/localnodes names what are no addresses of nodes; they are ignored"
        ),
        TopologyEvent::SpansDatacenters { datacenters } => warn!(
            datacenters,
            "the seeds name different nodes, as those of different datacenters do: reads may not see what was just \
             written in another, and conditional writes in two of them do not exclude each other; choose one with \
             `.scope(Scope::datacenter(..))`, or say that this is meant with `.scope(Scope::cluster())`"
        ),
        TopologyEvent::NoRuntime => warn!(
            "requests are made outside of a tokio runtime, where nothing can keep the list of nodes fresh; run the client \
             inside of one"
        ),
    }
}

fn transition(node: &NodeUrl, transition: Transition) {
    match transition {
        Transition::Ejected { cause, backoff } => match cause {
            EjectionCause::Pending | EjectionCause::Unreachable => {
                warn!(%node, ?backoff, "node down: it cannot be reached, and is left out until it can be");
            }
            EjectionCause::Failing => {
                warn!(%node, ?backoff, "node ejected: it answers with errors, and is left out for a while");
            }
        },
        Transition::ProbeFailed { cause, backoff } => {
            debug!(%node, ?cause, ?backoff, "node still out")
        }
        Transition::Admitted => info!(%node, "new node answers"),
        Transition::Restored => info!(%node, "node back"),
    }
}
