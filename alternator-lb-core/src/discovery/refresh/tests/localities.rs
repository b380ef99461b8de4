//! The localities of the nodes in the topology.

use super::*;

#[tokio::test(start_paused = true)]
async fn nodes_have_the_locality_of_their_level_after_the_first_refresh() {
    // No node is in the second rack of the chain, and none in scope in the third rack of the datacenter.
    let scope = Scope::rack("dc1", "r1")
        .or(Scope::rack("dc1", "r2"))
        .or(Scope::datacenter("dc2"));
    let harness = Harness::with_config(urls(&[1]), Some(scope), |config| {
        config.discovers_local_datacenter = true;
    });
    harness
        .network
        .cluster(&[("dc1", "r1", 1), ("dc1", "r3", 3), ("dc2", "r1", 11)]);
    let placements = || {
        let snapshot = harness.router.snapshot();
        let placements = snapshot.topology().placements();
        placements
            .map(|(node, priority, locality)| {
                let locality = locality.map_or_else(String::new, ToString::to_string);
                (node.url().clone(), priority, locality)
            })
            .collect::<Vec<_>>()
    };
    assert_eq!(placements(), [(url(1), 0, String::new())]);
    for _ in 0..32 {
        // Until the queried node has shown that it supports racks.
        harness.refresh().await.unwrap();
    }
    assert_eq!(
        placements(),
        [
            (url(1), 0, "rack `r1` of datacenter `dc1`".to_owned()),
            (url(11), 1, "datacenter `dc2`".to_owned()),
            (url(3), 2, "datacenter `dc1`".to_owned()),
        ]
    );
}
