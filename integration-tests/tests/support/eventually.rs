//! Waiting for conditions.

use std::time::Duration;
use tokio::time::{Instant, sleep};

/// Far longer than any condition takes, so that a slow machine fails no test. Ends tests that would hang.
const DEADLINE: Duration = Duration::from_secs(60);
const PAUSE: Duration = Duration::from_millis(5);

/// Waits until a condition holds. Panics with `what` after the deadline.
pub(crate) async fn eventually(what: &str, condition: impl AsyncFnMut() -> bool) {
    eventually_within(DEADLINE, what, condition).await;
}

/// Like [`eventually`], with another deadline.
pub(crate) async fn eventually_within(
    deadline: Duration,
    what: &str,
    mut condition: impl AsyncFnMut() -> bool,
) {
    let end = Instant::now() + deadline;
    while !condition().await {
        assert!(Instant::now() < end, "waited {deadline:?} until {what}");
        sleep(PAUSE).await;
    }
}
