//! Nodes that are busier than others, or slower.

use super::*;

#[test]
fn a_slow_node_gets_what_it_can_carry() {
    let router = router(3, Policy::default());
    // Sixteen callers; what goes to the first node is not answered, what goes retry_target is at once.
    let mut waiting = Vec::new();
    for _ in 0..200 {
        let mut plan = Plan::default();
        if next(&router, &mut plan, NOW) == url(1) {
            waiting.push(plan);
        }
    }
    assert_eq!(waiting.len(), 1, "the others have none in flight");
    drop(waiting);
    let spread = spread(&router, 300, NOW);
    assert!(
        spread.values().all(|&requests| requests == 100),
        "{spread:?}"
    );
}

/// Sixteen callers whose requests take a random time, the same on all nodes.
#[test]
fn nodes_that_are_alike_stay_even_whatever_chance_does() {
    let router = router(3, Policy::default());
    let mut rng = fastrand::Rng::with_seed(5);
    let mut under_way: Vec<Plan<()>> = (0..16).map(|_| Plan::default()).collect();
    for _ in 0..30_000 {
        let ended = rng.usize(..under_way.len());
        under_way[ended] = Plan::default();
        router
            .advance(&mut under_way[ended], true, NOW, &mut rng)
            .unwrap();
    }
    let table = router.snapshot();
    let requests: Vec<_> = table.usable().map(|node| node.requests()).collect();
    let (least, most) = (
        requests.iter().min().unwrap(),
        requests.iter().max().unwrap(),
    );
    assert!(most - least <= 100, "{requests:?}");
}

#[test]
fn an_overloaded_node_gets_less_and_is_not_ejected() {
    let router = router(3, Policy::default());
    let node = url(1);
    for _ in 0..50 {
        let mut plan = pinned(&router, &node);
        next(&router, &mut plan, NOW);
        settle(&router, &mut plan, Outcome::Overloaded, NOW);
    }
    assert_eq!(spread(&router, 300, NOW).get(&node), None);
    let soon = NOW + Duration::from_secs(6);
    assert_eq!(spread(&router, 300, soon).get(&node), Some(&100));
}
