//! One run: one contender, one fault, fresh nodes and a fresh runtime.

use std::time::Duration;

use tokio::time::{self, Instant};

use super::case::{FaultCase, Kind};
use super::contender::Contender;
use super::harness::{GRACE, Harness, Setting};
use super::load::Timing;
use super::observations::Observations;
use super::script::{self, Step};
use super::workload::Workload;
use super::{crash, load};
use crate::Outcome;
use crate::nodes::{Change, Command};

/// Makes a run. `number` is unique to each run.
pub(super) async fn run(
    case: &FaultCase,
    contender: Contender,
    setting: Setting,
    number: usize,
) -> Outcome<Observations> {
    let mut nodes = setting.start_nodes(case).await?;
    if let Kind::Burst = case.kind {
        nodes.change(1, Change::Stop).await?;
    }
    let harness = Harness::connect(nodes, case, contender, number)?;
    match case.kind {
        Kind::Steady(script) | Kind::Return(script) => {
            steady(harness, case.workload, script(setting.length), setting).await
        }
        Kind::Crash => {
            let operations = IN_FLIGHT * contender.node_count_used(case.service.nodes);
            crash::run(harness, operations, setting).await
        }
        Kind::Burst => burst(harness, setting).await,
    }
}

async fn steady(
    mut harness: Harness,
    workload: Workload,
    mut steps: Vec<Step>,
    setting: Setting,
) -> Outcome<Observations> {
    let window = script::FAULT + SETTLING..setting.length;
    let measure = [window.start, window.end].map(|at| Step::new(at, Command::Requests));
    steps.extend(measure);
    steps.sort_by_key(|step| step.at);
    let timing = Timing {
        begin: Instant::now(),
        last_begin: setting.length,
        end: setting.length + GRACE,
    };
    let load = harness.spawn(load::steady(
        harness.client.clone(),
        workload,
        setting.callers,
        timing,
    ))?;
    let mut returned = None;
    let mut counts = Vec::new();
    for step in steps {
        time::sleep_until(timing.begin + step.at).await;
        if let Command::Change(_, Change::Start | Change::Recover) = step.command {
            returned = Some(timing.begin.elapsed());
        }
        match step.command {
            Command::Requests => counts.push(harness.nodes.requests().await?),
            // No script uses them.
            Command::Connections | Command::ProcessorTime => {}
            Command::Change(node, change) => harness.nodes.change(node, change).await?,
        }
    }
    let (reported_state, other_programs) = (harness.reported_state(), harness.other_programs());
    Ok(Observations {
        operations: load.await?,
        fault: script::FAULT,
        window,
        requests: difference(&counts),
        returned,
        waiting: None,
        reported_state,
        other_programs,
    })
}

/// Returns the difference between the first and the last count.
fn difference(counts: &[Vec<u64>]) -> Vec<u64> {
    let (Some(first), Some(last)) = (counts.first(), counts.last()) else {
        return Vec::new();
    };
    let differences = last.iter().zip(first);
    differences.map(|(last, first)| last - first).collect()
}

async fn burst(harness: Harness, setting: Setting) -> Outcome<Observations> {
    let timing = Timing {
        begin: Instant::now(),
        last_begin: Duration::ZERO,
        end: setting.length + GRACE,
    };
    let load = harness.spawn(load::burst(harness.client.clone(), BURST, timing))?;
    Ok(Observations {
        operations: load.await?,
        fault: Duration::ZERO,
        window: Duration::ZERO..timing.end,
        requests: Vec::new(),
        returned: None,
        waiting: None,
        reported_state: harness.reported_state(),
        other_programs: harness.other_programs(),
    })
}

/// The time from the fault to the throughput window, which measures the steady state with the fault and not its onset.
pub(super) const SETTLING: Duration = Duration::from_secs(1);
/// Operations at the same instant, of which each may cost ten of the 500 tokens that the SDK has for retries.
const BURST: usize = 400;
/// The requests in flight on a node at the crash, and a reserve, since not all contenders spread requests exactly.
const IN_FLIGHT: usize = crash::IN_FLIGHT_WANTED + 20;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_those_between_the_first_count_and_the_last() {
        let counts = [vec![10, 20, 30], vec![10, 120, 131]];
        assert_eq!(difference(&counts), [0, 100, 101]);
        assert!(difference(&[]).is_empty());
    }
}
