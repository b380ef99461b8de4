//! The nodes and the client of one run.

use std::time::Duration;

use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinHandle;

use super::case::FaultCase;
use super::contender::{Contender, ReportedState};
use super::load::Operation;
use crate::Outcome;
use crate::client::Client;
use crate::cpu_usage::CpuUsage;
use crate::nodes::Nodes;

/// The settings of all runs.
#[derive(Clone, Copy, Debug)]
pub(super) struct Setting {
    pub(super) length: Duration,
    pub(super) callers: usize,
    /// True if the nodes serve HTTPS.
    pub(super) tls: bool,
}

impl Setting {
    /// Starts the nodes of a case, which does not say itself whether they have TLS: in one run of the program all do, or
    /// none.
    pub(super) async fn start_nodes(self, case: &FaultCase) -> Outcome<Nodes> {
        Nodes::start(case.service.with_tls(self.tls)).await
    }
}

/// The nodes, and a client in a runtime of its own, whose tasks end with it.
pub(super) struct Harness {
    pub(super) nodes: Nodes,
    pub(super) client: Client,
    runtime: Option<Runtime>,
    usage: Option<CpuUsage>,
}

impl Harness {
    /// Connects a client to these nodes of a case. `number` is another one each time.
    pub(super) fn connect(
        nodes: Nodes,
        case: &FaultCase,
        contender: Contender,
        number: usize,
    ) -> Outcome<Self> {
        let runtime = Builder::new_multi_thread().enable_all().build()?;
        let client = {
            let _inside = runtime.enter();
            contender.connect(&nodes, case, number)?
        };
        Ok(Self {
            usage: CpuUsage::now(nodes.process()),
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

    pub(super) fn reported_state(&self) -> Option<ReportedState> {
        let node = self.nodes.addresses().first()?;
        ReportedState::of(&self.client, *node)
    }

    /// Returns what other programs took of all processors since the beginning.
    pub(super) fn other_programs(&self) -> Option<f64> {
        let now = CpuUsage::now(self.nodes.process())?;
        Some(now.share_of_others_since(self.usage?))
    }
}

impl Drop for Harness {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// The time for the last operations to end.
pub(super) const GRACE: Duration = Duration::from_secs(2);
