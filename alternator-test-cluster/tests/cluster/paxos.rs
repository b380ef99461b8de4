//! Tests of the costs of lightweight transactions.

use std::thread;
use std::time::Duration;

use alternator_test_cluster::{Builder, Paxos, TestCluster, Tokens};
use serde_json::{Value, json};

use crate::http::{Request, Response, run, send};
use crate::operations::create_table;

/// Returns the builder of a cluster of three nodes, which holds a key on each.
fn cluster_builder(costs: Paxos) -> Builder {
    let cluster = TestCluster::builder().nodes(3).tokens(Tokens::vnodes());
    cluster.paxos(costs)
}

fn start(builder: Builder) -> TestCluster {
    let cluster = builder.start().unwrap();
    create_table(&cluster, "ttt");
    cluster
}

/// Increments the counter of a key.
fn increment(cluster: &TestCluster, node: usize, key: &str) -> Response {
    let update = json!({
        "TableName": "ttt", "Key": {"k": {"S": key}}, "UpdateExpression": "ADD v :v",
        "ExpressionAttributeValues": {":v": {"N": "1"}},
    });
    let request = Request::operation("UpdateItem", update.to_string());
    send(&cluster.node(node), &request)
}

/// Increments a hot key from six callers, each of which uses the node that `node_of` returns for its number. Returns
/// the responses.
fn increments(
    cluster: &TestCluster,
    each: usize,
    node_of: impl Fn(usize) -> usize,
) -> Vec<Response> {
    let caller = |number: usize| {
        let (cluster, node) = (cluster.clone(), node_of(number));
        thread::spawn(move || {
            let increment = |_| increment(&cluster, node, "hot");
            (0..each).map(increment).collect::<Vec<_>>()
        })
    };
    let callers: Vec<_> = (0..6).map(caller).collect();
    let responses = callers.into_iter().map(|caller| caller.join().unwrap());
    responses.flatten().collect()
}

/// Returns the value of the counter.
fn count(cluster: &TestCluster) -> u64 {
    let get = json!({"TableName": "ttt", "Key": {"k": {"S": "hot"}}});
    let item = run(&cluster.node(0), "GetItem", &get);
    let value = item["Item"]["v"]["N"].as_str().map(str::parse);
    value.map_or(0, Result::unwrap)
}

#[test]
fn transactions_through_one_coordinator_queue_without_contention() {
    let cluster = start(cluster_builder(Paxos::new()));
    let responses = increments(&cluster, 20, |_| 1);
    assert!(responses.iter().all(|response| response.status == 200));
    assert_eq!(count(&cluster), 120);
    assert_eq!(cluster.ballot_contentions(), 0);
    assert_eq!(cluster.uncertain_transactions(), 0);
}

#[test]
fn transactions_through_several_coordinators_contend() {
    let costs = Paxos::new().max_pause(Duration::from_millis(10));
    let cluster = start(cluster_builder(costs.uncertainty(0.3)));
    let responses = increments(&cluster, 30, |caller| caller % 3);
    let failed: Vec<_> = responses
        .iter()
        .filter(|response| response.status != 200)
        .collect();
    for response in &failed {
        crate::recordings::assert_recorded_error(response, "CAS contention");
        assert_eq!(
            (response.status, response.error().as_str()),
            (500, "InternalServerError")
        );
        assert!(
            response
                .message()
                .contains("for alternator_ttt.ttt: write timeout due to uncertainty")
        );
    }
    assert!(
        cluster.ballot_contentions() > 10,
        "{}",
        cluster.ballot_contentions()
    );
    assert_eq!(cluster.uncertain_transactions(), failed.len() as u64);
    let succeeded = (responses.len() - failed.len()) as u64;
    let executed = count(&cluster);
    assert!(
        executed > succeeded,
        "some of the failed writes were executed"
    );
    assert!(executed < responses.len() as u64, "and some were not");
    let coordinators = &cluster.lwt_partitions()[0].operations;
    assert_eq!(coordinators.values().sum::<u64>(), responses.len() as u64);
    cluster.reset_counters();
    assert_eq!(cluster.ballot_contentions(), 0);
}

#[test]
fn transactions_on_different_partitions_do_not_contend() {
    let cluster = start(cluster_builder(Paxos::new()));
    let callers: Vec<_> = (0..3)
        .map(|number| {
            let cluster = cluster.clone();
            thread::spawn(move || {
                for _ in 0..20 {
                    let response = increment(&cluster, number, &format!("key {number}"));
                    assert_eq!(response.status, 200);
                }
            })
        })
        .collect();
    callers
        .into_iter()
        .for_each(|caller| caller.join().unwrap());
    assert_eq!(cluster.ballot_contentions(), 0);
}

#[test]
fn transaction_that_takes_longer_than_the_timeout_fails() {
    let costs = Paxos::new().round(Duration::from_secs(3600));
    let cluster = start(cluster_builder(costs).timeout(Duration::from_millis(20)));
    let response = increment(&cluster, 0, "hot");
    assert_eq!(
        (response.status, response.error().as_str()),
        (500, "InternalServerError")
    );
    assert_eq!(
        response.message(),
        "Internal server error: exceptions::mutation_write_timeout_exception (Operation timed out for \
         alternator_ttt.ttt - received only 0 responses from 2 CL=LOCAL_SERIAL.)"
    );
    assert_eq!(count(&cluster), 0);
}

#[test]
fn transactions_of_a_batch_run_in_step() {
    let cluster = start(
        cluster_builder(Paxos::new())
            .write_isolation(alternator_test_cluster::WriteIsolation::AlwaysUseLwt),
    );
    let put = |key: usize| json!({"PutRequest": {"Item": {"k": {"S": key.to_string()}}}});
    let puts = |keys: std::ops::Range<usize>| keys.map(put).collect::<Vec<Value>>();
    let callers: Vec<_> = [0, 5, 10]
        .into_iter()
        .map(|first| {
            let batch = json!({"RequestItems": {"ttt": puts(first..first + 15)}});
            let cluster = cluster.clone();
            thread::spawn(move || {
                for _ in 0..5 {
                    run(&cluster.node(0), "BatchWriteItem", &batch);
                }
            })
        })
        .collect();
    callers
        .into_iter()
        .for_each(|caller| caller.join().unwrap());
    assert_eq!(cluster.lwt_partitions().len(), 25);
    assert_eq!(cluster.ballot_contentions(), 0);
}
