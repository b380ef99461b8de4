//! The attempts of operations, whether they succeed or not, in a recorder.

use super::{ERRORS, client_of, inject, nodes, results, steps};
use crate::support::{Table, eventually, expect_pings, ping, s, test_cluster};
use alternator_lb_sdk::attempts::{AttemptResult, NextStep};
use alternator_lb_sdk::explain::Reason;
use alternator_lb_sdk::observe::Outcome;
use alternator_lb_sdk::{AttemptHistory, AttemptRecorder, OperationExt as _, OperationOptions};
use alternator_test_cluster::Fault;
use aws_sdk_dynamodb::Client;
use std::collections::HashSet;
use std::time::Duration;
use tokio::task::JoinSet;

/// Makes one recorded operation.
async fn recorded_ping(client: &Client, recorder: &AttemptRecorder) {
    let operation = client.list_tables().limit(1).customize();
    let options = OperationOptions::new().record_attempts(recorder);
    // The recorder has what the test is about.
    let _ = operation.alternator_options(options).send().await;
}

/// A client whose operations are all recorded.
fn recorded_client(client: &Client, recorder: &AttemptRecorder) -> Client {
    let config = client.config().to_builder();
    Client::from_conf(config.interceptor(recorder.interceptor()).build())
}

#[tokio::test]
async fn success_at_once_has_one_attempt() {
    let cluster = test_cluster!();
    let (_alternator, client) = client_of(&cluster).await;
    let recorder = AttemptRecorder::new();
    recorded_ping(&client, &recorder).await;
    let history = recorder.last().expect("an operation");
    assert_eq!(history.operation(), "ListTables");
    let [attempt] = history.attempts() else {
        panic!("{history}");
    };
    assert!(cluster.urls().contains(&attempt.node().to_owned()));
    assert_eq!(
        (attempt.result(), attempt.status()),
        (AttemptResult::Success, Some(200))
    );
    assert_eq!(
        (attempt.reason(), attempt.next_step()),
        (Reason::RoundRobin, NextStep::Completed)
    );
    assert!(attempt.elapsed() > Some(Duration::ZERO));
}

#[tokio::test]
async fn success_after_a_refused_connection_has_both_attempts() {
    let cluster = test_cluster!();
    let (_alternator, client) = client_of(&cluster).await;
    let dead = cluster.node(1);
    dead.stop();
    let recorder = AttemptRecorder::new();
    eventually("an operation meets the dead node", async || {
        recorded_ping(&client, &recorder).await;
        recorder.last().expect("an operation").attempts().len() == 2
    })
    .await;
    let history = recorder.last().unwrap();
    let expected = [
        (AttemptResult::ConnectionFailed, Some(Outcome::NotConnected)),
        (AttemptResult::Success, Some(Outcome::Responded)),
    ];
    assert_eq!(results(&history), expected);
    assert_eq!(
        steps(&history),
        [NextStep::UntriedNode, NextStep::Completed]
    );
    assert_eq!(history.attempts()[0].node(), dead.url());
    assert!(history.attempts()[0].is_free());
    let began: Vec<_> = history.attempts().iter().map(|it| it.began()).collect();
    assert!(began[0] < began[1], "{history}");
}

#[tokio::test]
async fn request_that_is_ended_on_a_node_that_hangs_is_told() {
    let cluster = test_cluster!();
    let (_alternator, client) = client_of(&cluster).await;
    expect_pings(&client, 30).await;
    let node = cluster.node(1);
    node.inject(Fault::Hang);
    let recorder = AttemptRecorder::new();
    eventually("an operation meets the node", async || {
        recorded_ping(&client, &recorder).await;
        recorder.last().expect("an operation").attempts().len() == 2
    })
    .await;
    let history = recorder.last().unwrap();
    let expected = [
        (AttemptResult::Aborted, Some(Outcome::ConnectionLost)),
        (AttemptResult::Success, Some(Outcome::Responded)),
    ];
    assert_eq!(results(&history), expected, "{history}");
    assert_eq!(history.attempts()[0].node(), node.url());
    assert!(
        history.to_string().contains("as the node was ejected"),
        "{history}"
    );
}

#[tokio::test]
async fn dropped_future_leaves_its_attempts() {
    let cluster = test_cluster!();
    let (_alternator, client) = client_of(&cluster).await;
    inject(&cluster, Fault::SlowOperations(Duration::from_secs(3600)));
    let recorder = AttemptRecorder::new();
    let mut operations = JoinSet::new();
    let (of_task, its_recorder) = (client.clone(), recorder.clone());
    operations.spawn(async move { recorded_ping(&of_task, &its_recorder).await });
    let result = || {
        let history = recorder.last()?;
        history.attempts().last().map(|it| it.result())
    };
    eventually("an attempt is under way", async || {
        result() == Some(AttemptResult::InFlight)
    })
    .await;
    operations.shutdown().await;
    assert_eq!(result(), Some(AttemptResult::Dropped));
    let history = recorder.last().unwrap();
    assert_eq!(steps(&history), [NextStep::Dropped]);
    assert_eq!(history.attempts()[0].outcome(), None);
}

#[tokio::test]
async fn failed_operation_is_recorded_as_its_error_tells() {
    let cluster = test_cluster!();
    let (_alternator, client) = client_of(&cluster).await;
    inject(&cluster, ERRORS);
    let recorder = AttemptRecorder::new();
    let error = ping(&recorded_client(&client, &recorder))
        .await
        .unwrap_err();
    let of_error = AttemptHistory::of(&error).expect("attempts");
    let recorded = recorder.last().expect("an operation");
    assert_eq!(recorded.to_string(), of_error.to_string());
    assert_eq!(recorded.began(), of_error.began());
}

#[tokio::test]
async fn recorder_of_a_client_has_all_its_operations_and_pages_in_order() {
    let cluster = test_cluster!();
    let (_alternator, client) = client_of(&cluster).await;
    let table = Table::create(&client).await;
    let recorder = AttemptRecorder::new();
    let recorded = recorded_client(&client, &recorder);
    for item in ["1", "2", "3"] {
        let put = recorded.put_item().table_name(&table.name);
        put.item("pk", s("a"))
            .item("sk", s(item))
            .send()
            .await
            .unwrap();
    }
    let scan = recorded.scan().table_name(&table.name).limit(1);
    let mut pages = scan.into_paginator().send();
    let mut count = 0;
    while let Some(page) = pages.next().await {
        page.unwrap();
        count += 1;
    }
    assert!(count > 1);
    let operations = recorder.take();
    let names: Vec<_> = operations.iter().map(AttemptHistory::operation).collect();
    assert_eq!(names[..3], ["PutItem"; 3]);
    assert_eq!(names[3..], vec!["Scan"; count]);
    let visited: HashSet<_> = operations.iter().flat_map(nodes).collect();
    assert_eq!(visited.len(), 3, "balanced as without it");
    assert!(recorder.operations().is_empty(), "taken");
    expect_pings(&client, 1).await;
    assert!(recorder.operations().is_empty(), "another client");
}

#[tokio::test]
async fn recorder_of_an_operation_precedes_that_of_the_client() {
    let cluster = test_cluster!();
    let (_alternator, client) = client_of(&cluster).await;
    let [of_client, of_operation] = [(); 2].map(|()| AttemptRecorder::new());
    let client = recorded_client(&client, &of_client);
    recorded_ping(&client, &of_operation).await;
    assert_eq!(
        (
            of_client.operations().len(),
            of_operation.operations().len()
        ),
        (0, 1)
    );
    let plain = OperationOptions::new().minimal_headers(false);
    let operation = client.list_tables().customize().alternator_options(plain);
    operation.send().await.unwrap();
    assert_eq!(
        (
            of_client.operations().len(),
            of_operation.operations().len()
        ),
        (1, 1)
    );
}

#[tokio::test]
async fn recorder_keeps_the_last_operations() {
    let cluster = test_cluster!();
    let (_alternator, client) = client_of(&cluster).await;
    let recorder = AttemptRecorder::new();
    let recorded = recorded_client(&client, &recorder);
    let first = recorded.describe_table().table_name("none").send().await;
    first.unwrap_err();
    expect_pings(&recorded, 256).await;
    let operations = recorder.operations();
    assert_eq!(operations.len(), 256);
    assert_eq!(operations[0].operation(), "ListTables");
}
