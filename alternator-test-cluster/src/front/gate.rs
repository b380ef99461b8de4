//! Where requests wait because of their node's fault.

use crate::Fault;
use crate::node_state::NodeState;

use super::answer::Hold;

/// What waits.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Request {
    Operation,
    Other,
}

/// Returns when the node may go on with a request.
pub(super) async fn pass(node: &NodeState, request: Request) {
    if !waits(node.fault()) {
        return;
    }
    let mut faults = node.watch_fault();
    loop {
        let fault = *faults.borrow_and_update();
        match fault {
            Some(Fault::SlowOperations(_)) if request == Request::Other => return,
            Some(Fault::Delay(delay) | Fault::SlowOperations(delay)) => tokio::select! {
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

/// What the body of an answer waits for, if the node's fault holds it back.
pub(super) fn hold(node: &NodeState) -> Option<Hold> {
    if node.fault() != Some(Fault::StallAfterHeaders) {
        return None;
    }
    let mut faults = node.watch_fault();
    Some(Box::pin(async move {
        // An error means that the node is gone, and so is what would be waited for.
        let _ = faults
            .wait_for(|fault| *fault != Some(Fault::StallAfterHeaders))
            .await;
    }))
}

fn waits(fault: Option<Fault>) -> bool {
    fault.is_some_and(|fault| {
        fault.holds_requests() || matches!(fault, Fault::Delay(_) | Fault::SlowOperations(_))
    })
}
