//! Values that the refreshes of all tables share.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Mutex;

/// A value that is read once for all: one refresh reads it, and others that need it meanwhile wait for the result.
/// After an error, the next one tries by its own means. Used by refreshes only, hence a lock.
#[derive(Debug)]
pub(super) struct SharedReading<T>(Mutex<Option<Entry<T>>>);

#[derive(Debug)]
struct Entry<T> {
    value: Arc<T>,
    /// The number of nodes that had joined when it was read. It is stale when another one joins.
    joins: u64,
    stale_at: Duration,
}

impl<T> Default for SharedReading<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T> SharedReading<T> {
    /// Returns the value if it is fresh and `suffices`. Otherwise calls `read`, with the value if that is fresh, and
    /// keeps what it returns, with the time at which that is stale.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future leaves the value as it was, and another caller reads it.
    pub(super) async fn get<E, F: Future<Output = Result<(T, Duration), E>>>(
        &self,
        now: Duration,
        joins: u64,
        suffices: impl FnOnce(&T) -> bool,
        read: impl FnOnce(Option<Arc<T>>) -> F,
    ) -> Result<Arc<T>, E> {
        let mut entry = self.0.lock().await;
        let is_fresh = |entry: &&Entry<T>| entry.stale_at > now && entry.joins == joins;
        let fresh = entry.as_ref().filter(is_fresh);
        let fresh = fresh.map(|entry| Arc::clone(&entry.value));
        if let Some(value) = &fresh
            && suffices(value)
        {
            return Ok(Arc::clone(value));
        }
        let (value, stale_at) = read(fresh).await?;
        let value = Arc::new(value);
        *entry = Some(Entry {
            value: Arc::clone(&value),
            joins,
            stale_at,
        });
        Ok(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::future::join_all;
    use std::sync::atomic::{AtomicU32, Ordering};
    use tokio::task::yield_now;

    const fn seconds(n: u64) -> Duration {
        Duration::from_secs(n)
    }

    /// Reads the number of readings, which is stale at ten seconds.
    async fn get(reading: &SharedReading<u32>, readings: &AtomicU32, now: u64, joins: u64) -> u32 {
        let read = async |_| {
            yield_now().await;
            Ok::<_, ()>((readings.fetch_add(1, Ordering::Relaxed), seconds(now + 10)))
        };
        *reading
            .get(seconds(now), joins, |_| true, read)
            .await
            .unwrap()
    }

    #[tokio::test]
    async fn concurrent_callers_share_one_reading() {
        let (reading, readings) = (SharedReading::default(), AtomicU32::new(0));
        let values = join_all((0..8).map(|_| get(&reading, &readings, 1, 0))).await;
        assert_eq!(values, [0; 8]);
    }

    #[tokio::test]
    async fn value_is_read_again_when_it_is_stale_or_a_node_joins() {
        let (reading, readings) = (SharedReading::default(), AtomicU32::new(0));
        for (now, joins, expected) in [(1, 0, 0), (10, 0, 0), (11, 0, 1), (12, 1, 2), (13, 1, 2)] {
            assert_eq!(
                get(&reading, &readings, now, joins).await,
                expected,
                "{now}"
            );
        }
    }

    #[tokio::test]
    async fn fresh_value_that_does_not_suffice_is_read_anew() {
        let reading = SharedReading::default();
        for suffices in [true, false] {
            let read = async |fresh: Option<Arc<u32>>| {
                Ok::<_, ()>((fresh.map_or(7, |value| *value + 1), seconds(10)))
            };
            let value = reading.get(seconds(1), 0, |_| suffices, read).await;
            assert_eq!(value, Ok(Arc::new(if suffices { 7 } else { 8 })));
        }
    }

    #[tokio::test]
    async fn failed_reading_is_repeated_by_the_next_caller() {
        let reading = SharedReading::default();
        let failed = reading.get(seconds(1), 0, |_: &u32| true, async |_| Err("refused"));
        assert_eq!(failed.await, Err("refused"));
        let read = async |_| Ok::<_, ()>((7, seconds(10)));
        assert_eq!(
            reading.get(seconds(1), 0, |_| true, read).await,
            Ok(Arc::new(7))
        );
    }
}
