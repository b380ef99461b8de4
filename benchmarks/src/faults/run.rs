//! One run: one contender, one fault, fresh nodes, a fresh runtime, and an end that is kept.

use std::ops::Range;
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinHandle;
use tokio::time::{self, Instant};

use super::contender::{Contender, Opinion};
use super::load::{Operation, Term};
use super::row::{Kind, Row};
use super::script::{self, Step};
use super::{crash, load};
use crate::Outcome;
use crate::client::Client;
use crate::nodes::{Change, Command, Nodes, Service};
use crate::others::Usage;

/// How runs are made.
#[derive(Clone, Copy, Debug)]
pub(super) struct Setting {
    pub(super) length: Duration,
    pub(super) callers: usize,
}

/// What was seen in one run. Times count from the beginning of its load.
#[derive(Clone, Debug)]
pub(super) struct Run {
    pub(super) operations: Vec<Operation>,
    /// When the fault began.
    pub(super) fault: Duration,
    /// When throughput is measured.
    pub(super) window: Range<Duration>,
    /// What each node got in the window.
    pub(super) requests: Vec<u64>,
    /// When a node was last started.
    pub(super) returned: Option<Duration>,
    /// How many operations waited for node 1 when it crashed.
    pub(super) waiting: Option<u64>,
    /// What the plugin says of node 1 at the end.
    pub(super) opinion: Option<Opinion>,
    /// What other programs took of all processors, from 0 to 1.
    pub(super) others: Option<f64>,
}

/// Makes a run. `number` is another one each time.
pub(super) async fn run(
    row: &Row,
    contender: Contender,
    setting: Setting,
    number: usize,
) -> Outcome<Run> {
    let mut nodes = Nodes::start(Service::open(row.nodes)).await?;
    match row.kind {
        Kind::Steady(script) | Kind::Return(script) => {
            let stage = Stage::set(nodes, contender, number)?;
            steady(stage, script(setting.length), setting).await
        }
        Kind::Crash => {
            let operations = IN_FLIGHT * contender.spreads_over(row.nodes);
            crash::run(Stage::set(nodes, contender, number)?, operations, setting).await
        }
        Kind::Burst => {
            nodes.change(1, Change::Stop).await?;
            burst(Stage::set(nodes, contender, number)?, setting).await
        }
    }
}

/// The nodes, and a client in a runtime of its own, whose tasks end with it.
pub(super) struct Stage {
    pub(super) nodes: Nodes,
    pub(super) client: Client,
    runtime: Option<Runtime>,
    usage: Option<Usage>,
}

impl Stage {
    fn set(nodes: Nodes, contender: Contender, number: usize) -> Outcome<Self> {
        let runtime = Builder::new_multi_thread().enable_all().build()?;
        let client = {
            let _inside = runtime.enter();
            contender.connect(nodes.addresses(), number)?
        };
        Ok(Self {
            usage: Usage::now(nodes.process()),
            nodes,
            client,
            runtime: Some(runtime),
        })
    }

    /// Lets a load run, beside the commands to the nodes.
    pub(super) fn spawn(
        &self,
        load: impl Future<Output = Vec<Operation>> + Send + 'static,
    ) -> Outcome<JoinHandle<Vec<Operation>>> {
        let runtime = self.runtime.as_ref().ok_or("the run has ended")?;
        Ok(runtime.spawn(load))
    }

    pub(super) fn opinion(&self) -> Option<Opinion> {
        let node = self.nodes.addresses().first()?;
        Opinion::of(&self.client, *node)
    }

    /// Returns what other programs took of all processors since the beginning.
    pub(super) fn others(&self) -> Option<f64> {
        let now = Usage::now(self.nodes.process())?;
        Some(now.of_others_since(self.usage?))
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

async fn steady(mut stage: Stage, mut steps: Vec<Step>, setting: Setting) -> Outcome<Run> {
    let window = script::FAULT + SETTLING..setting.length;
    let measure = [window.start, window.end].map(|at| Step::new(at, Command::Requests));
    steps.extend(measure);
    steps.sort_by_key(|step| step.at);
    let term = Term {
        begin: Instant::now(),
        last_begin: setting.length,
        end: setting.length + GRACE,
    };
    let load = stage.spawn(load::steady(stage.client.clone(), setting.callers, term))?;
    let mut returned = None;
    let mut counts = Vec::new();
    for step in steps {
        time::sleep_until(term.begin + step.at).await;
        if let Command::Change(_, Change::Start) = step.command {
            returned = Some(term.begin.elapsed());
        }
        match step.command {
            Command::Requests => counts.push(stage.nodes.requests().await?),
            // No script asks for it.
            Command::ProcessorTime => {}
            Command::Change(node, change) => stage.nodes.change(node, change).await?,
        }
    }
    let (opinion, others) = (stage.opinion(), stage.others());
    Ok(Run {
        operations: load.await?,
        fault: script::FAULT,
        window,
        requests: difference(&counts),
        returned,
        waiting: None,
        opinion,
        others,
    })
}

/// Returns what was counted between the first time and the last.
fn difference(counts: &[Vec<u64>]) -> Vec<u64> {
    let (Some(first), Some(last)) = (counts.first(), counts.last()) else {
        return Vec::new();
    };
    let differences = last.iter().zip(first);
    differences.map(|(last, first)| last - first).collect()
}

async fn burst(stage: Stage, setting: Setting) -> Outcome<Run> {
    let term = Term {
        begin: Instant::now(),
        last_begin: Duration::ZERO,
        end: setting.length + GRACE,
    };
    let load = stage.spawn(load::at_once(stage.client.clone(), BURST, term))?;
    Ok(Run {
        operations: load.await?,
        fault: Duration::ZERO,
        window: Duration::ZERO..term.end,
        requests: Vec::new(),
        returned: None,
        waiting: None,
        opinion: stage.opinion(),
        others: stage.others(),
    })
}

/// From the fault until throughput is measured: it is to say how one lives with the fault, not how one meets it.
pub(super) const SETTLING: Duration = Duration::from_secs(1);
/// What operations have to end, after the last ones have begun.
pub(super) const GRACE: Duration = Duration::from_secs(2);
/// Operations at the same instant, of which each may cost ten of the 500 tokens that the SDK has for retries.
const BURST: usize = 400;
/// Operations that are to wait for a node when it crashes, and some more, since not all contenders spread exactly.
const IN_FLIGHT: usize = crash::WANTED + 20;

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
