//! Log events.

use crate::discovery::TopologyEvent;
use crate::health::{EjectionCause, Transition};
use tracing::{debug, info, warn};

/// The target of all events: the crate that applications depend on, and name in filters.
const TARGET: &str = "alternator_lb_sdk";

/// Logs a change.
pub fn report(event: &TopologyEvent) {
    match event {
        TopologyEvent::Node {
            node,
            transition,
            status,
        } => match transition {
            Transition::Ejected { cause, backoff } => match cause {
                EjectionCause::Pending | EjectionCause::Unreachable => warn!(
                    target: TARGET,
                    %node,
                    ?backoff,
                    "node down: it cannot be reached, and is ejected until it responds"
                ),
                EjectionCause::Failing => warn!(
                    target: TARGET,
                    %node,
                    status,
                    ?backoff,
                    "node ejected: it responds with errors of its own, or not as Alternator does"
                ),
            },
            Transition::ProbeFailed { cause, backoff } => debug!(
                target: TARGET,
                %node,
                ?cause,
                ?backoff,
                "node still ejected"
            ),
            Transition::Admitted => info!(target: TARGET, %node, "new node responds"),
            Transition::Restored => info!(target: TARGET, %node, "node back"),
        },
        TopologyEvent::PanicMode(true) => warn!(
            target: TARGET,
            "more than half of the nodes that can be reached respond with errors: none is ejected for that any more"
        ),
        TopologyEvent::PanicMode(false) => info!(
            target: TARGET,
            "nodes that respond with errors are ejected again"
        ),
        TopologyEvent::Changed {
            added,
            removed,
            nodes,
            locality,
        } => info!(
            target: TARGET,
            ?added,
            ?removed,
            nodes,
            locality,
            "the nodes of the cluster changed"
        ),
        TopologyEvent::ServedBySeeds(error) => warn!(
            target: TARGET,
            "{error}"
        ),
        TopologyEvent::Failed(error) => warn!(
            target: TARGET,
            %error,
            "the list of nodes cannot be refreshed; the last good one stays in force"
        ),
        TopologyEvent::Recovered => info!(
            target: TARGET,
            "the list of nodes can be refreshed again"
        ),
        TopologyEvent::Dropped(entries) => warn!(
            target: TARGET,
            ?entries,
            "/localnodes lists entries that are not addresses of nodes, or not allowed as such (link-local ones are only by \
             `.allowed_addresses(..)`); they are ignored"
        ),
        TopologyEvent::Foreign(nodes) => warn!(
            target: TARGET,
            ?nodes,
            "nodes belong to another cluster, as at addresses that were reused: they list none of their former peers, which no \
             longer list them, or their cluster has another name; they get no requests unless the cluster lists them"
        ),
        TopologyEvent::SpansDatacenters { datacenters } => warn!(
            target: TARGET,
            datacenters,
            "the seeds list different nodes, as those of different datacenters do: reads may miss recent writes in \
             another datacenter, and conditional writes in two of them do not exclude each other; choose one with \
             `.scope(Scope::datacenter(..))`, or confirm that this is intended with `.scope(Scope::cluster())`"
        ),
        TopologyEvent::NoRuntime => warn!(
            target: TARGET,
            "requests are made outside of a tokio runtime, where the list of nodes cannot be refreshed; run the client \
             inside of one"
        ),
    }
}
