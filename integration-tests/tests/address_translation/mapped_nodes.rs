//! Nodes with ports of their own.

use super::*;
use crate::support::{Log, ping, test_cluster};
use alternator_lb_sdk::BuildError;
use serde_json::Value;

#[tokio::test]
async fn load_is_even_over_nodes_with_ports_of_their_own() {
    let cluster = test_cluster!(|cluster| containers(cluster, 3));
    let nodes = cluster.nodes();
    let (alternator, client) = ready_client_with(builder(&cluster), map(&cluster)).await;
    assert_eq!(translated(&alternator), expected(&nodes));
    expect_even(&cluster, &client, &nodes).await;
}

#[tokio::test]
async fn one_seed_leads_to_all_nodes() {
    let cluster = test_cluster!(|cluster| containers(cluster, 3));
    let nodes = cluster.nodes();
    let seed = Alternator::builder().seeds([nodes[1].url()]);
    let (alternator, client) = ready_client_with(seed, map(&cluster)).await;
    wait_until_used(&alternator, &nodes).await;
    expect_even(&cluster, &client, &nodes).await;
}

#[tokio::test]
async fn status_shows_what_is_listed_and_what_is_sent_to() {
    let cluster = test_cluster!(|cluster| containers(cluster, 2));
    let (alternator, client) = ready_client_with(builder(&cluster), map(&cluster)).await;
    expect_pings(&client, 4).await;
    let status: Value = serde_json::from_str(&alternator.status_json()).unwrap();
    let mut dump = Vec::new();
    alternator.dump(&mut dump).unwrap();
    let dump = String::from_utf8(dump).unwrap();
    for node in cluster.nodes() {
        let address = node.listed_address().to_string();
        let shown = status["nodes"].as_array().unwrap().iter();
        let mut shown = shown.filter(|shown| shown["url"] == node.url());
        assert_eq!(shown.next().unwrap()["listed_address"], address);
        let mut lines = dump.lines();
        assert!(
            lines.any(|line| line.contains(&node.url()) && line.contains(&address)),
            "{dump}"
        );
    }
}

#[tokio::test]
async fn joining_node_is_translated_and_the_others_are_not_again() {
    let cluster = test_cluster!(|cluster| containers(cluster, 3));
    let translator = ScriptedTranslator::of(&cluster.nodes());
    let (alternator, client) = ready_client_with(builder(&cluster), translator.clone()).await;
    for _ in 0..20 {
        alternator.refresh().await.unwrap();
        expect_pings(&client, 3).await;
    }
    assert_eq!(translator.take_calls(), [1, 2, 3].map(listed));

    let answers = Arc::clone(&translator.answers);
    let joining = {
        // Discovery cannot call the translator before it knows the node.
        let mut answers = answers.lock().unwrap();
        let joining = cluster.add_node(container(4)).unwrap();
        answers.insert(joining.listed_address(), Answer::Url(joining.url()));
        joining
    };
    wait_until_used(&alternator, &cluster.nodes()).await;
    expect_even(&cluster, &client, &cluster.nodes()).await;
    assert_eq!(translator.take_calls(), [joining.listed_address()]);
}

#[tokio::test]
async fn dead_node_is_ejected_and_no_operation_fails() {
    let cluster = test_cluster!(|cluster| containers(cluster, 3));
    let (alternator, client) = ready_client_with(builder(&cluster), map(&cluster)).await;
    let dead = cluster.node(1);
    dead.stop();
    expect_pings(&client, 60).await;
    let state = |node: &Node| {
        let nodes = alternator.nodes();
        let status = nodes.iter().find(|status| status.url() == node.url());
        status.map(|status| status.state())
    };
    assert_eq!(state(&dead), Some(NodeState::Down));
    dead.start().unwrap();
    eventually("the node is back", async || {
        ping(&client).await.unwrap();
        state(&dead) == Some(NodeState::Up)
    })
    .await;
}

#[tokio::test]
async fn node_that_is_not_in_the_map_gets_no_requests() {
    let log = Log::capture();
    let cluster = test_cluster!(|cluster| containers(cluster, 3));
    let nodes = cluster.nodes();
    let known = nodes[..2].iter();
    let map = AddressMap::new(known.map(|node| (node.listed_address(), node.url()))).unwrap();
    let seeds = Alternator::builder().seeds([nodes[0].url(), nodes[1].url()]);
    let (alternator, client) = ready_client_with(seeds, map).await;
    expect_even(&cluster, &client, &nodes[..2]).await;
    assert_eq!(requests(&nodes[2]), 0);
    assert_eq!(translated(&alternator), expected(&nodes[..2]));
    let warnings = log.warnings("translation_failed");
    assert!(
        matches!(&warnings[..], [warning] if warning.contains("127.1.0.3")),
        "{warnings:?}"
    );
}

#[tokio::test]
async fn two_nodes_behind_one_url_are_one_node() {
    let log = Log::capture();
    let cluster = test_cluster!(|cluster| containers(cluster, 2));
    let translator = ScriptedTranslator::default();
    for node in cluster.nodes() {
        translator.set(&node, Answer::Url(cluster.node(0).url()));
    }
    let seed = Alternator::builder().seeds([cluster.node(0).url()]);
    let (alternator, client) = ready_client_with(seed, translator).await;
    expect_pings(&client, 10).await;
    assert_eq!(alternator.nodes().len(), 1);
    assert_eq!(requests(&cluster.node(0)), 10);
    let warnings = log.warnings("translation_failed");
    assert!(
        matches!(&warnings[..], [warning] if warning.contains("load balancer")),
        "{warnings:?}"
    );
}

#[tokio::test]
async fn allowed_addresses_are_those_that_are_sent_to() {
    let cluster = test_cluster!(|cluster| containers(cluster, 2));
    let narrow = builder(&cluster).allowed_addresses(["127.0.0.1"]);
    let (alternator, client) = ready_client_with(narrow, map(&cluster)).await;
    expect_even(&cluster, &client, &cluster.nodes()).await;
    drop(alternator);

    let elsewhere = ScriptedTranslator::of(&cluster.nodes());
    elsewhere.set(
        &cluster.node(1),
        Answer::Url("http://127.1.0.9:8000".to_owned()),
    );
    let narrow = builder(&cluster).allowed_addresses(["127.0.0.1"]);
    let (alternator, _client) = ready_client_with(narrow, elsewhere).await;
    assert_eq!(translated(&alternator), expected(&cluster.nodes()[..1]));
}

#[test]
fn seeds_may_differ_in_port_only_with_a_translator() {
    let seeds =
        || Alternator::builder().seeds(["http://127.0.0.1:32768", "http://127.0.0.1:32769"]);
    let error = seeds().build().unwrap_err();
    assert!(matches!(error, BuildError::SeedsDiffer { .. }), "{error:?}");
    assert!(
        error.to_string().contains(".address_translator("),
        "{error}"
    );
    let map = AddressMap::new([("172.17.0.2", "http://127.0.0.1:32768")]).unwrap();
    seeds().address_translator(map.clone()).build().unwrap();

    let other_scheme = seeds().seeds(["https://127.0.0.1:32770"]);
    let error = other_scheme
        .address_translator(map.clone())
        .build()
        .unwrap_err();
    assert!(matches!(error, BuildError::SeedsDiffer { .. }), "{error:?}");
    let error = seeds()
        .without_discovery()
        .address_translator(map)
        .build()
        .unwrap_err();
    assert!(
        matches!(error, BuildError::TranslatorWithoutDiscovery),
        "{error:?}"
    );
}
