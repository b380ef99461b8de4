//! Log events.

use crate::discovery::TopologyEvent;
use crate::health::{EjectionCause, Transition};
use crate::topology::NodeUrl;
use tracing::{debug, info, warn};

/// Logs a change.
pub fn report(event: &TopologyEvent) {
    match event {
        TopologyEvent::Node { node, transition } => report_transition(node, *transition),
        TopologyEvent::Panic(true) => warn!(
            "more than half of the nodes that can be reached respond with errors: none is ejected for that any more"
        ),
        TopologyEvent::Panic(false) => info!("nodes that respond with errors are ejected again"),
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
            "/localnodes lists entries that are no addresses of nodes; they are ignored"
        ),
        TopologyEvent::SpansDatacenters { datacenters } => warn!(
            datacenters,
            "the seeds list different nodes, as those of different datacenters do: reads may miss recent writes in \
             another datacenter, and conditional writes in two of them do not exclude each other; choose one with \
             `.scope(Scope::datacenter(..))`, or confirm that this is intended with `.scope(Scope::cluster())`"
        ),
        TopologyEvent::NoRuntime => warn!(
            "requests are made outside of a tokio runtime, where the list of nodes cannot be refreshed; run the client \
             inside of one"
        ),
    }
}

fn report_transition(node: &NodeUrl, transition: Transition) {
    match transition {
        Transition::Ejected { cause, backoff } => match cause {
            EjectionCause::Pending | EjectionCause::Unreachable => {
                warn!(%node, ?backoff, "node down: it cannot be reached, and is ejected until it responds");
            }
            EjectionCause::Failing => {
                warn!(%node, ?backoff, "node ejected: it responds with errors");
            }
        },
        Transition::ProbeFailed { cause, backoff } => {
            debug!(%node, ?cause, ?backoff, "node still ejected")
        }
        Transition::Admitted => info!(%node, "new node responds"),
        Transition::Restored => info!(%node, "node back"),
    }
}
