//! Delays of requests and response bodies by the fault of the node.

use crate::Fault;
use crate::node_state::NodeState;

use super::response::BodyDelay;

/// The kind of a delayed request.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum RequestKind {
    Operation,
    Other,
}

/// Waits until the node's fault lets a request proceed.
pub(super) async fn wait(node: &NodeState, request: RequestKind) {
    if !waits(node.fault()) {
        return;
    }
    let mut faults = node.watch_fault();
    loop {
        let fault = *faults.borrow_and_update();
        match fault {
            Some(Fault::SlowOperations(_) | Fault::SlowShare { .. })
                if request == RequestKind::Other =>
            {
                return;
            }
            Some(Fault::SlowShare { share, .. }) if !node.is_in_share(share) => return,
            Some(
                Fault::Delay(delay) | Fault::SlowOperations(delay) | Fault::SlowShare { delay, .. },
            ) => tokio::select! {
                () = tokio::time::sleep(delay) => return,
                // Another fault, or none any more.
                _ = faults.changed() => {}
            },
            Some(fault) if fault.holds_requests() => {
                if faults.changed().await.is_err() {
                    return;
                }
            }
            _ => return,
        }
    }
}

/// Returns a future for which the body of a response waits, if the node's fault delays it.
pub(super) fn body_delay(node: &NodeState) -> Option<BodyDelay> {
    if node.fault() != Some(Fault::StallAfterHeaders) {
        return None;
    }
    let mut faults = node.watch_fault();
    Some(Box::pin(async move {
        // An error means that the node was dropped, and its fault with it.
        let _ = faults
            .wait_for(|fault| *fault != Some(Fault::StallAfterHeaders))
            .await;
    }))
}

fn waits(fault: Option<Fault>) -> bool {
    fault.is_some_and(|fault| {
        fault.holds_requests()
            || matches!(
                fault,
                Fault::Delay(_) | Fault::SlowOperations(_) | Fault::SlowShare { .. }
            )
    })
}
