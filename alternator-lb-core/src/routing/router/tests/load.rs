//! Nodes with more load than others.

use super::*;

#[test]
fn slow_node_receives_what_it_can_carry() {
    let router = router(3, Policy::default());
    // Requests to the first node get no response, those to other nodes get one at once.
    let mut waiting = Vec::new();
    for _ in 0..200 {
        let mut plan = Plan::default();
        if next(&router, &mut plan, NOW) == url(1) {
            waiting.push(plan);
        }
    }
    assert_eq!(waiting.len(), 1, "the others have none in flight");
    drop(waiting);
    let counts = distribute(&router, 300, NOW);
    assert!(
        counts.values().all(|&requests| requests == 100),
        "{counts:?}"
    );
}

/// Sixteen callers, whose requests take a random time that has the same distribution on all nodes.
#[test]
fn equal_nodes_stay_even_with_random_durations() {
    let router = router(3, Policy::default());
    let mut rng = fastrand::Rng::with_seed(5);
    let mut in_flight: Vec<Plan<()>> = (0..16).map(|_| Plan::default()).collect();
    for _ in 0..30_000 {
        let ended = rng.usize(..in_flight.len());
        in_flight[ended] = Plan::default();
        router
            .advance(&mut in_flight[ended], true, NOW, &mut rng)
            .unwrap();
    }
    let snapshot = router.snapshot();
    let requests: Vec<_> = snapshot.usable().map(|node| node.requests()).collect();
    let (least, most) = (
        requests.iter().min().unwrap(),
        requests.iter().max().unwrap(),
    );
    assert!(most - least <= 100, "{requests:?}");
}

#[test]
fn overloaded_node_receives_less_and_is_not_ejected() {
    let router = router(3, Policy::default());
    let node = url(1);
    for _ in 0..50 {
        let mut plan = pinned(&router, &node);
        next(&router, &mut plan, NOW);
        settle(&router, &mut plan, Outcome::Overloaded, NOW);
    }
    assert_eq!(distribute(&router, 300, NOW).get(&node), None);
    let soon = NOW + Duration::from_secs(6);
    assert_eq!(distribute(&router, 300, soon).get(&node), Some(&100));
}

#[test]
fn cluster_is_overloaded_once_most_of_its_nodes_shed_load() {
    let router = router(3, Policy::default());
    for (last, is_overloaded) in [(1, false), (2, true), (3, true)] {
        let mut plan = pinned(&router, &url(last));
        next(&router, &mut plan, NOW);
        settle(&router, &mut plan, Outcome::Overloaded, NOW);
        assert_eq!(router.is_overloaded(NOW), is_overloaded, "{last} nodes");
    }
    assert!(!router.is_overloaded(NOW + Duration::from_secs(60)));
}
