//! Hedged reads: the second request of one, sent below the SDK's attempt.
//!
//! | where | step |
//! |---|---|
//! | `modify_before_signing` | [`begin`] counts a read, and attaches a [`HedgeHandle`] to its request |
//! | the HTTP client decorator | [`race`](race::race) sends the second request if the response does not come in time |
//! | `modify_before_deserialization` | [`adopt`] makes the second request the attempt, if its response came first |
//! | `read_after_attempt` | [`record`] records how long the first request took |
//!
//! For a client of an `SdkConfig`, which has no interceptor, the HTTP client that balances does the same steps where it
//! sends a request and gets its response.
//!
//! The second request has the head and the body of the first, and so its signature, which covers the `host` header: it
//! names the first node there, or the cluster, and goes to another one. Alternator verifies the `host` that it receives,
//! whichever.

pub(crate) mod race;

use crate::cluster::Cluster;
use crate::transport::sdk_endpoint::SdkPlan;
use alternator_lb_core::routing::{AttemptEnd, AttemptResult, Hedging, Reason};
use aws_smithy_async::rt::sleep::SharedAsyncSleep;
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// The parts of a second request that the HTTP client decorator needs, in the extensions of the first.
#[derive(Clone, Debug)]
pub(crate) struct HedgeHandle {
    cluster: Arc<Cluster>,
    hedging: Arc<Hedging>,
    plan: SharedPlan,
    delay: Duration,
    sleep: SharedAsyncSleep,
}

/// The second request whose response came first, in the extensions of that response.
#[derive(Clone, Debug)]
struct HedgeWin {
    plan: SharedPlan,
    /// The end of the first request, if it has failed.
    failure: Option<AttemptEnd>,
}

/// The plan of a second request. Extensions are values that can be cloned, which a plan is not; of the clones one takes
/// it. Nothing waits for the lock, since nothing holds it for longer than that.
#[derive(Clone, Debug)]
struct SharedPlan(Arc<Mutex<Option<SdkPlan>>>);

impl SharedPlan {
    fn new(plan: SdkPlan) -> Self {
        Self(Arc::new(Mutex::new(Some(plan))))
    }

    fn take(&self) -> Option<SdkPlan> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// Counts a read whose attempt begins, and lets the HTTP client decorator hedge it if it can be. That takes a timer,
/// which `sleep` returns.
pub(crate) fn begin(
    cluster: &Arc<Cluster>,
    plan: &SdkPlan,
    request: &mut HttpRequest,
    sleep: impl FnOnce() -> Option<SharedAsyncSleep>,
) {
    if let Some(hedging) = &cluster.hedging
        && let Some(kind) = plan.operation()
        && let Some(delay) = hedging.begin(kind, cluster.now())
        && let Some(hedge) = plan.hedge()
        && let Some(sleep) = sleep()
    {
        request.add_extension(HedgeHandle {
            cluster: Arc::clone(cluster),
            hedging: Arc::clone(hedging),
            plan: SharedPlan::new(hedge),
            delay,
            sleep,
        });
    }
}

/// Makes the second request the current attempt, if this is its response.
pub(crate) fn adopt(cluster: &Cluster, response: &HttpResponse, plan: &mut SdkPlan) {
    let Some(HedgeWin {
        plan: hedge,
        failure,
    }) = response.extension::<HedgeWin>()
    else {
        return;
    };
    let Some(hedge) = hedge.take() else {
        return;
    };
    let now = cluster.now();
    let end = match failure {
        Some(end) => {
            if let Some(outcome) = end.outcome {
                cluster.settle(plan, outcome, None, now);
            }
            end.clone()
        }
        None => {
            plan.record_outrun(now);
            record(cluster, plan, now);
            AttemptEnd::without_evidence(AttemptResult::Outrun)
        }
    };
    plan.adopt_hedge(hedge, end, now);
}

/// Records how long the current attempt took, or has taken at least, unless it is a second request.
pub(crate) fn record(cluster: &Cluster, plan: &SdkPlan, now: Duration) {
    if let Some(hedging) = &cluster.hedging
        && let Some(kind) = plan.operation()
        && let Some(attempt) = plan.current()
        && attempt.reason() != Reason::Hedge
    {
        hedging.record(kind, plan.age(now), now);
    }
}
