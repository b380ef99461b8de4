use super::*;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// Counts the connectors that live.
#[derive(Debug)]
struct CountedConnector(Arc<AtomicUsize>);

impl HttpConnector for CountedConnector {
    fn call(&self, _: HttpRequest) -> HttpConnectorFuture {
        HttpConnectorFuture::new(std::future::pending())
    }
}

impl Drop for CountedConnector {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

struct Harness {
    listed: Arc<ListedNodes>,
    pools: Arc<Pools>,
    live: Arc<AtomicUsize>,
}

const NODES: [&str; 2] = ["http://10.0.0.1:8000", "http://10.0.0.2:8000"];

impl Harness {
    fn new() -> Self {
        let listed = Arc::<ListedNodes>::default();
        let live = Arc::<AtomicUsize>::default();
        let made = Arc::clone(&live);
        let pools = Arc::new(Pools {
            of_nodes: ArcSwap::default(),
            of_others: Connectors::default(),
            adding: Mutex::new(()),
            listed: Arc::clone(&listed),
            make: Box::new(move |_, _| {
                made.fetch_add(1, Ordering::Relaxed);
                SharedHttpConnector::new(CountedConnector(Arc::clone(&made)))
            }),
        });
        listed.register(&pools);
        Self {
            listed,
            pools,
            live,
        }
    }

    fn list(&self, nodes: &[&str]) {
        let urls = nodes.iter().map(|url| Box::from(*url));
        self.listed.replace(|| urls.collect());
    }

    fn request(&self, origin: &str, connect: Option<Duration>) {
        self.send(origin, connect, false);
    }

    fn probe(&self, origin: &str) {
        self.send(origin, None, true);
    }

    fn send(&self, origin: &str, connect: Option<Duration>, is_probed: bool) {
        let timeouts = Timeouts {
            connect,
            read: None,
        };
        let settings = PoolSettings {
            timeouts,
            sleep: None,
            idle_timeout: IDLE_TIMEOUT,
        };
        self.pools.connector(origin, is_probed, &settings);
    }

    fn live(&self) -> usize {
        self.live.load(Ordering::Relaxed)
    }
}

#[test]
fn each_listed_node_has_a_pool_for_each_pair_of_timeouts() {
    let harness = Harness::new();
    harness.list(&NODES);
    for node in NODES.repeat(3) {
        harness.request(node, None);
    }
    assert_eq!(harness.live(), 2);
    harness.request(NODES[0], Some(Duration::from_secs(1)));
    assert_eq!(harness.live(), 3);
}

#[test]
fn pools_of_a_node_that_leaves_the_list_are_dropped_and_no_others() {
    let harness = Harness::new();
    harness.list(&NODES);
    for node in NODES {
        harness.request(node, None);
        harness.request(node, Some(Duration::from_secs(1)));
    }
    harness.list(&NODES[1..]);
    assert_eq!(harness.live(), 2);
    harness.request(NODES[1], None);
    assert_eq!(harness.live(), 2, "its pool is the former one");
}

#[test]
fn addresses_that_are_not_listed_share_a_pool() {
    let harness = Harness::new();
    harness.list(&NODES[..1]);
    harness.request(NODES[0], None);
    for host in 3..100 {
        harness.request(&format!("http://10.0.0.{host}:8000"), None);
    }
    assert_eq!(harness.live(), 2);
}

#[test]
fn request_to_a_node_that_has_just_left_brings_no_pool_of_its_back() {
    let harness = Harness::new();
    harness.list(&NODES);
    harness.request(NODES[0], None);
    harness.list(&NODES[1..]);
    harness.request(NODES[0], None);
    assert!(harness.pools.of_nodes.load().is_empty());
}

#[test]
fn node_that_is_probed_keeps_its_pool_if_it_is_listed_next() {
    let harness = Harness::new();
    harness.list(&NODES[..1]);
    harness.probe(NODES[1]);
    harness.list(&NODES);
    harness.request(NODES[1], None);
    assert_eq!(harness.live(), 1);
}

#[test]
fn pool_of_a_node_that_is_probed_and_not_listed_is_dropped_after_the_refresh() {
    let harness = Harness::new();
    harness.list(&NODES[..1]);
    harness.probe(NODES[1]);
    assert_eq!(harness.live(), 1);
    harness.list(&NODES[..1]);
    assert_eq!(harness.live(), 0);
}
