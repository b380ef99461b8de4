//! The coordinator of an operation that is tried again.

use super::primary::{primary_node, primary_plan, tokens};
use super::*;

/// All outcomes after which the node is known to be there, and the operation is none that another datacenter could do.
const OF_A_LIVE_NODE: [Outcome; 8] = [
    Outcome::ServerError,
    Outcome::Overloaded,
    Outcome::Contention,
    Outcome::ReplicaError,
    Outcome::NoLiveReplica,
    Outcome::ClockSkew,
    Outcome::StaleConnection,
    Outcome::Neutral,
];

/// The nodes of three attempts that end like this, and whether the second one had been announced.
fn attempts(router: &Router<()>, mut plan: Plan<()>, outcome: Outcome) -> Vec<NodeUrl> {
    let first = next(router, &mut plan, NOW);
    let mut nodes = vec![first];
    for _ in 0..2 {
        settle(router, &mut plan, outcome, NOW);
        let announced = router.retry_target(&plan, NOW);
        let node = next(router, &mut plan, NOW);
        let is_same = Some(&node) == nodes.last();
        assert_eq!(announced == RetryTarget::SameNode, is_same, "{outcome:?}");
        nodes.push(node);
    }
    nodes
}

#[test]
fn retry_stays_with_its_coordinator_after_any_error_of_a_live_node() {
    for outcome in OF_A_LIVE_NODE {
        let router = router(5, Policy::default());
        for token in tokens().take(3) {
            let primary = primary_node(&router, token);
            let nodes = attempts(&router, primary_plan(token), outcome);
            assert!(nodes.iter().all(|node| *node == primary), "{outcome:?}");
        }
    }
}

#[test]
fn retry_leaves_a_coordinator_that_cannot_be_reached_or_serves_no_replicas() {
    for outcome in [
        Outcome::NotConnected,
        Outcome::NotSent,
        Outcome::Foreign,
        Outcome::NoReplicas,
    ] {
        let nodes = attempts(&router(5, Policy::default()), primary_plan(7), outcome);
        let distinct: HashSet<_> = nodes.iter().collect();
        assert_eq!(distinct.len(), 3, "{outcome:?}: {nodes:?}");
    }
}

#[test]
fn retry_without_a_response_stays_only_if_the_node_has_responded_to_others_meanwhile() {
    for outcome in [Outcome::ConnectionLost, Outcome::TimedOut] {
        for has_responded in [false, true] {
            let router = router(5, Policy::default());
            let mut plan = primary_plan(7);
            let primary = next(&router, &mut plan, NOW);
            let mut other = primary_plan(7);
            next(&router, &mut other, NOW);
            if has_responded {
                settle(&router, &mut other, Outcome::Responded, NOW);
            }
            settle(&router, &mut plan, outcome, NOW);
            let retry = next(&router, &mut plan, NOW);
            assert_eq!(retry == primary, has_responded, "{outcome:?}");
        }
    }
}

#[test]
fn retry_leaves_a_coordinator_that_is_ejected_meanwhile() {
    let router = router(5, Policy::default());
    let mut plan = primary_plan(7);
    let primary = next(&router, &mut plan, NOW);
    settle(&router, &mut plan, Outcome::ServerError, NOW);
    fail_requests(&router, &primary, 9);
    assert_eq!(router.retry_target(&plan, NOW), RetryTarget::UntriedNode);
    assert_ne!(next(&router, &mut plan, NOW), primary);
}

#[test]
fn operation_without_a_primary_node_still_moves_after_an_error() {
    for outcome in [
        Outcome::ServerError,
        Outcome::Overloaded,
        Outcome::ConnectionLost,
    ] {
        let nodes = attempts(&router(5, Policy::default()), Plan::default(), outcome);
        let distinct: HashSet<_> = nodes.iter().collect();
        assert_eq!(distinct.len(), 3, "{outcome:?}");
    }
}
