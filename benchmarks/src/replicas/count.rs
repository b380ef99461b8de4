//! Counts the requests of a contender on the nodes.

use std::time::Duration;

use std::net::SocketAddr;

use alternator_lb_sdk::explain::Reason;
use alternator_test_cluster::{NodeConfig, TestCluster, Tokens};
use aws_sdk_dynamodb::config::Region;
use aws_sdk_dynamodb::operation::get_item::GetItemInput;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, AttributeValue, BillingMode, KeySchemaElement, KeyType,
    ScalarAttributeType,
};

use super::contender::{Contender, KEY, TABLE};
use crate::Outcome;
use crate::client::{Client, ClientSettings};

/// The figures of one layout.
#[derive(Clone, Copy, Debug)]
pub(super) struct Counts {
    /// The share of the reads that landed on a replica.
    pub(super) on_replica: f64,
    /// The share of the reads that landed on the busiest node.
    pub(super) busiest: f64,
    /// The mean number of coordinators of the transactions of a partition.
    pub(super) coordinators: f64,
}

/// Counts on both layouts.
pub(super) async fn count(contender: Contender) -> Outcome<[Counts; 2]> {
    Ok([
        count_on(contender, Tokens::vnodes()).await?,
        count_on(contender, Tokens::tablets(TABLETS)).await?,
    ])
}

async fn count_on(contender: Contender, tokens: Tokens) -> Outcome<Counts> {
    let racks = ["r1", "r2", "r3"].into_iter().cycle().take(NODES);
    let nodes = racks.map(|rack| NodeConfig::new().rack(rack));
    let cluster = nodes
        .fold(
            TestCluster::builder().tokens(tokens),
            alternator_test_cluster::Builder::node,
        )
        .start()?;
    let addresses: Vec<SocketAddr> = cluster.nodes().iter().map(|it| it.address()).collect();
    let settings = ClientSettings {
        nodes: &addresses,
        authority: None,
        region: Region::from_static("replicas"),
        credentials: None,
        attempts: None,
    };
    create_table(&Client::sdk(&settings)?).await?;
    let mut clients = Vec::new();
    for number in 0..CLIENTS {
        let client = contender.connect(&settings)?;
        warm_up(contender, &client).await?;
        // Gives every client a different number of requests, so that their rotations are out of step.
        for _ in 0..number {
            get(&client, 0).await?;
        }
        clients.push(client);
    }
    let (on_replica, busiest) = count_reads(&cluster, &clients).await?;
    Ok(Counts {
        on_replica,
        busiest,
        coordinators: count_coordinators(&cluster, &clients).await?,
    })
}

async fn create_table(client: &Client) -> Outcome<()> {
    let Client::Sdk(client) = client else {
        return Err("only the SDK alone creates the table".into());
    };
    let attribute = AttributeDefinition::builder().attribute_name(KEY);
    let element = KeySchemaElement::builder().attribute_name(KEY);
    client
        .create_table()
        .table_name(TABLE)
        .attribute_definitions(attribute.attribute_type(ScalarAttributeType::S).build()?)
        .key_schema(element.key_type(KeyType::Hash).build()?)
        .billing_mode(BillingMode::PayPerRequest)
        .send()
        .await?;
    Ok(())
}

/// Makes requests until the client knows all nodes and, if token-aware, the replicas.
async fn warm_up(contender: Contender, client: &Client) -> Outcome<()> {
    let input = GetItemInput::builder().table_name(TABLE);
    let input = input.key(KEY, key(0)).build()?;
    for _ in 0..MAX_WARM_UP_OPERATIONS {
        get(client, 0).await?;
        put_conditionally(client, 0).await?;
        let is_known = match (client, contender) {
            (Client::Plugin(_, alternator), Contender::TokenAware) => {
                alternator.explain(&input).reason() == Reason::Replica
            }
            (Client::Plugin(_, alternator), _) => alternator.nodes().len() == NODES,
            (Client::Sdk(_) | Client::Official(_), _) => true,
        };
        if is_known {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    Err("the client does not find all nodes or replicas".into())
}

/// Returns the share of the reads that landed on a replica, and on the busiest node.
async fn count_reads(cluster: &TestCluster, clients: &[Client]) -> Outcome<(f64, f64)> {
    cluster.reset_counters();
    for (number, client) in (0..READS).zip(clients.iter().cycle()) {
        get(client, number).await?;
    }
    let counters: Vec<_> = cluster.nodes().iter().map(|it| it.counters()).collect();
    let on: u64 = counters.iter().map(|it| it.on_replica).sum();
    let all = counters.iter().map(|it| it.on_replica + it.off_replica);
    let busiest = all.max().unwrap_or_default();
    Ok((on as f64 / READS as f64, busiest as f64 / READS as f64))
}

/// Returns the mean number of coordinators of the transactions of a partition.
async fn count_coordinators(cluster: &TestCluster, clients: &[Client]) -> Outcome<f64> {
    cluster.reset_counters();
    for number in 0..CONTENDED_PARTITIONS {
        for client in clients {
            put_conditionally(client, number).await?;
        }
    }
    let partitions = cluster.lwt_partitions();
    let coordinators: usize = partitions.iter().map(|it| it.operations.len()).sum();
    Ok(coordinators as f64 / partitions.len().max(1) as f64)
}

async fn get(client: &Client, number: u64) -> Outcome<()> {
    let get = client.get_item().table_name(TABLE).key(KEY, key(number));
    get.send().await?;
    Ok(())
}

/// Writes an item under a condition that holds.
async fn put_conditionally(client: &Client, number: u64) -> Outcome<()> {
    client
        .put_item()
        .table_name(TABLE)
        .item(KEY, key(number))
        .condition_expression("attribute_not_exists(locked)")
        .send()
        .await?;
    Ok(())
}

fn key(number: u64) -> AttributeValue {
    AttributeValue::S(format!("customer#{number}"))
}

/// Four in each rack, so that three requests in four land on a node that does not hold the partition.
const NODES: usize = 12;
const TABLETS: u32 = 64;
const CLIENTS: usize = 8;
/// Enough that chance changes at most the last printed digit.
const READS: u64 = 12_000;
const CONTENDED_PARTITIONS: u64 = 100;
/// Far more than a client needs.
const MAX_WARM_UP_OPERATIONS: usize = 10_000;
