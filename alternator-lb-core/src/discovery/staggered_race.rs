//! Several requests of which the first success counts.

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use std::time::Duration;
use tokio::time::timeout;

/// The head start of contenders on the next ones: the pause between connection attempts that RFC 8305 (Happy Eyeballs)
/// recommends.
pub const STAGGER: Duration = Duration::from_millis(250);

/// How many contenders run at the same time: dozens of addresses that do not respond are tried within seconds.
pub const WIDTH: usize = 16;

/// Starts the contenders in their order, and returns the first success. The next contender starts at once after a
/// failure. While none ends, their number doubles after each head start: where the first few do not respond, most of
/// the others will not either.
///
/// # Errors
/// All failures, if no contender succeeds.
pub(super) async fn staggered_race<F, T, E>(
    contenders: impl IntoIterator<Item = F>,
) -> Result<T, Vec<E>>
where
    F: Future<Output = Result<T, E>>,
{
    let mut waiting = contenders.into_iter();
    let mut running = FuturesUnordered::new();
    let mut failures = Vec::new();
    let mut width = 1;
    loop {
        running.extend(waiting.by_ref().take(width - running.len()));
        match timeout(STAGGER, running.next()).await {
            Ok(Some(Ok(winner))) => return Ok(winner),
            Ok(Some(Err(failure))) => failures.push(failure),
            Ok(None) => return Err(failures),
            Err(_stagger_is_over) => width = (width * 2).min(WIDTH),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use tokio::time::{Instant, sleep};

    /// Runs contenders that end after these milliseconds, successfully or not. Returns the result, the time that it
    /// took, and how many contenders were started.
    async fn run(plan: &[(u64, bool)]) -> (Result<usize, Vec<usize>>, Duration, usize) {
        let started = AtomicUsize::new(0);
        let start = Instant::now();
        let starts = &started;
        let result = staggered_race(plan.iter().enumerate().map(
            |(index, &(after, succeeds))| async move {
                starts.fetch_add(1, Ordering::Relaxed);
                sleep(Duration::from_millis(after)).await;
                if succeeds { Ok(index) } else { Err(index) }
            },
        ))
        .await;
        (result, start.elapsed(), started.load(Ordering::Relaxed))
    }

    #[tokio::test(start_paused = true)]
    async fn prompt_first_contender_runs_alone() {
        let (result, took, started) = run(&[(10, true), (0, true)]).await;
        assert_eq!((result, started), (Ok(0), 1));
        assert!(took < STAGGER);
    }

    #[tokio::test(start_paused = true)]
    async fn slow_first_contender_is_overtaken() {
        let (result, took, started) = run(&[(60_000, true), (10, true), (0, true)]).await;
        assert_eq!((result, started), (Ok(1), 2));
        assert_eq!(took.as_millis(), 260);
    }

    #[tokio::test(start_paused = true)]
    async fn next_contender_starts_at_once_after_a_failure() {
        let (result, took, _) = run(&[(5, false), (5, false), (5, true)]).await;
        assert_eq!(result, Ok(2));
        assert!(took.as_millis() < 20, "{took:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn number_of_contenders_doubles_while_none_ends() {
        for (after, expected) in [
            (249, 1),
            (251, 2),
            (501, 4),
            (751, 8),
            (1_001, 16),
            (1_900, 16),
        ] {
            let mut plan = [(2_000, false); 40];
            plan[0] = (after, true);
            let (result, _, started) = run(&plan).await;
            assert_eq!((result, started), (Ok(0), expected), "after {after} ms");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn contender_after_many_that_do_not_respond_wins_within_seconds() {
        let mut plan = [(2_000, false); 30];
        plan[29] = (10, true);
        let (result, took, _) = run(&plan).await;
        assert_eq!(result, Ok(29));
        assert!(took.as_millis() <= 3_010, "{took:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn race_without_contenders_fails() {
        assert_eq!(run(&[]).await.0, Err(vec![]));
    }
}
