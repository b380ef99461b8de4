//! Refreshes with an address translator: node `n` is listed as such, and reached at `n + 100`.

use super::*;
use crate::discovery::{
    AddressTranslator, ClientRoutes, SharedAddressTranslator, TranslationFuture, UntranslatedNode,
};
use crate::routing::Plan;
use proptest::prelude::*;
use std::collections::{BTreeMap, HashSet};
use std::net::IpAddr;
use std::sync::Mutex;
use std::sync::atomic::AtomicBool;
use tokio::sync::Notify;

/// Translates the last numbers of addresses, as far as it has an entry.
#[derive(Clone, Debug, Default)]
struct Table(Arc<Mutex<BTreeMap<u8, String>>>);

impl AddressTranslator for Table {
    fn translate_address<'a>(&'a self, node: &'a UntranslatedNode<'a>) -> TranslationFuture<'a> {
        let last = match node.address() {
            IpAddr::V4(ip) => ip.octets()[3],
            IpAddr::V6(_) => 0,
        };
        let url = self.0.lock().unwrap().get(&last).cloned();
        Box::pin(async move { url.ok_or_else(|| "no entry".into()) })
    }
}

impl Table {
    fn of(last: &[u8]) -> Self {
        let table = Self::default();
        last.iter().for_each(|last| table.set(*last, last + 100));
        table
    }

    fn set(&self, last: u8, reached_at: u8) {
        self.set_url(last, &url(reached_at).to_string());
    }

    fn set_url(&self, last: u8, url: &str) {
        self.0.lock().unwrap().insert(last, url.to_owned());
    }
}

fn harness(seeds: &[u8], table: &Table) -> Harness {
    let translator = SharedAddressTranslator::new(table.clone());
    Harness::with_config(urls(seeds), None, |config| {
        config.address_translator = Some(translator);
    })
}

/// Lets the nodes that are listed as these respond, where they are reached.
fn serve(harness: &Harness, last: &[u8]) {
    let members: Vec<_> = last.iter().map(|last| ("r1", *last)).collect();
    for last in last {
        harness.network.lists_own(last + 100, "dc1", &members);
    }
}

/// The numbers under which the nodes are listed, as far as it is known.
fn listed(harness: &Harness) -> Vec<u8> {
    let snapshot = harness.router.snapshot();
    let nodes = snapshot.topology().nodes().iter();
    let mut listed: Vec<_> = nodes
        .filter_map(|node| match node.address()? {
            IpAddr::V4(ip) => Some(ip.octets()[3]),
            IpAddr::V6(_) => None,
        })
        .collect();
    listed.sort_unstable();
    listed
}

#[tokio::test(start_paused = true)]
async fn nodes_are_those_that_the_listed_addresses_are_translated_to() {
    let harness = harness(&[101], &Table::of(&[1, 2, 3]));
    serve(&harness, &[1, 2, 3]);
    let generation = harness.router.topology_generation();
    assert_eq!(harness.refresh().await.unwrap(), [101, 102, 103]);
    assert_eq!(listed(&harness), [1, 2, 3]);
    assert!(harness.router.topology_generation() > generation);
    assert_eq!(harness.network.take_queried_nodes(), [101].into());
    let generation = harness.router.topology_generation();
    harness.refresh().await.unwrap();
    assert_eq!(harness.router.topology_generation(), generation);
}

#[tokio::test(start_paused = true)]
async fn seed_keeps_its_counters_when_its_listed_address_becomes_known() {
    let harness = harness(&[101], &Table::of(&[1]));
    serve(&harness, &[1]);
    let plan = harness.request(101);
    harness.settle(plan, Outcome::Responded);
    harness.refresh().await.unwrap();
    let snapshot = harness.router.snapshot();
    let node = &snapshot.topology().nodes()[0];
    assert_eq!(
        (node.requests(), node.address()),
        (1, Some([127, 0, 0, 1].into()))
    );
    assert_eq!(take_events(), [""; 0], "nothing was added or removed");
}

#[tokio::test(start_paused = true)]
async fn node_that_moves_is_renamed_also_while_no_other_node_responds() {
    let table = Table::of(&[1, 2]);
    let harness = harness(&[101], &table);
    serve(&harness, &[1, 2]);
    harness.refresh().await.unwrap();
    harness.network.dead(101).dead(102);
    tokio::time::advance(Duration::from_secs(5)).await;
    let _ = harness.refresh().await.unwrap_err();
    harness
        .network
        .lists_own(111, "dc1", &[("r1", 1), ("r1", 2)]);
    table.set(1, 111);
    tokio::time::advance(Duration::from_secs(5)).await;
    assert_eq!(harness.refresh().await.unwrap(), [102, 111]);
    assert_eq!(listed(&harness), [1, 2]);
}

#[tokio::test(start_paused = true)]
async fn listed_addresses_need_not_be_allowed_nor_of_this_network() {
    let table = Table::default();
    let translator = SharedAddressTranslator::new(table.clone());
    let harness = Harness::with_config(urls(&[101]), None, |config| {
        config.address_translator = Some(translator);
        let networks = ["127.0.0.101".to_owned()];
        config.allowed_addresses =
            crate::discovery::AllowedAddresses::in_networks(&networks).unwrap();
    });
    table.set(2, 101);
    harness
        .network
        .raw(101, r#"["169.254.0.2", "0.0.0.0", "node-a"]"#);
    assert_eq!(harness.refresh().await.unwrap(), [101]);
    assert_eq!(listed(&harness), [2]);
    let events = take_events().join(" ");
    assert!(
        events.contains("0.0.0.0") && events.contains("node-a"),
        "{events}"
    );
}

#[tokio::test(start_paused = true)]
async fn seed_of_another_cluster_is_not_asked_for_the_routes_of_this_one() {
    let harness = Harness::with_config(urls(&[101, 102]), None, |config| {
        let translator = ClientRoutes::new(["connection"]);
        config.address_translator = Some(SharedAddressTranslator::new(translator));
    });
    serve(&harness, &[1, 3]);
    harness.network.routes(&[101, 103], &[(1, 101), (3, 103)]);
    harness.network.cluster_name(&[101, 103], "ours");
    assert_eq!(harness.refresh().await.unwrap(), [101, 103]);
    let others = [("r1", 12), ("r1", 13)];
    harness.network.lists_own(102, "dc1", &others);
    harness.network.cluster_name(&[102], "another");
    tokio::time::advance(Duration::from_secs(5)).await;
    assert_eq!(harness.refresh().await.unwrap(), [101, 103]);

    harness.network.dead(101).dead(103);
    for _ in 0..3 {
        tokio::time::advance(Duration::from_secs(5)).await;
        harness.network.take_queries();
        let _ = harness.refresh().await;
        let queries = harness.network.take_queries();
        let asked = queries.iter().filter(|(_, query)| query == "client_routes");
        let asked: HashSet<u8> = asked.map(|(last, _)| *last).collect();
        assert!(asked.is_subset(&[101, 103].into()), "{asked:?}");
    }
    serve(&harness, &[1, 3]);
    tokio::time::advance(Duration::from_secs(5)).await;
    assert_eq!(harness.refresh().await.unwrap(), [101, 103]);
    let queries = harness.network.take_queries();
    let reads_routes = |(_, query): &(u8, String)| query == "client_routes";
    assert!(queries.iter().any(reads_routes), "{queries:?}");
}

#[tokio::test(start_paused = true)]
async fn rack_whose_nodes_are_not_translated_is_not_empty() {
    let table = Table::of(&[2]);
    let translator = SharedAddressTranslator::new(table.clone());
    let scope = Scope::rack("dc1", "r1").or(Scope::cluster());
    let harness = Harness::with_config(urls(&[102]), Some(scope), |config| {
        config.address_translator = Some(translator);
    });
    let members = [("dc1", "r1", 1), ("dc1", "r2", 2)];
    harness.network.lists(102, "dc1", &members);
    harness.network.lists(101, "dc1", &members);
    let error = harness.refresh().await.unwrap_err();
    assert!(
        matches!(&error, RefreshError::Untranslated { failures, .. } if failures.len() == 1),
        "{error}"
    );
    assert!(take_events().join(" ").contains("no entry"));

    table.set(1, 101);
    tokio::time::advance(Duration::from_secs(5)).await;
    assert_eq!(
        harness.refresh_levels().await.unwrap(),
        [vec![101], vec![102]]
    );
}

#[tokio::test(start_paused = true)]
async fn names_are_looked_up_while_nodes_are_translated_anew() {
    let translator = HangsOnce {
        hung: Arc::default(),
        has_hung: Arc::new(AtomicBool::new(true)),
        table: Table::of(&[1]),
    };
    let seed = NodeUrl::new(Scheme::Http, Host::Name("db.example".into()), 8000);
    let harness = Harness::with_config(vec![seed], None, |config| {
        config.address_translator = Some(SharedAddressTranslator::new(translator.clone()));
    });
    serve(&harness, &[1]);
    harness.network.name("db.example", &[101]);
    assert_eq!(harness.refresh().await.unwrap(), [101]);
    harness.network.dead(101);
    tokio::time::advance(Duration::from_secs(40)).await;
    let _ = harness.refresh().await.unwrap_err();

    tokio::time::advance(Duration::from_secs(40)).await;
    let look_ups = harness.network.look_ups();
    translator.has_hung.store(false, Ordering::Relaxed);
    let begin = Instant::now();
    tokio::select! {
        biased;
        result = harness.refresh() => panic!("{result:?}"),
        () = translator.hung.notified() => {}
    }
    assert_eq!(begin.elapsed(), Duration::ZERO);
    assert_eq!(harness.network.look_ups(), look_ups + 1);
}

/// A translator whose first call never ends.
#[derive(Clone, Debug)]
struct HangsOnce {
    hung: Arc<Notify>,
    has_hung: Arc<AtomicBool>,
    table: Table,
}

impl AddressTranslator for HangsOnce {
    fn translate_address<'a>(&'a self, node: &'a UntranslatedNode<'a>) -> TranslationFuture<'a> {
        if self.has_hung.swap(true, Ordering::Relaxed) {
            return self.table.translate_address(node);
        }
        self.hung.notify_one();
        Box::pin(std::future::pending())
    }
}

#[tokio::test(start_paused = true)]
async fn refresh_that_is_no_longer_polled_in_a_translation_does_not_stop_the_next() {
    let translator = HangsOnce {
        hung: Arc::default(),
        has_hung: Arc::default(),
        table: Table::of(&[1, 2]),
    };
    let harness = Harness::with_config(urls(&[101]), None, |config| {
        config.address_translator = Some(SharedAddressTranslator::new(translator.clone()));
    });
    serve(&harness, &[1, 2]);
    let mut stuck = Box::pin(harness.refresh());
    tokio::select! {
        biased;
        result = &mut stuck => panic!("{result:?}"),
        () = translator.hung.notified() => {}
    }
    // Its runtime is no longer polled from here on.
    let next = tokio::time::timeout(Duration::from_secs(60), harness.refresh());
    let nodes = next.await.expect("the refresh ends").unwrap();
    assert_eq!(nodes, [101, 102]);
    drop(stuck);
}

/// The result of the translator for a node: its own URL, that of another one, no URL of a node, or an error.
fn any_answer() -> impl Strategy<Value = Option<String>> {
    prop_oneof![
        4 => (101u8..110).prop_map(|last| Some(url(last).to_string())),
        1 => Just(Some("https://127.0.0.101:8000".to_owned())),
        1 => Just(Some("http://dynamodb.us-east-1.amazonaws.com:8000".to_owned())),
        1 => "\\PC{0,20}".prop_map(Some),
        1 => Just(None),
    ]
}

proptest! {
    #[test]
    fn requests_go_to_seeds_and_translated_nodes_only(
        rounds in prop::collection::vec((prop::collection::btree_map(1u8..8, any_answer(), 0..8), any::<u16>()), 1..6),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
        runtime.unwrap().block_on(async {
            let table = Table::default();
            let harness = harness(&[101, 102], &table);
            let mut allowed: HashSet<NodeUrl> = urls(&[101, 102]).into_iter().collect();
            for (answers, dead) in rounds {
                for (last, answer) in answers {
                    match answer {
                        Some(text) => {
                            // Those that a node can have are on this network, and each begins with the seeds' scheme.
                            allowed.extend((101..110).map(url).filter(|url| url.as_str() == text));
                            table.set_url(last, &text);
                        }
                        None => drop(table.0.lock().unwrap().remove(&last)),
                    }
                }
                serve(&harness, &[1, 2, 3, 4, 5, 6, 7, 8, 9]);
                for last in (101..110).filter(|last| dead & (1 << (last - 101)) != 0) {
                    harness.network.dead(last);
                }
                tokio::time::advance(Duration::from_secs(40)).await;
                let _ = harness.refresh().await;
                let snapshot = harness.router.snapshot();
                for node in snapshot.topology().nodes() {
                    assert!(allowed.contains(node.url()), "{}", node.url());
                }
                let queried = harness.network.take_queried_nodes();
                assert!(queried.iter().all(|last| allowed.contains(&url(*last))), "{queried:?}");
                for _ in 0..20 {
                    let (now, rng) = (harness.discovery.clock.now(), &mut fastrand::Rng::new());
                    let mut plan = Plan::default();
                    harness.router.advance(&mut plan, true, now, rng).unwrap();
                    assert!(allowed.contains(plan.current().unwrap().node().url()));
                }
            }
        });
    }
}
