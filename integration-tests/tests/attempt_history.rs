//! The attempts of an operation, read from its error or from a recorder.

mod classification;
mod errors;
mod recorder;

use crate::support::{config, quick_refresh, quick_retries};
use alternator_lb_sdk::attempts::{AttemptRecord, AttemptResult, NextStep};
use alternator_lb_sdk::observe::Outcome;
use alternator_lb_sdk::{Alternator, AlternatorExt as _, AttemptHistory};
use alternator_test_cluster::{Fault, TestCluster};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::Builder;
use std::collections::HashSet;

const ERRORS: Fault = Fault::ServerError { share: 1.0 };

/// A client that has discovered all nodes, with quick retries of at most three attempts.
async fn client_of(cluster: &TestCluster) -> (Alternator, Client) {
    client_with(cluster, config()).await
}

async fn client_with(cluster: &TestCluster, config: Builder) -> (Alternator, Client) {
    let alternator = quick_refresh(cluster).build().unwrap();
    let config = config.retry_config(quick_retries().with_max_attempts(3));
    let client = Client::from_conf(config.alternator(&alternator).build());
    alternator.ready().await.unwrap();
    (alternator, client)
}

fn inject(cluster: &TestCluster, fault: Fault) {
    for node in cluster.nodes() {
        node.inject(fault);
    }
}

fn nodes(history: &AttemptHistory) -> Vec<&str> {
    history.attempts().iter().map(AttemptRecord::node).collect()
}

fn steps(history: &AttemptHistory) -> Vec<NextStep> {
    history
        .attempts()
        .iter()
        .map(AttemptRecord::next_step)
        .collect()
}

fn results(history: &AttemptHistory) -> Vec<(AttemptResult, Option<Outcome>)> {
    let attempts = history.attempts().iter();
    attempts.map(|it| (it.result(), it.outcome())).collect()
}

/// Expects that the attempts went to all nodes of a cluster, each once.
fn expect_each_node_once(history: &AttemptHistory, cluster: &TestCluster) {
    let nodes = nodes(history);
    assert_eq!(nodes.len(), cluster.urls().len(), "{history}");
    let distinct: HashSet<_> = nodes.into_iter().map(str::to_owned).collect();
    assert_eq!(distinct, HashSet::from_iter(cluster.urls()), "{history}");
}
