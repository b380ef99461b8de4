//! How do I store my own types? With [`serde_dynamo`](https://docs.rs/serde_dynamo), which turns them into items and
//! back. It sees items alone, so the plugin is installed as always.
//!
//! ```text
//! cargo run --bin serde_dynamo                                     # on an embedded cluster, one node of which dies
//! cargo run --bin serde_dynamo -- --seeds http://10.0.0.1:8000     # on your own cluster
//! ```

use alternator_lb_sdk::{Alternator, AlternatorExt as _, NodeStatus};
use aws_config::{BehaviorVersion, Region};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use examples::{Error, Target, bars, create_table, drop_table, finish, verify};
use serde::{Deserialize, Serialize};
use serde_dynamo::{from_item, to_item};
use std::process::ExitCode;

const TABLE: &str = "alternator-lb-sdk-serde-dynamo";

/// An item: its fields are attributes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Order {
    /// The partition key.
    id: String,
    customer: String,
    lines: Vec<Line>,
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
}

/// A map within the item.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Line {
    article: String,
    pieces: u32,
}

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
    let config = aws_sdk_dynamodb::config::Builder::from(&sdk_config)
        .alternator(&alternator) // <- the one added line
        .build();
    let client = Client::from_conf(config);
    alternator.ready().await?;
    create_table(&client, TABLE, None).await?;
    let result = store_orders(&client, &target).await;
    drop_table(&client, TABLE).await?;
    result?;

    let nodes = alternator.nodes();
    println!("200 orders written and read back\n");
    let bars = bars(nodes.iter().map(|node| (node.url(), node.requests())));
    println!("{bars}");
    let used = nodes.iter().filter(|node| NodeStatus::requests(node) > 0);
    verify(used.count() == nodes.len(), "a node got no request")
}

/// Writes and reads orders. On an embedded cluster a node dies halfway.
async fn store_orders(client: &Client, target: &Target) -> Result<(), Error> {
    for number in 0..200 {
        if number == 100
            && let Some(cluster) = target.embedded()
        {
            cluster.node(1).stop();
        }
        let order = Order {
            id: format!("order-{number}"),
            customer: "ann".to_owned(),
            lines: vec![Line {
                article: "pencil".to_owned(),
                pieces: number,
            }],
            note: number.is_multiple_of(2).then(|| "gift".to_owned()),
        };
        put(client, &order).await?;
        let read = get(client, &order.id).await?;
        verify(
            read == Some(order),
            "an order differs from what was written",
        )?;
    }
    Ok(())
}

async fn put(client: &Client, order: &Order) -> Result<(), Error> {
    let put = client.put_item().table_name(TABLE);
    put.set_item(Some(to_item(order)?)).send().await?;
    Ok(())
}

async fn get(client: &Client, id: &str) -> Result<Option<Order>, Error> {
    let get = client.get_item().table_name(TABLE).consistent_read(true);
    let found = get
        .key("id", AttributeValue::S(id.to_owned()))
        .send()
        .await?;
    Ok(found.item.map(from_item).transpose()?)
}
