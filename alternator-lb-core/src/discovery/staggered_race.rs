//! Asking several, and taking the first good answer.

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use std::time::Duration;
use tokio::time::timeout;

/// How long one is waited for before the next is asked as well: the pause between connection attempts that RFC 8305
/// (Happy Eyeballs) recommends.
const STAGGER: Duration = Duration::from_millis(250);

/// How many are asked at the same time.
const WIDTH: usize = 3;

/// The first success, in the order of the contenders, each getting a head start on the next; one that fails hands over
/// at once. If none succeeds, all that went wrong.
pub(super) async fn staggered_race<F, T, E>(
    contenders: impl IntoIterator<Item = F>,
) -> Result<T, Vec<E>>
where
    F: Future<Output = Result<T, E>>,
{
    let mut waiting = contenders.into_iter();
    let mut running = FuturesUnordered::new();
    let mut failures = Vec::new();
    loop {
        if running.len() < WIDTH {
            running.extend(waiting.next());
        }
        match timeout(STAGGER, running.next()).await {
            Ok(Some(Ok(winner))) => return Ok(winner),
            Ok(Some(Err(failure))) => failures.push(failure),
            Ok(None) => return Err(failures),
            Err(_stagger_is_over) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use tokio::time::{Instant, sleep};

    /// Contenders that answer after so many milliseconds, well or not; and how many were asked at all.
    async fn run(plan: &[(u64, bool)]) -> (Result<usize, Vec<usize>>, Duration, usize) {
        let asked = AtomicUsize::new(0);
        let start = Instant::now();
        let asked_in_turn = &asked;
        let result = staggered_race(plan.iter().enumerate().map(
            |(who, &(after, good))| async move {
                asked_in_turn.fetch_add(1, Ordering::Relaxed);
                sleep(Duration::from_millis(after)).await;
                if good { Ok(who) } else { Err(who) }
            },
        ))
        .await;
        (result, start.elapsed(), asked.load(Ordering::Relaxed))
    }

    #[tokio::test(start_paused = true)]
    async fn a_prompt_first_is_the_only_one_asked() {
        let (result, took, asked) = run(&[(10, true), (0, true)]).await;
        assert_eq!((result, asked), (Ok(0), 1));
        assert!(took < STAGGER);
    }

    #[tokio::test(start_paused = true)]
    async fn a_silent_first_is_overtaken() {
        let (result, took, asked) = run(&[(60_000, true), (10, true), (0, true)]).await;
        assert_eq!((result, asked), (Ok(1), 2));
        assert_eq!(took.as_millis(), 260);
    }

    #[tokio::test(start_paused = true)]
    async fn a_failure_hands_over_at_once() {
        let (result, took, _) = run(&[(5, false), (5, false), (5, true)]).await;
        assert_eq!(result, Ok(2));
        assert!(took.as_millis() < 20, "{took:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn no_more_than_three_run_at_once() {
        let (result, took, asked) = run(&[(2_000, false); 4]).await;
        assert_eq!(result, Err(vec![0, 1, 2, 3]));
        assert_eq!(asked, 4);
        assert!(took.as_millis() >= 4_000, "{took:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn nobody_to_ask_is_a_failure() {
        assert_eq!(run(&[]).await.0, Err(vec![]));
    }
}
