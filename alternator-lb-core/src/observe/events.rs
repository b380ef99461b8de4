//! Events.

use crate::discovery::Report;
use crate::health::{Cause, Transition};
use crate::topology::NodeUrl;
use tracing::{debug, info, warn};

/// Tells of what has changed.
pub fn report(report: &Report) {
    match report {
        Report::Node { node, transition } => self::transition(node, *transition),
        Report::Panic(true) => warn!(
            "more than half of the nodes that can be reached answer with errors: none is left out for that any more"
        ),
        Report::Panic(false) => info!("nodes that answer with errors are left out again"),
        Report::Changed {
            added,
            removed,
            nodes,
            area,
        } => info!(
            ?added,
            ?removed,
            nodes,
            area,
            "the nodes of the cluster changed"
        ),
        Report::Failed(error) => {
            warn!(%error, "the list of nodes cannot be refreshed; the last good one stays in force");
        }
        Report::Recovered => info!("the list of nodes can be refreshed again"),
        Report::Dropped(entries) => warn!(
            ?entries,
            "/localnodes names what are no addresses of nodes; they are ignored"
        ),
        Report::SpansDatacenters { datacenters } => warn!(
            datacenters,
            "the seeds name different nodes, as those of different datacenters do: reads may not see what was just \
             written in another, and conditional writes in two of them do not exclude each other; choose one with \
             `.scope(Scope::datacenter(..))`, or say that this is meant with `.scope(Scope::cluster())`"
        ),
        Report::NoRuntime => warn!(
            "requests are made outside of a tokio runtime, where nothing can keep the list of nodes fresh; run the client \
             inside of one"
        ),
    }
}

fn transition(node: &NodeUrl, transition: Transition) {
    match transition {
        Transition::Ejected { cause, rest } => match cause {
            Cause::Unproven | Cause::Unreachable => {
                warn!(%node, ?rest, "node down: it cannot be reached, and is left out until it can be");
            }
            Cause::Failing => {
                warn!(%node, ?rest, "node ejected: it answers with errors, and is left out for a while");
            }
        },
        Transition::StillOut { cause, rest } => debug!(%node, ?cause, ?rest, "node still out"),
        Transition::Admitted => info!(%node, "new node answers"),
        Transition::Restored => info!(%node, "node back"),
    }
}
