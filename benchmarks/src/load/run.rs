//! One turn of one contender: a fresh client in a fresh runtime, measured between two snapshots.

use std::time::Duration;

use aws_sdk_dynamodb::config::Region;
use cpu_time::ProcessTime;
use tokio::runtime::{Builder, Runtime};
use tokio::time::{self, Instant};

use super::callers::Callers;
use super::case::Case;
use super::contender::Contender;
use crate::Outcome;
use crate::client::{Client, ClientSettings};
use crate::cpu_usage::CpuUsage;
use crate::nodes::{Nodes, Service};

/// The figures of a turn.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Sample {
    /// Operations that succeeded, per second.
    pub(super) throughput: f64,
    /// Processor time of the client's process per operation, in microseconds.
    pub(super) client_micros: f64,
    /// Processor time of the nodes' process per operation, in microseconds.
    pub(super) node_micros: f64,
    /// The share of all processors that other programs used, from 0 to 1, where known.
    pub(super) other_programs: Option<f64>,
}

/// The nodes and the settings that all turns share.
#[derive(Debug)]
pub(super) struct Harness {
    /// Runs timers and the commands to the nodes, apart from the measured client.
    control: Runtime,
    nodes: Nodes,
    service: Service,
    callers: usize,
    length: Duration,
    turns: usize,
}

/// The totals at an instant.
#[derive(Debug)]
struct Snapshot {
    at: Instant,
    done: u64,
    client: Duration,
    nodes: Duration,
    usage: Option<CpuUsage>,
}

impl Harness {
    /// Starts the nodes.
    pub(super) fn start(service: Service, callers: usize, length: Duration) -> Outcome<Self> {
        let control = Builder::new_current_thread().enable_all().build()?;
        let nodes = control.block_on(Nodes::start(service))?;
        Ok(Self {
            control,
            nodes,
            service,
            callers,
            length,
            turns: 0,
        })
    }

    /// Measures one turn of a contender.
    pub(super) fn run_turn(&mut self, case: Case, contender: &Contender) -> Outcome<Sample> {
        self.turns += 1;
        let runtime = Builder::new_multi_thread()
            .worker_threads(case.workers.count().into())
            .enable_all()
            .build()?;
        let sample = self.connect(&runtime, contender).and_then(|client| {
            let callers = Callers::start(runtime.handle(), &client, case.operation, self.callers);
            self.control
                .block_on(sample(&mut self.nodes, callers, self.length))
        });
        // Work that the client leaves behind would count for the next one.
        runtime.shutdown_timeout(SHUTDOWN_TIMEOUT);
        sample
    }

    fn connect(&self, runtime: &Runtime, contender: &Contender) -> Outcome<Client> {
        let _inside = runtime.enter();
        (contender.connect)(&ClientSettings {
            nodes: self.nodes.addresses(),
            authority: self.nodes.authority(),
            region: Region::new(format!("turn-{}", self.turns)),
            credentials: self.service.credentials(),
            attempts: None,
        })
    }
}

async fn sample(nodes: &mut Nodes, callers: Callers, length: Duration) -> Outcome<Sample> {
    time::sleep(WARM_UP).await;
    let begin = Snapshot::now(nodes, &callers).await?;
    time::sleep(length).await;
    let end = Snapshot::now(nodes, &callers).await?;
    callers.stop().await?;
    end.since(&begin)
        .ok_or_else(|| "no operation ended in the time".into())
}

impl Snapshot {
    async fn now(nodes: &mut Nodes, callers: &Callers) -> Outcome<Self> {
        Ok(Self {
            nodes: nodes.processor_time().await?,
            usage: CpuUsage::now(nodes.process()),
            done: callers.done(),
            client: ProcessTime::try_now()?.as_duration(),
            at: Instant::now(),
        })
    }

    /// Returns what was between two moments, unless that was nothing.
    fn since(&self, earlier: &Self) -> Option<Sample> {
        let done = self.done.saturating_sub(earlier.done);
        if done == 0 {
            return None;
        }
        let done = done as f64;
        let each = |time: Duration| time.as_secs_f64() * 1e6 / done;
        let passed = self.at.saturating_duration_since(earlier.at);
        Some(Sample {
            throughput: done / passed.as_secs_f64().max(f64::EPSILON),
            client_micros: each(self.client.saturating_sub(earlier.client)),
            node_micros: each(self.nodes.saturating_sub(earlier.nodes)),
            other_programs: self
                .usage
                .zip(earlier.usage)
                .map(|(now, then)| now.share_of_others_since(then)),
        })
    }
}

/// As in `faults`: enough nodes to choose from.
pub(super) const NODES: usize = 3;
/// The time for opening connections and discovering the nodes.
pub(super) const WARM_UP: Duration = Duration::from_millis(500);
/// Tasks have no work left by then; this is ample.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests {
    use super::*;

    fn snapshot(at: Instant, done: u64, client: u64, nodes: u64) -> Snapshot {
        Snapshot {
            at,
            done,
            client: Duration::from_millis(client),
            nodes: Duration::from_millis(nodes),
            usage: None,
        }
    }

    #[test]
    fn sample_excludes_work_before_the_first_snapshot() {
        let begin = Instant::now();
        let end = begin + Duration::from_secs(2);
        let sample = snapshot(end, 21_000, 1_500, 900).since(&snapshot(begin, 1_000, 500, 500));
        let expected = Sample {
            throughput: 10_000.0,
            client_micros: 50.0,
            node_micros: 20.0,
            other_programs: None,
        };
        assert_eq!(sample, Some(expected));
    }

    #[test]
    fn sample_without_operations_is_none() {
        let now = Instant::now();
        assert_eq!(snapshot(now, 7, 9, 9).since(&snapshot(now, 7, 0, 0)), None);
    }
}
