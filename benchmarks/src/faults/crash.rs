//! A crash of a node with hundreds of requests in flight.
//!
//! All nodes become slow, so that requests pile up on each of them and no node looks worse than the others. When node 1
//! has enough requests in flight, it stops, and the others respond at once.

use std::time::Duration;

use tokio::time::{self, Instant};

use super::harness::{GRACE, Harness, Setting};
use super::load::{self, Timing};
use super::observations::Observations;
use super::script::NODES;
use super::workload::Workload;
use crate::Outcome;
use crate::nodes::Change;

pub(super) async fn run(
    mut harness: Harness,
    operations: usize,
    setting: Setting,
) -> Outcome<Observations> {
    warm_up(&harness).await?;
    for node in 1..=NODES {
        // Every operation, and no TLS handshake, without which there would be no requests to wait.
        let slow = Change::SlowShare(1.0, DELAY);
        harness.nodes.change(node, slow).await?;
    }
    let before = on_node_1(&mut harness).await?;
    let timing = Timing {
        begin: Instant::now(),
        last_begin: Duration::ZERO,
        end: setting.length + GRACE,
    };
    let load = harness.spawn(load::burst(harness.client.clone(), operations, timing))?;
    let mut waiting = 0;
    while waiting < IN_FLIGHT_WANTED as u64 && timing.begin.elapsed() < DELAY / 2 {
        time::sleep(Duration::from_millis(2)).await;
        waiting = on_node_1(&mut harness).await? - before;
    }
    let fault = timing.begin.elapsed();
    harness.nodes.change(1, Change::Stop).await?;
    for node in 2..=NODES {
        harness.nodes.change(node, Change::Recover).await?;
    }
    Ok(Observations {
        operations: load.await?,
        fault,
        window: fault..timing.end,
        requests: Vec::new(),
        returned: None,
        waiting: Some(waiting),
        reported_state: harness.reported_state(),
        other_programs: harness.other_programs(),
    })
}

/// Runs operations until the client has discovered the nodes.
async fn warm_up(harness: &Harness) -> Outcome<()> {
    let timing = Timing {
        begin: Instant::now(),
        last_begin: WARM_UP,
        end: WARM_UP + GRACE,
    };
    harness
        .spawn(load::steady(
            harness.client.clone(),
            Workload::Reads,
            1,
            timing,
        ))?
        .await?;
    Ok(())
}

async fn on_node_1(harness: &mut Harness) -> Outcome<u64> {
    let requests = harness.nodes.requests().await?;
    Ok(requests.first().copied().unwrap_or_default())
}

/// The requests in flight at the crash. The SDK has tokens for 50 retries of this kind.
pub(super) const IN_FLIGHT_WANTED: usize = 300;
/// The delay of responses while requests pile up, which takes a fraction of it.
const DELAY: Duration = Duration::from_secs(4);
const WARM_UP: Duration = Duration::from_millis(500);
