//! Concurrent load, and its results.

use aws_sdk_dynamodb::Client;
use std::fmt;
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::task::{JoinError, JoinSet};
use tokio::time::Instant;

/// Tasks that alternate writes and reads until [`Load::end`].
pub(crate) struct Load {
    tasks: JoinSet<Vec<Operation>>,
    end: Arc<AtomicBool>,
}

/// One operation, with all its attempts.
struct Operation {
    started: Instant,
    ended: Instant,
    error: Option<String>,
}

impl Load {
    pub(crate) fn start(tasks: usize, client: &Client, table: &'static str) -> Self {
        let end = Arc::new(AtomicBool::new(false));
        let tasks = (0..tasks).map(|task| run(task, client.clone(), table, Arc::clone(&end)));
        Self {
            tasks: tasks.collect(),
            end,
        }
    }

    /// Waits for the operations in flight, and returns the results. The node was killed during `kill`.
    pub(crate) async fn end(
        mut self,
        kill: RangeInclusive<Instant>,
    ) -> Result<LoadResults, JoinError> {
        self.end.store(true, Ordering::Relaxed);
        let mut results = LoadResults::default();
        while let Some(operations) = self.tasks.join_next().await {
            for operation in operations? {
                results.add(operation, &kill);
            }
        }
        Ok(results)
    }
}

async fn run(
    task: usize,
    client: Client,
    table: &'static str,
    end: Arc<AtomicBool>,
) -> Vec<Operation> {
    let mut operations = Vec::new();
    for number in 0u32.. {
        if end.load(Ordering::Relaxed) {
            break;
        }
        let id = format!("{task}-{number}");
        let started = Instant::now();
        let result = examples::put(&client, table, &id, "written under load").await;
        operations.push(Operation::new(started, result));
        let started = Instant::now();
        let result = examples::get(&client, table, &id).await;
        operations.push(Operation::new(started, result));
    }
    operations
}

impl Operation {
    fn new<T>(started: Instant, result: Result<T, examples::Error>) -> Self {
        Self {
            started,
            ended: Instant::now(),
            error: result.err().map(|error| examples::chain(&*error)),
        }
    }

    fn duration(&self) -> Duration {
        self.ended - self.started
    }

    /// Returns whether the operation was in flight at any time during `kill`.
    fn was_in_flight(&self, kill: &RangeInclusive<Instant>) -> bool {
        self.started <= *kill.end() && self.ended >= *kill.start()
    }
}

/// The results of a load.
#[derive(Default)]
pub(crate) struct LoadResults {
    pub(crate) operations: usize,
    pub(crate) failed: usize,
    first_error: Option<String>,
    in_flight_at_kill: usize,
    slowest_in_flight: Duration,
    slowest_other: Duration,
}

impl LoadResults {
    fn add(&mut self, operation: Operation, kill: &RangeInclusive<Instant>) {
        self.operations += 1;
        let duration = operation.duration();
        if operation.was_in_flight(kill) {
            self.in_flight_at_kill += 1;
            self.slowest_in_flight = self.slowest_in_flight.max(duration);
        } else {
            self.slowest_other = self.slowest_other.max(duration);
        }
        if let Some(error) = operation.error {
            self.failed += 1;
            self.first_error.get_or_insert(error);
        }
    }
}

impl fmt::Display for LoadResults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let millis = |duration: Duration| format!("{:.0} ms", duration.as_secs_f64() * 1000.0);
        writeln!(
            f,
            "  operations                          {:>8}",
            self.operations
        )?;
        writeln!(
            f,
            "  failed                              {:>8}",
            self.failed
        )?;
        if let Some(error) = &self.first_error {
            writeln!(f, "    first error: {error}")?;
        }
        let slowest = self.slowest_in_flight.max(self.slowest_other);
        writeln!(
            f,
            "  slowest                             {:>8}",
            millis(slowest)
        )?;
        writeln!(
            f,
            "  slowest not in flight at the kill   {:>8}   ({} were in flight)",
            millis(self.slowest_other),
            self.in_flight_at_kill
        )
    }
}
