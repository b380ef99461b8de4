//! Workers: one client after the other, each with its own options, and the callers of each.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use tokio::runtime::Handle;
use tokio::task::JoinSet;
use tokio::time::{self, Instant};

use super::access::Access;
use super::load::LoadGenerator;
use super::options::ClientOptions;
use super::setting::{CALLERS, RELEASE, SINGLE_THREADED};
use super::shared::Shared;
use super::violation::Violation;
use crate::Outcome;

/// Runs a worker until the load is to end. Returns its callers.
pub(super) async fn work(shared: Arc<Shared>, worker: usize) -> Outcome<Vec<LoadGenerator>> {
    let first = worker * CALLERS;
    let mut callers: Vec<LoadGenerator> = (first..first + CALLERS)
        .map(|number| LoadGenerator::new(number, shared.seed))
        .collect();
    for number in 0.. {
        if shared.is_over() {
            break;
        }
        let options = ClientOptions::of(shared.seed, worker, number);
        eprintln!("{:11}client {number} of worker {worker}: {options}", "");
        callers = serve(&shared, worker, &options, callers).await?;
        if worker < SINGLE_THREADED && !shared.is_over() {
            check_release(&shared).await;
        }
    }
    Ok(callers)
}

/// Lets the callers use one client for its lifetime.
async fn serve(
    shared: &Arc<Shared>,
    worker: usize,
    options: &ClientOptions,
    callers: Vec<LoadGenerator>,
) -> Outcome<Vec<LoadGenerator>> {
    let seeds = options
        .seeds
        .iter()
        .filter_map(|seed| shared.seeds.get(*seed));
    let region = format!("worker-{worker}");
    let access = Access::new(seeds.cloned(), region, |builder| options.configure(builder))?;
    shared.clients.fetch_add(1, Ordering::Relaxed);
    let end = Instant::now() + options.lifetime;
    let mut running = JoinSet::new();
    for mut caller in callers {
        let (access, shared) = (access.clone(), Arc::clone(shared));
        running.spawn(async move {
            while Instant::now() < end && !shared.is_over() {
                caller.call(&access, &shared).await;
                tokio::select! {
                    () = shared.over() => {}
                    () = caller.pause() => {}
                }
            }
            caller
        });
    }
    let callers = running.join_all().await;
    if options.is_shut_down {
        access.alternator.shutdown().await;
    }
    Ok(callers)
}

/// Checks that nothing runs any more on this runtime, after its only client was dropped.
async fn check_release(shared: &Shared) {
    let deadline = Instant::now() + RELEASE;
    let alive = || Handle::current().metrics().num_alive_tasks() as u64;
    while alive() > 0 {
        if Instant::now() > deadline {
            let found = alive();
            return shared.report(Violation::Leak {
                what: "tasks after the last client of a runtime",
                found,
                limit: 0,
            });
        }
        time::sleep(RELEASE / 1000).await;
    }
}
