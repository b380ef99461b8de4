//! Measures time.

use std::time::Duration;

use aws_smithy_types::DateTime;
use cpu_time::ThreadTime;
use tokio::runtime::Runtime;

use super::Outcome;
use super::arguments::Repeat;
use super::canned::Canned;
use super::contender::{Client, Contender};
use super::costs::Costs;

/// Measures all contenders, in so many turns of so many operations.
pub(super) fn measure(turns: usize, operations: usize) -> Outcome<Vec<Costs>> {
    let contenders = Contender::ALL.into_iter().map(Bench::new);
    let mut benches: Vec<Bench> = contenders.collect::<Outcome<_>>()?;
    for bench in &benches {
        bench.run(WARM_UP)?;
    }
    for _ in 0..turns {
        for bench in &mut benches {
            let began = ThreadTime::now();
            bench.run(operations)?;
            bench.best = bench.best.min(began.elapsed());
        }
    }
    Ok(benches
        .iter()
        .map(|bench| bench.costs(operations))
        .collect())
}

/// Makes so many operations of one contender.
pub(super) fn repeat(task: Repeat) -> Outcome<()> {
    let bench = Bench::new(task.contender)?;
    bench.run(task.operations)
}

/// One contender, in a runtime of its own.
pub(super) struct Bench {
    contender: Contender,
    runtime: Runtime,
    client: Client,
    http_client: Canned,
    best: Duration,
}

impl Bench {
    pub(super) fn new(contender: Contender) -> Outcome<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        #[expect(
            clippy::disallowed_methods,
            reason = "servers date their answers by the wall clock"
        )]
        let now = std::time::SystemTime::now();
        let http_client = Canned::new(DateTime::from(now));
        let client = runtime.block_on(contender.connect(http_client.clone()))?;
        Ok(Self {
            contender,
            runtime,
            client,
            http_client,
            best: Duration::MAX,
        })
    }

    /// Makes so many operations.
    pub(super) fn run(&self, operations: usize) -> Outcome<()> {
        self.runtime.block_on(async {
            for _ in 0..operations {
                self.client.get_item().await?;
            }
            Ok(())
        })
    }

    /// What is known so far.
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

/// Until caches are filled, and what is made once is made.
const WARM_UP: usize = 500;
