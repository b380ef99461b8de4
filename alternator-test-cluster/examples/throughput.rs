//! Measures how fast the cluster starts and answers: `cargo run --release --example throughput`.
//!
//! One thread with 16 keep-alive connections over three nodes asks for the same small item, for three seconds with the
//! engine, for three with tokens as well, and for three with a fixed answer. The client is as cheap as a client can be, so that the figures are those of
//! the cluster; both share the machine.
#![expect(
    clippy::disallowed_methods,
    reason = "it measures, and nobody needs to pause its clock"
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

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

fn main() -> Outcome<()> {
    let starts: Vec<Duration> = (0..10).map(|_| time_of_start()).collect::<Outcome<_>>()?;
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
    let without = TestCluster::builder()
        .nodes(3)
        .fixed_response("GetItem", r#"{"Item":{"k":{"S":"a"},"v":{"N":"1"}}}"#)
        .start()?;
    runtime.block_on(prepare(&with_engine))?;
    runtime.block_on(prepare(&with_tokens))?;
    for (name, cluster) in [
        ("engine", &with_engine),
        ("engine and tokens", &with_tokens),
        ("fixed answer", &without),
    ] {
        for (operation, body) in [("GetItem", GET), ("PutItem", PUT)] {
            if operation == "PutItem" && name == "fixed answer" {
                continue;
            }
            let rate = runtime.block_on(load(cluster, operation, body))?;
            println!("{operation}, {name}: {rate:.0} requests/s over {CONNECTIONS} connections");
        }
    }
    Ok(())
}

fn time_of_start() -> Outcome<Duration> {
    let begin = Instant::now();
    let cluster = TestCluster::builder().nodes(3).start()?;
    let elapsed = begin.elapsed();
    drop(cluster);
    Ok(elapsed)
}

async fn prepare(cluster: &TestCluster) -> Outcome<()> {
    let mut connection = TcpStream::connect(cluster.node(0).address()).await?;
    for (operation, body) in [("CreateTable", TABLE), ("PutItem", PUT)] {
        connection.write_all(&request(operation, body)).await?;
        let mut answer = vec![0; 64 << 10];
        let length = connection.read(&mut answer).await?;
        let status = answer.get(..length.min(12)).unwrap_or_default();
        assert_eq!(status, b"HTTP/1.1 200", "{operation}");
    }
    Ok(())
}

/// Returns requests per second.
async fn load(cluster: &TestCluster, operation: &str, body: &str) -> Outcome<f64> {
    let begin = Instant::now();
    let mut connections = JoinSet::new();
    for node in cluster.nodes().iter().cycle().take(CONNECTIONS) {
        connections.spawn(ask(
            node.address(),
            request(operation, body),
            begin + DURATION,
        ));
    }
    let mut answered = 0;
    while let Some(requests) = connections.join_next().await {
        answered += requests??;
    }
    Ok(f64::from(answered) / begin.elapsed().as_secs_f64())
}

async fn ask(address: SocketAddr, request: Vec<u8>, end: Instant) -> Outcome<u32> {
    let mut connection = TcpStream::connect(address).await?;
    connection.set_nodelay(true)?;
    let mut answer = vec![0; 4096];
    // All answers are as long as the first.
    connection.write_all(&request).await?;
    let length = connection.read(&mut answer).await?;
    answer.truncate(length);
    let mut answered = 1;
    while Instant::now() < end {
        connection.write_all(&request).await?;
        connection.read_exact(&mut answer).await?;
        assert!(answer.starts_with(b"HTTP/1.1 200"));
        answered += 1;
    }
    Ok(answered)
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
