//! How do I use the plugin in a web service? Here with [`axum`](https://docs.rs/axum): one client for all requests, in
//! the state of the router, and a readiness check that knows the cluster.
//!
//! The code of the store takes an `SdkConfig`, as code that a service does not own does: so the plugin is not installed
//! on a client, but on the configuration (`Alternator::sdk_config`).
//!
//! ```text
//! cargo run --bin axum                                     # on an embedded cluster, one node of which dies
//! cargo run --bin axum -- --seeds http://10.0.0.1:8000     # on your own cluster
//! ```

mod service;
mod visitor;

use alternator_lb_sdk::Alternator;
use aws_config::{BehaviorVersion, Region};
use examples::{Error, Target, bars, drop_table, finish, verify};
use service::{Store, router};
use std::process::ExitCode;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use visitor::Visitor;

#[tokio::main]
async fn main() -> ExitCode {
    finish(run().await)
}

async fn run() -> Result<(), Error> {
    let target = Target::from_arguments(3)?;
    let alternator = Alternator::builder().seeds(target.seeds()).build()?;
    let sdk_config = aws_config::defaults(BehaviorVersion::latest())
        .region(Region::from_static("us-east-1")) // else the SDK also queries the metadata service of AWS
        .no_credentials()
        .load()
        .await;
    let store = Store::new(&alternator.sdk_config(&sdk_config)); // <- the one changed line
    store.create().await?;

    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let router = router(store.clone(), alternator.clone());
    let mut server = JoinSet::new();
    server.spawn(axum::serve(listener, router).into_future());

    let visitor = Visitor::new(address);
    let served = visit(&visitor, &target, &alternator).await;
    drop_table(store.client(), service::TABLE).await?;
    served
}

/// Sends requests to the service. On an embedded cluster a node dies halfway.
async fn visit(visitor: &Visitor, target: &Target, alternator: &Alternator) -> Result<(), Error> {
    let ready = visitor.get("/ready").await?;
    verify(ready == "ready", "the service is not ready")?;
    for number in 0..100 {
        if number == 50
            && let Some(cluster) = target.embedded()
        {
            cluster.node(1).stop();
        }
        visitor.post("/visits/ann").await?;
    }
    let visits = visitor.get("/visits/ann").await?;
    println!("The service counted {visits}\n");
    verify(
        visits == r#"{"page":"ann","count":100}"#,
        "visits are missing",
    )?;

    let nodes = alternator.nodes();
    println!(
        "{}",
        bars(nodes.iter().map(|node| (node.url(), node.requests())))
    );
    let used = nodes.iter().filter(|node| node.requests() > 0);
    verify(used.count() == nodes.len(), "a node got no request")
}
