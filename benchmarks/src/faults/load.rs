//! The load: callers that make one operation after the other, and the result of each.
//!
//! Every operation is recorded, so that later figures are exact and nothing is computed during the run.

use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::{self, Instant};

use super::workload::Workload;
use crate::client::Client;

/// One operation. Times count from the beginning of the load.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Operation {
    pub(super) began: Duration,
    pub(super) took: Duration,
    pub(super) completion: Completion,
}

/// How an operation ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Completion {
    Succeeded,
    Failed,
    /// Not ended when the load was given up.
    Pending,
}

impl Operation {
    pub(super) fn ended(&self) -> Duration {
        self.began + self.took
    }
}

/// How long a load lasts, counted from `begin`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Timing {
    pub(super) begin: Instant,
    /// No operation begins later.
    pub(super) last_begin: Duration,
    /// Pending operations are given up at this time.
    pub(super) end: Duration,
}

/// Runs callers that make one operation after the other.
pub(super) async fn steady(
    client: Client,
    workload: Workload,
    callers: usize,
    timing: Timing,
) -> Vec<Operation> {
    run(
        (client, workload),
        callers,
        move |operation| operation.ended() < timing.last_begin,
        timing,
    )
    .await
}

/// Starts all reads at once.
pub(super) async fn burst(client: Client, operations: usize, timing: Timing) -> Vec<Operation> {
    let reads = (client, Workload::Reads);
    run(reads, operations, |_| false, timing).await
}

async fn run(
    (client, workload): (Client, Workload),
    callers: usize,
    continues: impl Fn(&Operation) -> bool + Copy + Send + 'static,
    timing: Timing,
) -> Vec<Operation> {
    let mut running = JoinSet::new();
    for _ in 0..callers {
        running.spawn(call((client.clone(), workload), continues, timing));
    }
    running.join_all().await.concat()
}

/// Runs operations as long as `continues` accepts the last one.
async fn call(
    (client, workload): (Client, Workload),
    continues: impl Fn(&Operation) -> bool,
    timing: Timing,
) -> Vec<Operation> {
    let mut made = Vec::new();
    let end = time::sleep_until(timing.begin + timing.end);
    tokio::pin!(end);
    loop {
        let began = timing.begin.elapsed();
        let ended = tokio::select! {
            biased;
            succeeded = workload.call(&client) => match succeeded {
                true => Completion::Succeeded,
                false => Completion::Failed,
            },
            () = &mut end => Completion::Pending,
        };
        let operation = Operation {
            began,
            took: timing.begin.elapsed().saturating_sub(began),
            completion: ended,
        };
        made.push(operation);
        if ended == Completion::Pending || !continues(&operation) {
            return made;
        }
    }
}
