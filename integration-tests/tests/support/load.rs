//! Continuous load.

use super::{error_text, eventually, ping};
use aws_sdk_dynamodb::Client;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use tokio::task::JoinSet;

/// Concurrent callers, each of which makes one request after the other until [`Load::stop`].
#[derive(Debug)]
pub(crate) struct Load {
    callers: JoinSet<()>,
    counters: Arc<LoadCounters>,
}

#[derive(Debug, Default)]
struct LoadCounters {
    stop: AtomicBool,
    done: AtomicU64,
    failures: Mutex<Vec<String>>,
}

impl Load {
    /// Starts this many callers. `request` gets a number that is unique in this load, and returns its error as text.
    pub(crate) fn start<F, R>(client: &Client, callers: usize, request: F) -> Self
    where
        F: Fn(Client, u64) -> R + Clone + Send + 'static,
        R: Future<Output = Result<(), String>> + Send,
    {
        let counters = Arc::new(LoadCounters::default());
        let numbers = Arc::new(AtomicU64::new(0));
        let mut running = JoinSet::new();
        for _ in 0..callers {
            let (client, request) = (client.clone(), request.clone());
            let (counters, numbers) = (Arc::clone(&counters), Arc::clone(&numbers));
            running.spawn(async move {
                while !counters.stop.load(Ordering::Relaxed) {
                    let number = numbers.fetch_add(1, Ordering::Relaxed);
                    if let Err(error) = request(client.clone(), number).await {
                        counters.failures.lock().unwrap().push(error);
                    }
                    counters.done.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        Self {
            callers: running,
            counters,
        }
    }

    /// Starts this many callers, each of which makes one ping after the other.
    pub(crate) fn of_pings(client: &Client, callers: usize) -> Self {
        Self::start(client, callers, async |client, _| {
            ping(&client).await.map(drop).map_err(error_text)
        })
    }

    /// Waits until this many more requests have completed.
    pub(crate) async fn wait_for_requests(&self, requests: u64) {
        let end = self.done() + requests;
        eventually("the callers have completed their requests", async || {
            self.done() >= end
        })
        .await;
    }

    /// Waits for the requests in flight, and returns the errors of all failed requests.
    pub(crate) async fn stop(mut self) -> Vec<String> {
        self.counters.stop.store(true, Ordering::Relaxed);
        while let Some(ended) = self.callers.join_next().await {
            ended.unwrap();
        }
        self.counters.failures.lock().unwrap().clone()
    }

    fn done(&self) -> u64 {
        self.counters.done.load(Ordering::Relaxed)
    }
}
