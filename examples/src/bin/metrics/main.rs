//! What do I see of the balancer in Prometheus and Grafana? Serves the page `/metrics`, scrapes it under load, and
//! shows what the death of a node changes in it.
//!
//! ```text
//! cargo run --bin metrics                                                          # on an embedded cluster
//! cargo run --bin metrics -- --seeds http://10.0.0.1:8000 --listen 127.0.0.1:9464  # for your own Prometheus
//! ```

mod arguments;

use alternator_lb_sdk::{Alternator, AlternatorExt as _};
use alternator_test_cluster::{Node, TestCluster};
use arguments::{Arguments, Command, USAGE};
use aws_config::environment::EnvironmentVariableCredentialsProvider;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::BehaviorVersion;
use examples::{Error, MetricsPage, create_table, drop_table, finish, get, put, scrape};
use std::net::SocketAddr;
use std::process::ExitCode;
use std::time::Duration;
use tokio::signal::ctrl_c;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

const TABLE: &str = "alternator-lb-sdk-metrics";

/// The number of tasks that write and read concurrently.
const TASKS: usize = 8;

/// The metrics that are printed, of some twenty.
const PRINTED: [&str; 6] = [
    "alternator_client_requests_total",
    "alternator_client_errors_total",
    "alternator_client_node_status",
    "alternator_client_request_duration_p99_seconds",
    "alternator_client_failovers_total",
    "alternator_client_retries_spared_total",
];

#[tokio::main]
async fn main() -> ExitCode {
    match Command::parse(lexopt::Parser::from_env()) {
        Ok(Command::Run(arguments)) => finish(run(arguments).await),
        Ok(Command::Help) => {
            println!("{USAGE}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: {error}\n\n{USAGE}");
            ExitCode::from(2)
        }
    }
}

async fn run(arguments: Arguments) -> Result<(), Error> {
    let cluster = match arguments.seeds {
        Some(_) => None,
        None => Some(TestCluster::builder().nodes(3).start()?),
    };
    let embedded = cluster.as_ref().map(TestCluster::urls);
    let seeds = arguments.seeds.or(embedded).unwrap_or_default();
    let alternator = Alternator::builder().seeds(seeds).build()?;
    let listen = arguments.listen.as_deref();
    let page = MetricsPage::serve(&alternator, listen.unwrap_or("127.0.0.1:0")).await?;
    let client = client(&alternator);
    alternator.ready().await?;
    create_table(&client, TABLE, None).await?;

    let mut load = start_load(&client);
    let shown = show(page.address(), cluster.as_ref()).await;
    if listen.is_some() && shown.is_ok() {
        println!("http://{}/metrics is served until Ctrl-C.", page.address());
        ctrl_c().await?;
    }
    let failed = load.try_join_next();
    load.shutdown().await;
    drop_table(&client, TABLE).await?;
    shown?;
    match failed {
        Some(failed) => failed?,
        None => Ok(()),
    }
}

/// The SDK's own client, built as in any application.
fn client(alternator: &Alternator) -> Client {
    let mut config = aws_sdk_dynamodb::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .alternator(alternator);
    if std::env::var_os("AWS_ACCESS_KEY_ID").is_some() {
        config = config.credentials_provider(EnvironmentVariableCredentialsProvider::new());
    }
    Client::from_conf(config.build())
}

/// Writes and reads until it is shut down, or an operation fails.
fn start_load(client: &Client) -> JoinSet<Result<(), Error>> {
    let task = |task: usize| {
        let client = client.clone();
        async move {
            for number in 0u32.. {
                let id = format!("{task}-{number}");
                put(&client, TABLE, &id, "written under load").await?;
                get(&client, TABLE, &id).await?;
                sleep(Duration::from_millis(1)).await;
            }
            Ok::<_, Error>(())
        }
    };
    (0..TASKS).map(task).collect()
}

/// Prints the page, and prints it again after the death of a node of the embedded cluster.
async fn show(page: SocketAddr, cluster: Option<&TestCluster>) -> Result<(), Error> {
    println!("1. A part of http://{page}/metrics after one second under load\n");
    sleep(Duration::from_secs(1)).await;
    print(&scrape(page).await?);
    let Some(cluster) = cluster else {
        return Ok(());
    };

    let victim = cluster.node(1);
    println!("2. {} is killed\n", victim.url());
    victim.stop();
    let text = timeout(Duration::from_secs(10), page_with_death(page, &victim)).await??;
    print(&text);
    println!("No operation failed. Dashboard and alert rules: examples/grafana.");
    Ok(())
}

/// Returns the first page that has the state of a dead node, and the errors that it has cost.
async fn page_with_death(page: SocketAddr, victim: &Node) -> Result<String, Error> {
    let url = victim.url();
    let host = url.trim_start_matches("http://").split(':').next();
    let host = format!("server_address=\"{}\"", host.unwrap_or_default());
    loop {
        let text = scrape(page).await?;
        let mut lines = text.lines().filter(|line| line.contains(&host));
        let is_down = |line: &str| line.contains("_state=\"down\"") && line.ends_with(" 1");
        if lines.clone().any(is_down)
            && lines.any(|line| line.starts_with("alternator_client_errors_total"))
        {
            return Ok(text);
        }
        sleep(Duration::from_millis(10)).await;
    }
}

/// Prints the series of some metrics; those of states as far as they are 1.
fn print(text: &str) {
    for name in PRINTED {
        let series = text.lines().filter(|line| {
            let rest = line.strip_prefix(name);
            rest.is_some_and(|rest| rest.starts_with(['{', ' ']))
        });
        let is_shown = |line: &&str| {
            !(line.starts_with("alternator_client_node_status") && line.ends_with(" 0"))
        };
        let mut series: Vec<&str> = series.filter(is_shown).collect();
        series.sort_unstable();
        series.iter().for_each(|line| println!("  {line}"));
    }
    println!();
}
