//! One of three nodes is not well, under load: no operation fails, and the node gets only what is good for it.

use crate::rig::{
    Load, client_of, config, eventually, expect_pings, ping, refreshing, scripted, text,
};
use alternator_lb_sdk::{Alternator, AlternatorExt as _, NodeState, NodeStatus};
use alternator_test_cluster::{Fault, Node, TestCluster};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use std::time::Duration;

fn status(alternator: &Alternator, node: &Node) -> NodeStatus {
    let nodes = alternator.nodes();
    let status = nodes.iter().find(|status| status.url() == node.url());
    status.unwrap().clone()
}

fn state(alternator: &Alternator, node: &Node) -> NodeState {
    status(alternator, node).state()
}

/// Sixteen callers that never rest.
fn sixteen_callers(client: &Client) -> Load {
    Load::start(client, 16, async |client, _| {
        ping(&client).await.map(drop).map_err(text)
    })
}

/// A cluster under load, of which one node is about to fall ill.
struct Bench {
    cluster: TestCluster,
    alternator: Alternator,
    sick: Node,
    load: Load,
}

impl Bench {
    async fn start(cluster: TestCluster) -> Self {
        let (alternator, client) = client_of(&cluster).await;
        let load = sixteen_callers(&client);
        load.go_on(150).await;
        Self {
            sick: cluster.node(1),
            cluster,
            alternator,
            load,
        }
    }

    async fn is_in_state(&self, wanted: NodeState) {
        eventually("the node's state is as it should be", async || {
            state(&self.alternator, &self.sick) == wanted
        })
        .await;
    }

    /// What the nodes got, from here on, until so many requests are done.
    async fn shares(&self, requests: u64) -> Vec<u64> {
        self.cluster.reset_counters();
        self.load.go_on(requests).await;
        let nodes = self.cluster.nodes();
        nodes.iter().map(|node| node.counters().requests).collect()
    }

    async fn recovers(self) {
        self.sick.recover();
        self.is_in_state(NodeState::Up).await;
        self.load.go_on(150).await;
        assert_eq!(self.load.stop().await, Vec::<String>::new());
        let in_flight = self
            .alternator
            .nodes()
            .iter()
            .map(NodeStatus::in_flight)
            .sum::<u32>();
        assert_eq!(in_flight, 0);
    }
}

/// Faults that leave requests without an answer.
async fn a_node_of_which_nothing_comes(cluster: TestCluster, fault: Fault) {
    let bench = Bench::start(cluster).await;
    bench.sick.inject(fault);
    bench.is_in_state(NodeState::Down).await;
    let shares = bench.shares(300).await;
    // Who had chosen it just before it was left out may still arrive.
    assert!(
        shares[1] <= 16 && shares[0] + shares[2] >= 280,
        "{shares:?}"
    );
    bench.recovers().await;
}

/// A client each of whose operations is one attempt.
async fn without_retries(cluster: &TestCluster) -> (Alternator, Client) {
    let alternator = refreshing(cluster).build().unwrap();
    let config = config().retry_config(RetryConfig::disabled());
    let client = Client::from_conf(config.alternator(&alternator).build());
    alternator.ready().await.unwrap();
    (alternator, client)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_hangs_is_left_out_and_those_that_waited_go_elsewhere() {
    a_node_of_which_nothing_comes(scripted!(), Fault::Hang).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_stalls_in_the_middle_of_its_answers_does_no_harm() {
    a_node_of_which_nothing_comes(scripted!(), Fault::StallAfterHeaders).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_black_hole_does_no_harm() {
    a_node_of_which_nothing_comes(scripted!(), Fault::BlackHole).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_answers_errors_is_ejected_and_comes_back() {
    let bench = Bench::start(scripted!()).await;
    bench.sick.inject(Fault::ServerError { share: 1.0 });
    bench.is_in_state(NodeState::Ejected).await;
    let shares = bench.shares(300).await;
    assert!(shares[1] * 10 < shares[0], "{shares:?}");
    bench.recovers().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_answers_errors_half_of_the_time_is_ejected_too() {
    let bench = Bench::start(scripted!()).await;
    bench.sick.inject(Fault::ServerError { share: 0.5 });
    bench.is_in_state(NodeState::Ejected).await;
    bench.load.go_on(300).await;
    bench.recovers().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_node_gets_what_it_can_carry() {
    let bench = Bench::start(scripted!()).await;
    bench.sick.inject(Fault::Delay(Duration::from_millis(100)));
    let shares = bench.shares(1_500).await;
    assert!(
        shares[1] > 0,
        "a trickle, so that its recovery is seen: {shares:?}"
    );
    assert!(shares[1] * 2 < shares[0], "{shares:?}");
    assert_eq!(state(&bench.alternator, &bench.sick), NodeState::Up);
    bench.recovers().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_is_overloaded_gets_less_and_is_not_ejected() {
    let cluster = scripted!();
    // Throttling is answered with patience, and here with none, to see where the requests go.
    let (alternator, client) = without_retries(&cluster).await;
    let sick = cluster.node(1);
    sick.inject(Fault::Throttle { share: 1.0 });
    let load = sixteen_callers(&client);
    load.go_on(300).await;
    cluster.reset_counters();
    load.go_on(1_500).await;
    let shares: Vec<_> = cluster
        .nodes()
        .iter()
        .map(|node| node.counters().requests)
        .collect();
    let failures = load.stop().await;
    assert!(shares[1] * 2 < shares[0], "{shares:?}");
    assert_eq!(state(&alternator, &sick), NodeState::Up);
    assert!(
        failures
            .iter()
            .all(|why| why.contains("RequestLimitExceeded")),
        "{failures:?}"
    );
}

#[tokio::test]
async fn a_slow_operation_on_a_node_that_is_alive_is_left_alone() {
    let cluster = scripted!();
    let (alternator, client) = client_of(&cluster).await;
    expect_pings(&client, 30).await;
    let long = Duration::from_secs(2);
    for node in cluster.nodes() {
        node.inject(Fault::SlowOperations(long));
    }
    cluster.reset_counters();
    ping(&client).await.unwrap();
    let requests: u64 = cluster
        .nodes()
        .iter()
        .map(|node| node.counters().requests)
        .sum();
    assert_eq!(requests, 1, "it was waited for");
    let probes: u64 = cluster
        .nodes()
        .iter()
        .map(|node| node.counters().health_checks)
        .sum();
    assert!(probes > 0, "its node was asked");
    assert!(
        alternator
            .nodes()
            .iter()
            .all(|node| node.state() == NodeState::Up)
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_of_three_dead_are_made_up_for() {
    let bench = Bench::start(scripted!()).await;
    let other = bench.cluster.node(2);
    bench.sick.stop();
    other.stop();
    bench.load.go_on(600).await;
    assert_ne!(state(&bench.alternator, &other), NodeState::Up);
    bench.sick.start().unwrap();
    other.start().unwrap();
    bench.recovers().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_crashes_with_three_hundred_requests_in_flight_fails_none() {
    let cluster = scripted!();
    let (_alternator, client) = client_of(&cluster).await;
    for node in cluster.nodes() {
        node.inject(Fault::Hang);
    }
    let load = Load::start(&client, 900, async |client, _| {
        ping(&client).await.map(drop).map_err(text)
    });
    let arrived = || {
        cluster
            .nodes()
            .iter()
            .all(|node| node.counters().requests >= 300)
    };
    eventually("three hundred wait on every node", async || arrived()).await;
    cluster.node(1).stop();
    for node in [cluster.node(0), cluster.node(2)] {
        node.recover();
    }
    load.go_on(900).await;
    assert_eq!(load.stop().await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rolling_restart_fails_no_operation() {
    let bench = Bench::start(scripted!()).await;
    for node in bench.cluster.nodes() {
        node.stop();
        bench.load.go_on(300).await;
        node.start().unwrap();
        eventually("the node is up", async || {
            state(&bench.alternator, &node) == NodeState::Up
        })
        .await;
    }
    bench.recovers().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hung_node_does_not_end_what_may_not_be_sent_again() {
    let cluster = scripted!();
    let (alternator, client) = without_retries(&cluster).await;
    let sick = cluster.node(1);
    sick.inject(Fault::Hang);
    let load = Load::start(&client, 3, async |client, _| {
        ping(&client).await.map(drop).map_err(text)
    });
    eventually("the node is left out", async || {
        state(&alternator, &sick) == NodeState::Down
    })
    .await;
    assert!(
        status(&alternator, &sick).in_flight() > 0,
        "it is waited for"
    );
    sick.recover();
    eventually("it is answered", async || {
        status(&alternator, &sick).in_flight() == 0
    })
    .await;
    assert_eq!(load.stop().await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn when_all_answer_errors_none_is_left_out() {
    let cluster = scripted!();
    let (alternator, client) = without_retries(&cluster).await;
    for node in cluster.nodes() {
        node.inject(Fault::ServerError { share: 1.0 });
    }
    assert_eq!(alternator.panic_count(), 0);
    for _ in 0..60 {
        ping(&client).await.unwrap_err();
    }
    assert_eq!(alternator.panic_count(), 1);
    cluster.reset_counters();
    for _ in 0..30 {
        ping(&client).await.unwrap_err();
    }
    for node in cluster.nodes() {
        assert!(node.counters().requests >= 8, "{}", node.url());
    }
    for node in cluster.nodes() {
        node.recover();
    }
    eventually("all are up", async || {
        ping(&client).await.unwrap();
        alternator
            .nodes()
            .iter()
            .all(|node| node.state() == NodeState::Up)
    })
    .await;
}
