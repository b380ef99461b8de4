//! Measures the start time and the throughput of the cluster: `cargo run --release --example throughput`.
//!
//! One thread with 16 keep-alive connections over three nodes requests the same small item: for three seconds with the
//! engine, for three with tokens as well, and for three with a fixed response. The client does as little work as
//! possible, so that the figures are those of the cluster; both share the machine.
#![expect(
    clippy::disallowed_methods,
    reason = "a benchmark measures real time, so its clock is never paused"
)]

use std::error::Error;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use alternator_test_cluster::{TestCluster, Tokens};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

const CONNECTIONS: usize = 16;
const DURATION: Duration = Duration::from_secs(3);

type BoxResult<T> = Result<T, Box<dyn Error + Send + Sync>>;

fn main() -> BoxResult<()> {
    let starts: Vec<Duration> = (0..10).map(|_| measure_start()).collect::<BoxResult<_>>()?;
    let slowest = starts.iter().max().copied().unwrap_or_default();
    println!(
        "start of three nodes: {slowest:.1?} at most, of {}",
        starts.len()
    );

    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let with_engine = TestCluster::builder().nodes(3).start()?;
    let with_tokens = TestCluster::builder()
        .nodes(3)
        .tokens(Tokens::tablets(64))
        .start()?;
    let with_fixed_response = TestCluster::builder()
        .nodes(3)
        .fixed_response("GetItem", r#"{"Item":{"k":{"S":"a"},"v":{"N":"1"}}}"#)
        .start()?;
    runtime.block_on(create_item(&with_engine))?;
    runtime.block_on(create_item(&with_tokens))?;
    for (name, cluster) in [
        ("engine", &with_engine),
        ("engine and tokens", &with_tokens),
        ("fixed response", &with_fixed_response),
    ] {
        for (operation, body) in [("GetItem", GET), ("PutItem", PUT)] {
            if operation == "PutItem" && name == "fixed response" {
                continue;
            }
            let rate = runtime.block_on(measure_rate(cluster, operation, body))?;
            println!("{operation}, {name}: {rate:.0} requests/s over {CONNECTIONS} connections");
        }
    }
    Ok(())
}

/// Returns the time that a cluster of three nodes takes to start.
fn measure_start() -> BoxResult<Duration> {
    let begin = Instant::now();
    let cluster = TestCluster::builder().nodes(3).start()?;
    let elapsed = begin.elapsed();
    drop(cluster);
    Ok(elapsed)
}

/// Creates the table and the item that the requests read and write.
async fn create_item(cluster: &TestCluster) -> BoxResult<()> {
    let mut connection = TcpStream::connect(cluster.node(0).address()).await?;
    for (operation, body) in [("CreateTable", TABLE), ("PutItem", PUT)] {
        connection.write_all(&request(operation, body)).await?;
        let mut response = vec![0; 64 << 10];
        let length = connection.read(&mut response).await?;
        let status = response.get(..length.min(12)).unwrap_or_default();
        assert_eq!(status, b"HTTP/1.1 200", "{operation}");
    }
    Ok(())
}

/// Sends requests over all connections for `DURATION`, and returns the rate in requests per second.
async fn measure_rate(cluster: &TestCluster, operation: &str, body: &str) -> BoxResult<f64> {
    let begin = Instant::now();
    let mut connections = JoinSet::new();
    for node in cluster.nodes().iter().cycle().take(CONNECTIONS) {
        connections.spawn(send_until(
            node.address(),
            request(operation, body),
            begin + DURATION,
        ));
    }
    let mut completed = 0;
    while let Some(requests) = connections.join_next().await {
        completed += requests??;
    }
    Ok(f64::from(completed) / begin.elapsed().as_secs_f64())
}

/// Sends a request repeatedly on one connection until `end`, and returns the number of responses.
async fn send_until(address: SocketAddr, request: Vec<u8>, end: Instant) -> BoxResult<u32> {
    let mut connection = TcpStream::connect(address).await?;
    connection.set_nodelay(true)?;
    let mut response = vec![0; 4096];
    // All responses are as long as the first.
    connection.write_all(&request).await?;
    let length = connection.read(&mut response).await?;
    response.truncate(length);
    let mut completed = 1;
    while Instant::now() < end {
        connection.write_all(&request).await?;
        connection.read_exact(&mut response).await?;
        assert!(response.starts_with(b"HTTP/1.1 200"));
        completed += 1;
    }
    Ok(completed)
}

fn request(operation: &str, body: &str) -> Vec<u8> {
    format!(
        "POST / HTTP/1.1\r\nHost: localhost\r\nX-Amz-Target: DynamoDB_20120810.{operation}\r\n\
         Content-Type: application/x-amz-json-1.0\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

const TABLE: &str = r#"{
    "TableName": "load",
    "BillingMode": "PAY_PER_REQUEST",
    "KeySchema": [{"AttributeName": "k", "KeyType": "HASH"}],
    "AttributeDefinitions": [{"AttributeName": "k", "AttributeType": "S"}]
}"#;
const PUT: &str = r#"{"TableName":"load","Item":{"k":{"S":"a"},"v":{"N":"1"}}}"#;
const GET: &str = r#"{"TableName":"load","Key":{"k":{"S":"a"}}}"#;
