//! The recipes of `docs::networks`, on containers as the test cluster emulates them.

use super::*;
use crate::support::{ping, test_cluster};

#[path = "../../../alternator-lb-sdk/src/docs/networks/private_link.rs"]
#[allow(unreachable_pub, reason = "the code is that of the documentation")]
mod private_link;
#[path = "../../../alternator-lb-sdk/src/docs/networks/single_container.rs"]
#[allow(unreachable_pub, reason = "the code is that of the documentation")]
mod single_container;
#[path = "../../../alternator-lb-sdk/src/docs/networks/three_containers.rs"]
#[allow(unreachable_pub, reason = "the code is that of the documentation")]
mod three_containers;

use private_link::private_link;
use single_container::single_container;
use three_containers::three_containers;

#[tokio::test]
async fn single_container_with_a_random_mapped_port() {
    let cluster = test_cluster!(|cluster| containers(cluster, 1));
    let node = cluster.node(0);
    let alternator = single_container(node.address().port()).unwrap();
    let client = client(&alternator);
    alternator.ready().await.unwrap();
    expect_pings(&client, 10).await;
    assert_eq!(requests(&node), 10);
}

#[tokio::test]
async fn three_containers_with_a_map() {
    let cluster = test_cluster!(|cluster| containers(cluster, 3));
    let nodes = cluster.nodes();
    let containers = nodes.iter().map(|node| {
        let address = node.listed_address().to_string();
        (address, node.address().port())
    });
    let alternator = three_containers(&containers.collect::<Vec<_>>()).unwrap();
    let client = client(&alternator);
    alternator.ready().await.unwrap();
    assert_eq!(translated(&alternator), expected(&nodes));
    expect_even(&cluster, &client, &nodes).await;

    nodes[2].stop();
    expect_pings(&client, 30).await;
    nodes[2].start().unwrap();
    eventually("all containers serve", async || {
        ping(&client).await.unwrap();
        alternator
            .nodes()
            .iter()
            .all(|node| node.state() == NodeState::Up)
    })
    .await;
}

#[tokio::test]
async fn nodes_behind_private_link() {
    let cluster = test_cluster!(|cluster| client_routes::private_link(cluster, 3));
    let nodes = cluster.nodes();
    for node in &nodes {
        node.add_client_route("my connection", "127.0.0.1", node.address().port());
    }
    let alternator = private_link(&nodes[0].url(), "my connection").unwrap();
    let client = client(&alternator);
    alternator.ready().await.unwrap();
    assert_eq!(translated(&alternator), expected(&nodes));
    expect_even(&cluster, &client, &nodes).await;
}
