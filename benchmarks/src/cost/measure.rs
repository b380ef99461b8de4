//! Measures time.

use std::time::Duration;

use aws_smithy_types::DateTime;
use cpu_time::ThreadTime;
use tokio::runtime::Runtime;

use super::arguments::Repeat;
use super::canned_client::CannedHttpClient;
use super::contender::{Client, Contender};
use super::costs::Costs;
use crate::Outcome;

/// Measures all contenders in turns.
pub(super) fn measure(turns: usize, operations: usize) -> Outcome<Vec<Costs>> {
    let contenders = Contender::ALL.into_iter().map(Harness::new);
    let mut harnesses: Vec<Harness> = contenders.collect::<Outcome<_>>()?;
    for harness in &harnesses {
        harness.run(WARM_UP)?;
    }
    for _ in 0..turns {
        for harness in &mut harnesses {
            let began = ThreadTime::now();
            harness.run(operations)?;
            harness.best = harness.best.min(began.elapsed());
        }
    }
    Ok(harnesses
        .iter()
        .map(|harness| harness.costs(operations))
        .collect())
}

/// Runs the operations of one contender.
pub(super) fn repeat(task: Repeat) -> Outcome<()> {
    let harness = Harness::new(task.contender)?;
    harness.run(task.operations)
}

/// One contender, in a runtime of its own.
pub(super) struct Harness {
    contender: Contender,
    runtime: Runtime,
    client: Client,
    http_client: CannedHttpClient,
    best: Duration,
}

impl Harness {
    pub(super) fn new(contender: Contender) -> Outcome<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        #[expect(
            clippy::disallowed_methods,
            reason = "servers date their responses by the wall clock"
        )]
        let now = std::time::SystemTime::now();
        let http_client = CannedHttpClient::new(DateTime::from(now));
        let client = runtime.block_on(contender.connect(http_client.clone()))?;
        Ok(Self {
            contender,
            runtime,
            client,
            http_client,
            best: Duration::MAX,
        })
    }

    /// Runs operations one after the other.
    pub(super) fn run(&self, operations: usize) -> Outcome<()> {
        self.runtime.block_on(async {
            for _ in 0..operations {
                self.client.get_item().await?;
            }
            Ok(())
        })
    }

    /// Returns the costs without those that other processes count.
    fn costs(&self, operations: usize) -> Costs {
        Costs {
            contender: self.contender,
            microseconds: self.best.as_secs_f64() * 1e6 / operations as f64,
            allocations: f64::NAN,
            bytes: f64::NAN,
            head: self.http_client.head(),
            instructions: None,
        }
    }
}

/// Enough operations to fill caches and finish one-time work.
const WARM_UP: usize = 500;
