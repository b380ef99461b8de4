//! Listed addresses that are not those that clients send to: mapped ports, address translation, PrivateLink.
//!
//! The nodes listen at ports of their own on 127.0.0.1, and list addresses at which nothing listens.

mod client_routes;
mod failures;
mod mapped_nodes;
mod recipes;
mod restarts;
mod token_awareness;

use crate::support::{client, eventually, expect_pings};
use alternator_lb_sdk::{
    AddressMap, AddressTranslator, Alternator, Builder, NodeState, TranslationFuture,
    UntranslatedNode,
};
use alternator_test_cluster::{self as cluster, Node, NodeConfig, TestCluster};
use aws_sdk_dynamodb::Client;
use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// The address that a node lists of itself.
fn listed(number: u8) -> IpAddr {
    [127, 1, 0, number].into()
}

/// A node at a port of its own, listed under another address.
fn container(number: u8) -> NodeConfig {
    NodeConfig::new()
        .address("127.0.0.1")
        .own_port()
        .listed_address(listed(number))
}

/// Adds so many nodes.
fn containers(cluster: cluster::Builder, count: u8) -> cluster::Builder {
    (1..=count)
        .map(container)
        .fold(cluster, cluster::Builder::node)
}

/// The map of the nodes as they are now.
fn map(cluster: &TestCluster) -> AddressMap {
    let nodes = cluster.nodes();
    AddressMap::new(nodes.iter().map(|node| (node.listed_address(), node.url()))).unwrap()
}

/// A builder with all nodes as seeds, and a refresh interval of 50 ms.
fn builder(cluster: &TestCluster) -> Builder {
    Alternator::builder()
        .seeds(cluster.urls())
        .refresh_interval(Duration::from_millis(50))
        .idle_refresh_interval(Duration::from_millis(50))
}

/// An `Alternator` that has discovered all nodes, and its client.
async fn ready_client_with(
    builder: Builder,
    translator: impl AddressTranslator,
) -> (Alternator, Client) {
    crate::support::ready_client_of(builder.address_translator(translator)).await
}

/// The URLs of the nodes by their listed addresses.
fn translated(alternator: &Alternator) -> BTreeMap<IpAddr, String> {
    let nodes = alternator.nodes();
    let nodes = nodes.iter();
    let nodes = nodes.filter_map(|node| Some((node.listed_address()?, node.url().to_owned())));
    nodes.collect()
}

/// The same as the cluster has it.
fn expected(nodes: &[Node]) -> BTreeMap<IpAddr, String> {
    let nodes = nodes.iter();
    nodes
        .map(|node| (node.listed_address(), node.url()))
        .collect()
}

/// Waits until these are the nodes in use.
async fn wait_until_used(alternator: &Alternator, nodes: &[Node]) {
    eventually("the nodes are used", async || {
        translated(alternator) == expected(nodes)
            && alternator
                .nodes()
                .iter()
                .all(|node| node.state() == NodeState::Up)
    })
    .await;
}

/// Makes requests, which are even over these nodes.
async fn expect_even(cluster: &TestCluster, client: &Client, nodes: &[Node]) {
    cluster.reset_counters();
    expect_pings(client, nodes.len() * 10).await;
    for node in nodes {
        assert_eq!(requests(node), 10, "{}", node.url());
    }
}

/// The requests of [`expect_even`] that a node got. Those of an address translator are others.
fn requests(node: &Node) -> u64 {
    node.counters().operation("ListTables")
}

/// A translator that does for each address what it is told, and records the calls.
#[derive(Clone, Debug, Default)]
struct ScriptedTranslator {
    answers: Arc<Mutex<HashMap<IpAddr, Answer>>>,
    calls: Arc<Mutex<Vec<IpAddr>>>,
}

#[derive(Clone, Debug)]
enum Answer {
    Url(String),
    Error,
    Panic,
    Hang,
}

impl ScriptedTranslator {
    /// Translates the addresses of these nodes to where they listen now.
    fn of(nodes: &[Node]) -> Self {
        let translator = Self::default();
        for node in nodes {
            translator.translates(node);
        }
        translator
    }

    fn translates(&self, node: &Node) {
        self.set(node, Answer::Url(node.url()));
    }

    fn set(&self, node: &Node, answer: Answer) {
        let mut answers = self.answers.lock().unwrap();
        answers.insert(node.listed_address(), answer);
    }

    /// Returns the addresses that it was called for since the last call, sorted.
    fn take_calls(&self) -> Vec<IpAddr> {
        let mut calls = std::mem::take(&mut *self.calls.lock().unwrap());
        calls.sort_unstable();
        calls
    }
}

impl AddressTranslator for ScriptedTranslator {
    fn translate_address<'a>(&'a self, node: &'a UntranslatedNode<'a>) -> TranslationFuture<'a> {
        self.calls.lock().unwrap().push(node.address());
        let answer = self.answers.lock().unwrap().get(&node.address()).cloned();
        Box::pin(async move {
            match answer {
                Some(Answer::Url(url)) => Ok(url),
                Some(Answer::Error) | None => Err("no such container".into()),
                Some(Answer::Panic) => panic!("the translator of this test panics"),
                Some(Answer::Hang) => std::future::pending().await,
            }
        })
    }
}
