//! A crash with hundreds of operations under way on the node.
//!
//! All nodes are made slow, so that operations pile up on each of them and none looks worse than the others. When node 1
//! has as many as are wanted, it is stopped, and the others answer at once what they hold.

use std::time::Duration;

use tokio::time::{self, Instant};

use super::load::{self, Term};
use super::row::NODES;
use super::run::{GRACE, Run, Setting, Stage};
use crate::Outcome;
use crate::nodes::Change;

pub(super) async fn run(mut stage: Stage, operations: usize, setting: Setting) -> Outcome<Run> {
    warm_up(&stage).await?;
    for node in 1..=NODES {
        stage.nodes.change(node, Change::Delay(DELAY)).await?;
    }
    let before = on_node_1(&mut stage).await?;
    let term = Term {
        begin: Instant::now(),
        last_begin: Duration::ZERO,
        end: setting.length + GRACE,
    };
    let load = stage.spawn(load::at_once(stage.client.clone(), operations, term))?;
    let mut waiting = 0;
    while waiting < WANTED as u64 && term.begin.elapsed() < DELAY / 2 {
        time::sleep(Duration::from_millis(2)).await;
        waiting = on_node_1(&mut stage).await? - before;
    }
    let fault = term.begin.elapsed();
    stage.nodes.change(1, Change::Stop).await?;
    for node in 2..=NODES {
        stage.nodes.change(node, Change::Recover).await?;
    }
    Ok(Run {
        operations: load.await?,
        fault,
        window: fault..term.end,
        requests: Vec::new(),
        returned: None,
        waiting: Some(waiting),
        opinion: stage.opinion(),
        others: stage.others(),
    })
}

/// Lets the client find the nodes.
async fn warm_up(stage: &Stage) -> Outcome<()> {
    let term = Term {
        begin: Instant::now(),
        last_begin: WARM_UP,
        end: WARM_UP + GRACE,
    };
    stage
        .spawn(load::steady(stage.client.clone(), 1, term))?
        .await?;
    Ok(())
}

async fn on_node_1(stage: &mut Stage) -> Outcome<u64> {
    let requests = stage.nodes.requests().await?;
    Ok(requests.first().copied().unwrap_or_default())
}

/// Operations that are to wait for the node. The SDK has tokens for 50 retries of this kind.
pub(super) const WANTED: usize = 300;
/// Of the answers while operations pile up, which takes a fraction of it.
const DELAY: Duration = Duration::from_secs(4);
const WARM_UP: Duration = Duration::from_millis(500);
