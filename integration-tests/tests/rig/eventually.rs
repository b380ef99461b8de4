//! Waiting for what must come.

use std::time::Duration;
use tokio::time::{Instant, sleep};

/// Far longer than anything here takes, so that a slow machine fails no test: it ends tests that would hang.
const DEADLINE: Duration = Duration::from_secs(60);
const PAUSE: Duration = Duration::from_millis(5);

/// Waits until a condition holds, or fails saying what it waited for.
pub(crate) async fn eventually(what: &str, condition: impl AsyncFnMut() -> bool) {
    eventually_within(DEADLINE, what, condition).await;
}

/// The same for what takes longer by its nature.
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
