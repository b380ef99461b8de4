//! The run: the cluster, the workers, the faults, and the checks beside them.

use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use alternator_test_cluster::TestCluster;
use tokio::runtime::{Builder, Handle, Runtime};
use tokio::time::{self, Instant};

use super::access::Access;
use super::arguments::Arguments;
use super::leaks::{LeakDetector, Usage, check_end, descriptors};
use super::load::LoadGenerator;
use super::plan::{Episode, Plan};
use super::recovery;
use super::setting::{CALLERS, CONNECTIONS, RELEASE, SAMPLING, SINGLE_THREADED, WORKERS};
use super::shared::Shared;
use super::subject::Subject;
use super::violation::Violation;
use super::worker::work;
use crate::Outcome;
use crate::text::count;

/// The end of a run.
#[derive(Debug)]
pub(super) struct End {
    pub(super) report: String,
    /// The first violation, and when it was found.
    pub(super) violation: Option<String>,
}

/// The runtimes of the workers, and the threads that drive them.
#[derive(Debug)]
struct Workers {
    threads: Vec<JoinHandle<Outcome<Vec<LoadGenerator>>>>,
    handles: Vec<Handle>,
    shared_runtime: Runtime,
}

/// Runs the plan.
pub(super) fn run(arguments: &Arguments, plan: &Plan, live_bytes: fn() -> usize) -> Outcome<End> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let mut subject = Subject::start(arguments.seed)?;
    let shared = Arc::new(Shared::new(arguments.seed, subject.seeds()));
    runtime.block_on(async {
        let access = witness(&shared)?;
        access.create_table().await
    })?;
    let meter = Meter {
        cluster: subject.cluster().clone(),
        live_bytes,
    };
    let before = meter.usage(&[]);
    let workers = Workers::start(&shared)?;
    let mut leaks = LeakDetector::new(bounds(before));
    let begin = Instant::now();
    let script = Script {
        plan,
        shared: &shared,
        begin,
    };
    let mut handles = workers.handles.clone();
    handles.push(runtime.handle().clone());
    let result: Outcome<Option<Duration>> = runtime.block_on(async {
        tokio::select! {
            recovered = script.play(&mut subject, arguments.length) => recovered,
            _ = shared.violated() => Ok(None),
            () = sample(&meter, &handles, &mut leaks, &shared) => Ok(None),
        }
    });
    let elapsed = begin.elapsed();
    shared.finish();
    let callers = workers.finish()?;
    let recovered = result?;
    if shared.violation().is_none() {
        let checked = runtime.block_on(check_rest(&shared, &callers))?;
        let checks = [checked, leaks.check_growth()];
        for violation in checks.into_iter().filter_map(Result::err) {
            shared.report(violation);
        }
    }
    drop(runtime);
    if shared.violation().is_none() {
        check_release(&meter, before).map_or_else(|violation| shared.report(violation), |()| ());
    }
    Ok(End {
        report: report(&shared, &leaks, elapsed, recovered),
        violation: shared
            .violation()
            .map(|violation| script.describe(&violation, elapsed)),
    })
}

impl Workers {
    fn start(shared: &Arc<Shared>) -> Outcome<Self> {
        let shared_runtime = Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()?;
        let mut handles = vec![shared_runtime.handle().clone()];
        let mut threads = Vec::new();
        for worker in 0..WORKERS {
            let work = work(Arc::clone(shared), worker);
            if worker < SINGLE_THREADED {
                let runtime = Builder::new_current_thread().enable_all().build()?;
                handles.push(runtime.handle().clone());
                threads.push(thread::spawn(move || runtime.block_on(work)));
            } else {
                let handle = shared_runtime.handle().clone();
                threads.push(thread::spawn(move || handle.block_on(work)));
            }
        }
        Ok(Self {
            threads,
            handles,
            shared_runtime,
        })
    }

    /// Waits for the end of all workers, and drops their runtimes.
    fn finish(self) -> Outcome<Vec<LoadGenerator>> {
        let mut callers = Vec::new();
        for thread in self.threads {
            let result = thread.join().map_err(|_| "a worker panicked")?;
            callers.extend(result?);
        }
        self.shared_runtime.shutdown_timeout(RELEASE);
        Ok(callers)
    }
}

/// Plays the faults.
#[derive(Clone, Copy, Debug)]
struct Script<'a> {
    plan: &'a Plan,
    shared: &'a Shared,
    begin: Instant,
}

impl Script<'_> {
    /// Plays all faults, waits for the recovery, and then for the end of the run. Returns how long the recovery took.
    async fn play(self, subject: &mut Subject, length: Duration) -> Outcome<Option<Duration>> {
        // A client that lives as long as the run, with the defaults.
        let witness = witness(self.shared)?;
        tokio::select! {
            faults = self.play_faults(subject) => faults?,
            () = recovery::keep_reading(&witness) => {}
        }
        let recovered = recovery::recover(&witness, self.shared).await;
        let recovered = recovered
            .map_err(|violation| self.shared.report(violation))
            .ok();
        time::sleep_until(self.begin + length).await;
        Ok(recovered)
    }

    async fn play_faults(self, subject: &mut Subject) -> Outcome<()> {
        for step in self.plan.steps() {
            time::sleep_until(self.begin + step.at).await;
            let Some(episode) = self.plan.episodes.get(step.episode) else {
                continue;
            };
            if step.begins {
                let now = self.begin.elapsed().as_secs_f64();
                eprintln!("{now:7.1} s  {:4}  {episode}", step.episode);
                self.shared.failures().begin(episode.fault.name());
                subject.begin(episode)?;
            } else {
                let addresses = subject.check_addresses();
                addresses.unwrap_or_else(|violation| self.shared.report(violation));
                subject.end(episode)?;
                self.shared.failures().end(episode.fault.name());
            }
        }
        Ok(())
    }

    /// Returns a violation with the time when it was found and the faults until then.
    fn describe(&self, violation: &Violation, elapsed: Duration) -> String {
        let mut text = format!("after {:.1} s, {violation}", elapsed.as_secs_f64());
        let begun = |episode: &&Episode| episode.begin <= elapsed;
        let begun = self
            .plan
            .episodes
            .iter()
            .enumerate()
            .filter(|(_, episode)| begun(episode));
        let begun: Vec<_> = begun.collect();
        for (number, episode) in begun.iter().rev().take(3) {
            // Writing to a string never fails.
            let _ = write!(text, "\n{number:6}  {episode}");
        }
        text
    }
}

/// Creates a client with the defaults.
fn witness(shared: &Shared) -> Outcome<Access> {
    Access::new(shared.seeds.clone(), "witness".to_owned(), |builder| {
        builder
    })
}

/// Measures what is in use.
#[derive(Debug)]
struct Meter {
    cluster: TestCluster,
    live_bytes: fn() -> usize,
}

impl Meter {
    fn usage(&self, runtimes: &[Handle]) -> Usage {
        let nodes = self.cluster.nodes();
        let tasks = runtimes
            .iter()
            .map(|runtime| runtime.metrics().num_alive_tasks() as u64);
        Usage {
            tasks: tasks.sum(),
            connections: nodes
                .iter()
                .map(|node| node.counters().open_connections)
                .sum(),
            descriptors: descriptors(),
            bytes: (self.live_bytes)() as u64,
        }
    }
}

/// Returns what may be in use while the clients run. Both ends of a connection are in this process, and each of them
/// has a task or two in the client.
fn bounds(before: Usage) -> Usage {
    Usage {
        tasks: (WORKERS * CALLERS) as u64 + 2 * CONNECTIONS,
        connections: CONNECTIONS,
        descriptors: before.descriptors + 2 * CONNECTIONS + 64,
        bytes: 0,
    }
}

/// Observes what is in use, until the first leak.
async fn sample(meter: &Meter, runtimes: &[Handle], leaks: &mut LeakDetector, shared: &Shared) {
    loop {
        time::sleep(SAMPLING).await;
        if let Err(violation) = leaks.observe(meter.usage(runtimes)) {
            return shared.report(violation);
        }
    }
}

/// Checks all that was written, by another client.
async fn check_rest(shared: &Shared, callers: &[LoadGenerator]) -> Outcome<Result<(), Violation>> {
    let witness = witness(shared)?;
    for caller in callers {
        if let Err(violation) = caller.check_all(&witness.client).await {
            return Ok(Err(violation));
        }
    }
    Ok(Ok(()))
}

/// Waits until everything is released.
fn check_release(meter: &Meter, before: Usage) -> Result<(), Violation> {
    let runtime = Builder::new_current_thread().enable_time().build();
    let begin = Instant::now();
    loop {
        let check = check_end(before, meter.usage(&[]));
        if check.is_ok() || begin.elapsed() > RELEASE {
            return check;
        }
        if let Ok(runtime) = &runtime {
            runtime.block_on(async { time::sleep(SAMPLING).await });
        }
    }
}

fn report(
    shared: &Shared,
    leaks: &LeakDetector,
    elapsed: Duration,
    recovered: Option<Duration>,
) -> String {
    let number = |counter: &std::sync::atomic::AtomicU64| count(counter.load(Ordering::Relaxed));
    let recovered = recovered.map_or_else(
        || "not recovered".to_owned(),
        |time| format!("recovered {:.1} s after the last fault", time.as_secs_f64()),
    );
    let failures = shared.failures();
    format!(
        "{:.0} s, {} clients, {} operations succeeded and {} failed, {recovered}, at most {} MB allocated\n{failures}",
        elapsed.as_secs_f64(),
        number(&shared.clients),
        number(&shared.succeeded),
        count(failures.total()),
        leaks.most_bytes() >> 20,
    )
}
