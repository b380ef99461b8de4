//! Many seeds, most of which may be silent.

use super::*;
use crate::discovery::membership_query::QUERY_TIMEOUT;

/// The nodes that respond, each of them a seed.
const LIVE: [(&str, u8); 5] = [("r1", 1), ("r1", 2), ("r1", 3), ("r2", 4), ("r2", 5)];

/// Thirty seeds, of which all but the first five are silent.
fn mostly_silent(scope: Option<Scope>) -> Harness {
    let seeds: Vec<_> = (1..=30).collect();
    let harness = Harness::new(urls(&seeds), scope);
    harness.network.datacenter("dc1", &LIVE);
    for silent in 6..=30 {
        harness.network.unresponsive(silent);
    }
    harness
}

fn scopes() -> [Option<Scope>; 3] {
    [
        None,
        Some(Scope::datacenter("dc1")),
        Some(Scope::rack("dc1", "r1").or(Scope::cluster())),
    ]
}

#[tokio::test(start_paused = true)]
async fn silent_seeds_delay_the_first_refresh_by_little() {
    for scope in scopes() {
        for _ in 0..20 {
            let harness = mostly_silent(scope.clone());
            let before = Instant::now();
            harness.discovery.ready().await.unwrap();
            assert_eq!(harness.nodes(), [1, 2, 3, 4, 5]);
            let took = before.elapsed();
            assert!(took < single_flight::LIMIT / 2, "{scope:?}: {took:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn listed_seeds_are_not_waited_for() {
    for _ in 0..20 {
        let seeds: Vec<_> = (1..=30).collect();
        let harness = Harness::new(urls(&seeds), None);
        let members: Vec<_> = (1..=30).map(|last| ("r1", last)).collect();
        harness.network.datacenter("dc1", &members);
        for silent in 2..=30 {
            harness.network.unresponsive(silent);
        }
        let before = Instant::now();
        harness.refresh().await.unwrap();
        let took = before.elapsed();
        assert!(took <= QUERY_TIMEOUT + Duration::from_secs(1), "{took:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn seeds_that_were_silent_are_queried_last() {
    let seeds: Vec<_> = (1..=30).collect();
    let harness = Harness::new(urls(&seeds), Some(Scope::datacenter("dc1")));
    for silent in 1..=30 {
        harness.network.unresponsive(silent);
    }
    harness.refresh().await.unwrap_err();
    // A seed that is no node responds, and then the node does not.
    harness.network.lists_own(7, "dc1", &[("r1", 40)]);
    harness.network.datacenter("dc1", &[("r1", 40)]);
    harness.refresh().await.unwrap();
    harness.network.unresponsive(40).take_queries();
    for _ in 0..4 {
        harness.refresh().await.unwrap();
        assert_eq!(harness.network.take_queried_nodes(), [7, 40].into());
    }
}

#[tokio::test(start_paused = true)]
async fn single_node_is_not_confirmed_by_seeds_that_are_silent_for_long() {
    for scope in scopes() {
        let harness = mostly_silent(scope);
        harness.network.datacenter("dc1", &[("r1", 1)]);
        for live in 2..=5 {
            harness.network.unresponsive(live);
        }
        harness.refresh().await.unwrap();
        let before = Instant::now();
        assert_eq!(harness.refresh().await.unwrap(), [1]);
        let took = before.elapsed();
        assert!(took <= QUERY_TIMEOUT * 2, "{took:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn one_node_is_queried_however_many_seeds_there_are() {
    let seeds: Vec<_> = (1..=30).collect();
    let harness = Harness::new(urls(&seeds), None);
    let members: Vec<_> = (1..=30).map(|last| ("r1", last)).collect();
    harness.network.datacenter("dc1", &members);
    let mut queried = HashSet::new();
    for _ in 0..50 {
        harness.refresh().await.unwrap();
        let queries = harness.network.take_queries();
        assert_eq!(queries.len(), 1, "{queries:?}");
        queried.extend(queries.into_iter().map(|(node, _)| node));
    }
    assert!(
        queried.len() > 10,
        "not the same by all clients: {queried:?}"
    );
}
