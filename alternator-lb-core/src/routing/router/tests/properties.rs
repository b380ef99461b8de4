//! Properties that always hold.

use super::*;

proptest! {
    #[test]
    fn plan_repeats_no_node_before_all_were_tried(
        nodes in 1u8..9, down in prop::collection::vec(any::<bool>(), 9), start in 0usize..100, random in any::<bool>(),
    ) {
        let policy = if random { Policy::random() } else { Policy::round_robin() };
        let router = Router::new(RoutingSnapshot::new(topology(nodes)), policy, start);
        let down: Vec<_> = (1..=nodes).filter(|&last| down[usize::from(last)]).collect();
        for &last in &down {
            make_unreachable(&router, &url(last));
        }
        let usable = match usize::from(nodes) - down.len() {
            0 => usize::from(nodes),
            up => up,
        };
        // Too early for probes of the ejected nodes.
        let mut plan = Plan::default();
        let tried: Vec<_> = (0..usable).map(|_| next(&router, &mut plan, NOW)).collect();
        let distinct: HashSet<_> = tried.iter().collect();
        prop_assert_eq!(distinct.len(), usable, "{:?}", tried);
        prop_assert_ne!(router.retry_target(&plan, NOW), RetryTarget::UntriedNode);

        // The next round does not begin with the node that was tried last.
        let again = next(&router, &mut plan, NOW);
        prop_assert!(usable == 1 || Some(&again) != tried.last());
    }

    #[test]
    fn requests_go_only_to_listed_nodes(
        lists in prop::collection::vec(prop::collection::btree_set(1u8..10, 1..6), 1..5), outcomes in prop::collection::vec(0usize..6, 60),
    ) {
        let router = router(1, Policy::default());
        let mut now = NOW;
        let mut outcomes = outcomes.into_iter();
        for list in lists {
            let urls: Vec<_> = list.iter().copied().map(url).collect();
            let before = router.snapshot();
            router.publish(RoutingSnapshot::new(Arc::new(before.topology().refreshed(std::slice::from_ref(&urls), |_| EndpointState::new(())))));
            for _ in 0..12 {
                now += Duration::from_millis(77);
                let mut plan = Plan::default();
                let node = next(&router, &mut plan, now);
                prop_assert!(urls.contains(&node), "{} is not in {:?}", node, urls);
                let outcome = [Outcome::Responded, Outcome::NotConnected, Outcome::ConnectionLost, Outcome::Neutral, Outcome::ServerError, Outcome::Overloaded];
                settle(&router, &mut plan, outcome[outcomes.next().unwrap_or_default()], now);
            }
        }
    }

    #[test]
    fn at_most_half_of_the_reachable_nodes_are_excluded(
        nodes in 1u8..10, events in prop::collection::vec((1u8..10, 0usize..3, 0u64..2_000), 0..120),
    ) {
        let router = router(nodes, Policy::default());
        let mut now = NOW;
        for (last, event, pause) in events {
            now += Duration::from_millis(pause);
            let node = url(1 + last % nodes);
            let mut plan = if event == 2 { Plan::default() } else { pinned(&router, &node) };
            next(&router, &mut plan, now);
            let outcome = [Outcome::NotConnected, Outcome::ServerError, Outcome::Responded][event];
            for _ in 0..5 {
                settle(&router, &mut plan, outcome, now);
            }
            let snapshot = router.snapshot();
            let usable = snapshot.usable().count();
            let listed = snapshot.topology().nodes();
            let reachable = listed.iter().filter(|node| {
                matches!(node.health().state().cause(), None | Some(EjectionCause::Failing))
            });
            prop_assert!(usable * 2 >= reachable.count());
            let excluded = usize::from(nodes) - usable;
            prop_assert!(excluded == 0 || snapshot.ejected().len() >= excluded);
        }
    }
}
