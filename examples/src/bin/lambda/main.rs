//! What is different on AWS Lambda? A process there serves a few invocations, is frozen between them, for minutes, and
//! finds another cluster when it is thawed.
//!
//! Without a Lambda at hand the program is both: it starts itself as a function ([`function`]), and is the service that
//! invokes it ([`runtime_api`]). It measures the cold start, freezes the function while a node of the cluster dies and
//! another one joins, and thaws it. Where Lambda starts it, it is the function alone.
//!
//! ```text
//! cargo run --bin lambda                                     # on an embedded cluster
//! cargo run --bin lambda -- --seeds http://10.0.0.1:8000     # on your own cluster
//! ```

mod function;
mod function_process;
mod runtime_api;

use alternator_lb_sdk::{Alternator, AlternatorExt as _};
use alternator_test_cluster::{NodeConfig, TestCluster};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::BehaviorVersion;
use examples::{Error, Target, create_table, drop_table, finish, verify};
use function::{TABLE, Visits};
use function_process::FunctionProcess;
use std::process::ExitCode;
use std::time::Duration;
use tokio::time::sleep;

#[tokio::main]
async fn main() -> ExitCode {
    finish(match std::env::var_os("AWS_LAMBDA_RUNTIME_API") {
        Some(_) => function::run().await,
        None => demonstrate().await,
    })
}

async fn demonstrate() -> Result<(), Error> {
    let target = Target::from_arguments(3)?;
    let alternator = Alternator::builder().seeds(target.seeds()).build()?;
    let config = aws_sdk_dynamodb::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .alternator(&alternator);
    let client = Client::from_conf(config.build());
    create_table(&client, TABLE, None).await?;
    if let Some(cluster) = target.embedded() {
        cluster.reset_counters();
    }
    let result = invoke_functions(&target).await;
    drop_table(&client, TABLE).await?;
    result
}

async fn invoke_functions(target: &Target) -> Result<(), Error> {
    println!("1. Cold start: from the start of the process to its first response");
    cold_start(target, true).await?;
    let mut function = cold_start(target, false).await?;
    if let Some(cluster) = target.embedded() {
        println!("\n2. The function names the partition key of its table");
        verify_one_coordinator(cluster, &mut function).await?;
        println!("\n3. Freeze and thaw");
        freeze_and_thaw(cluster, &mut function).await?;
    }
    Ok(())
}

/// Starts a function and invokes it once.
async fn cold_start(target: &Target, awaits_discovery: bool) -> Result<FunctionProcess, Error> {
    let mut function = FunctionProcess::start(target.seeds(), awaits_discovery).await?;
    let visits = function.invoke("ann").await?;
    let (how, nodes) = match awaits_discovery {
        true => ("with `ready()` before the first invocation", visits.nodes),
        false => ("without it", visits.nodes),
    };
    let elapsed = function.age().as_secs_f64() * 1000.0;
    println!("   {elapsed:>6.1} ms {how}; nodes known then: {nodes}");
    Ok(function)
}

/// Checks that all invocations for one page went to one node, from the first one on, and no table was described.
async fn verify_one_coordinator(
    cluster: &TestCluster,
    function: &mut FunctionProcess,
) -> Result<(), Error> {
    for _ in 0..20 {
        function.invoke("ann").await?;
    }
    let (mut coordinators, mut described) = (0, 0);
    for node in cluster.nodes() {
        let counters = node.counters();
        let updates = counters.operation("UpdateItem");
        println!(
            "   {} has got {updates} conditional writes on one item",
            node.url()
        );
        coordinators += usize::from(updates > 1);
        described += counters.operation("DescribeTable");
    }
    verify(
        coordinators == 1,
        "the writes on one item have several coordinators",
    )?;
    verify(
        described == 0,
        "the table was described, although its key is named",
    )
}

async fn freeze_and_thaw(
    cluster: &TestCluster,
    function: &mut FunctionProcess,
) -> Result<(), Error> {
    let before = function.invoke("bob").await?;
    function.freeze()?;
    cluster.node(1).stop();
    let new_node = cluster.add_node(NodeConfig::new())?;
    sleep(Duration::from_secs(2)).await;
    println!(
        "   frozen for 2 s: {} dies, {} joins",
        cluster.node(1).url(),
        new_node.url()
    );

    let (after, elapsed) = function.thaw_and_invoke("bob").await?;
    let elapsed = elapsed.as_secs_f64() * 1000.0;
    println!("   {elapsed:>6.1} ms from the thaw to the first response");
    verify(
        after.count == before.count + 1,
        "a visit is missing or was counted twice",
    )?;

    // Each page has a node of its own, so that many pages go to all nodes.
    let mut pages = 0..2_000;
    while new_node.counters().requests == 0 {
        let page = pages.next().ok_or("the new node gets no request")?;
        let Visits { count, .. } = function.invoke(&format!("page-{page}")).await?;
        verify(count == 1, "a visit was counted twice")?;
    }
    println!(
        "   the new node was found by itself, {} invocations later",
        pages.start
    );
    Ok(())
}
