//! The responses of the seeds, and the nodes that they list.

use super::{CONCURRENCY, ClusterFacts, Collector, Outcome, REQUESTS_PER_SEED};
use crate::connection::{Failure, HEALTHY, PlainClient};
use alternator_lb_sdk::BuildError;
use futures_util::StreamExt as _;
use futures_util::stream;

/// The responses of a seed.
#[derive(Debug, Default)]
pub(crate) struct SeedFacts {
    /// The URL, with its port.
    pub(crate) url: String,
    pub(crate) health: Outcome<()>,
    /// The entries of `/localnodes`.
    pub(crate) list: Outcome<Vec<String>>,
}

impl ClusterFacts {
    pub(super) async fn collect_seeds(
        &mut self,
        collector: &Collector<'_>,
    ) -> Result<(), BuildError> {
        collector.progress.begin("seeds");
        // Before it has refreshed, its nodes are the seeds. Names are not resolved.
        let alternator = collector.arguments.cluster.builder().build()?;
        let seeds = alternator.nodes();
        collector.meter.allow(REQUESTS_PER_SEED * seeds.len());
        self.seeds = seeds
            .iter()
            .map(|seed| SeedFacts {
                url: seed.url().to_owned(),
                ..SeedFacts::default()
            })
            .collect();
        let collecting = stream::iter(&mut self.seeds);
        collecting
            .for_each_concurrent(CONCURRENCY, |seed| async {
                seed.health = Some(health(&collector.plain, &seed.url).await);
                if let Some(Ok(())) = seed.health {
                    seed.list = Some(list(&collector.plain, &seed.url, "").await);
                }
            })
            .await;
        Ok(())
    }
}

/// Sends `GET /`, which every node answers with `healthy: ` and the host.
pub(super) async fn health(client: &PlainClient, node: &str) -> Result<(), Failure> {
    let response = client.get(node, "/").await?;
    match response.status {
        200 if response.body.starts_with(HEALTHY) => Ok(()),
        status => {
            let text = format!("status {status} to GET /, which is not Alternator's");
            Err(Failure::foreign(status, text))
        }
    }
}

/// Sends `GET /localnodes`, with a query.
pub(super) async fn list(
    client: &PlainClient,
    node: &str,
    query: &str,
) -> Result<Vec<String>, Failure> {
    let response = client.get(node, &format!("/localnodes{query}")).await?;
    let entries = serde_json::from_str(&response.body).ok();
    let entries = entries.filter(|_| response.status == 200);
    entries.ok_or_else(|| {
        let text = format!("status {} to /localnodes, without a list", response.status);
        Failure::foreign(response.status, text)
    })
}
