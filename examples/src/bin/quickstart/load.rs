//! Many requests at once, and what became of each.

use aws_sdk_dynamodb::Client;
use std::fmt;
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::task::{JoinError, JoinSet};
use tokio::time::Instant;

/// Tasks that write and read one after the other until told to end.
pub(crate) struct Load {
    tasks: JoinSet<Vec<Operation>>,
    end: Arc<AtomicBool>,
}

/// One `send()`, with all its attempts.
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

    /// Waits until all that was begun is done. `kill` is when the node was being killed.
    pub(crate) async fn end(mut self, kill: RangeInclusive<Instant>) -> Result<Figures, JoinError> {
        self.end.store(true, Ordering::Relaxed);
        let mut figures = Figures::default();
        while let Some(operations) = self.tasks.join_next().await {
            for operation in operations? {
                figures.add(operation, &kill);
            }
        }
        Ok(figures)
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

    fn took(&self) -> Duration {
        self.ended - self.started
    }

    /// Whether it was under way at some time of `kill`.
    fn was_in_flight(&self, kill: &RangeInclusive<Instant>) -> bool {
        self.started <= *kill.end() && self.ended >= *kill.start()
    }
}

/// What a load came to.
#[derive(Default)]
pub(crate) struct Figures {
    pub(crate) operations: usize,
    pub(crate) failed: usize,
    first_error: Option<String>,
    in_flight_at_the_kill: usize,
    slowest_in_flight: Duration,
    slowest_other: Duration,
}

impl Figures {
    fn add(&mut self, operation: Operation, kill: &RangeInclusive<Instant>) {
        self.operations += 1;
        let took = operation.took();
        if operation.was_in_flight(kill) {
            self.in_flight_at_the_kill += 1;
            self.slowest_in_flight = self.slowest_in_flight.max(took);
        } else {
            self.slowest_other = self.slowest_other.max(took);
        }
        if let Some(error) = operation.error {
            self.failed += 1;
            self.first_error.get_or_insert(error);
        }
    }
}

impl fmt::Display for Figures {
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
            writeln!(f, "    the first of them: {error}")?;
        }
        let slowest = self.slowest_in_flight.max(self.slowest_other);
        writeln!(
            f,
            "  slowest                             {:>8}",
            millis(slowest)
        )?;
        writeln!(
            f,
            "  slowest not in flight at the kill   {:>8}   (in flight then: {})",
            millis(self.slowest_other),
            self.in_flight_at_the_kill
        )
    }
}
