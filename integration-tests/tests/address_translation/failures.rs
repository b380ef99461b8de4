//! Translators that fail.

use super::*;
use crate::support::{Log, ping, test_cluster};
use alternator_lb_sdk::RefreshError;

/// Starts three nodes, of whose second the translator does not return the URL. Returns the warnings.
async fn expect_failure_of_one_node(answer: Answer, text: &str) {
    let log = Log::capture();
    let cluster = test_cluster!(|cluster| containers(cluster, 3));
    let nodes = cluster.nodes();
    let translator = ScriptedTranslator::of(&nodes);
    translator.set(&nodes[1], answer);
    let seeds = Alternator::builder().seeds([nodes[0].url(), nodes[2].url()]);
    let seeds = seeds.refresh_interval(Duration::from_millis(50));
    let (alternator, client) = ready_client_with(seeds, translator.clone()).await;
    let others = [nodes[0].clone(), nodes[2].clone()];
    assert_eq!(translated(&alternator), expected(&others));
    expect_even(&cluster, &client, &others).await;
    assert_eq!(requests(&nodes[1]), 0);
    let warnings = log.warnings("translation_failed");
    let is_told = |warning: &String| warning.contains("127.1.0.2") && warning.contains(text);
    assert!(
        matches!(&warnings[..], [warning] if is_told(warning)),
        "{warnings:?}"
    );

    translator.translates(&nodes[1]);
    eventually("the node is used", async || {
        ping(&client).await.unwrap();
        translated(&alternator) == expected(&nodes)
    })
    .await;
    wait_until_used(&alternator, &nodes).await;
    expect_even(&cluster, &client, &nodes).await;
    assert_eq!(
        log.warnings("translation_failed").len(),
        1,
        "it is told once"
    );
}

#[tokio::test]
async fn node_whose_translation_fails_gets_requests_once_it_succeeds() {
    expect_failure_of_one_node(Answer::Error, "no such container").await;
}

#[tokio::test]
async fn translator_that_hangs_for_one_node_delays_only_that_node() {
    expect_failure_of_one_node(Answer::Hang, "returned nothing within 2s").await;
}

#[tokio::test]
async fn translator_that_panics_costs_only_its_node() {
    expect_failure_of_one_node(Answer::Panic, "the translator of this test panics").await;
}

#[tokio::test]
async fn url_with_another_scheme_is_refused() {
    let url = "https://127.0.0.1:8043".to_owned();
    expect_failure_of_one_node(Answer::Url(url), "scheme").await;
}

#[tokio::test]
async fn url_that_is_none_is_refused() {
    let url = "127.0.0.1:8000".to_owned();
    expect_failure_of_one_node(Answer::Url(url), "is not the URL of a node").await;
}

#[tokio::test]
async fn seeds_serve_and_ready_says_why_while_no_node_is_translated() {
    let cluster = test_cluster!(|cluster| containers(cluster, 3));
    let nodes = cluster.nodes();
    let translator = ScriptedTranslator::default();
    let alternator = builder(&cluster).address_translator(translator.clone());
    let alternator = alternator.build().unwrap();
    let client = client(&alternator);
    let error = alternator.ready().await.unwrap_err();
    assert!(
        matches!(error, RefreshError::Untranslated { .. }),
        "{error:?}"
    );
    for node in &nodes {
        let address = node.listed_address().to_string();
        assert!(error.to_string().contains(&address), "{error}");
    }
    expect_even(&cluster, &client, &nodes).await;
    assert_eq!(
        translated(&alternator),
        BTreeMap::new(),
        "no listed address is known to be that of a seed"
    );

    for node in &nodes {
        translator.translates(node);
    }
    eventually("the cluster is ready", async || {
        alternator.ready().await.is_ok()
    })
    .await;
    assert_eq!(translated(&alternator), expected(&nodes));
}

#[tokio::test]
async fn node_keeps_its_url_while_its_translation_fails() {
    let cluster = test_cluster!(|cluster| containers(cluster, 3));
    let nodes = cluster.nodes();
    let translator = ScriptedTranslator::of(&nodes);
    let (alternator, client) = ready_client_with(builder(&cluster), translator.clone()).await;
    translator.take_calls();
    translator.set(&nodes[1], Answer::Error);
    nodes[1].stop();
    eventually("it is translated anew", async || {
        ping(&client).await.unwrap();
        translator.take_calls().contains(&nodes[1].listed_address())
    })
    .await;
    assert_eq!(translated(&alternator), expected(&nodes));
    nodes[1].start().unwrap();
    wait_until_used(&alternator, &nodes).await;
    expect_even(&cluster, &client, &nodes).await;
}
