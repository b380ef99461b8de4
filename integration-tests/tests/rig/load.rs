//! Callers that never rest.

use super::eventually;
use aws_sdk_dynamodb::Client;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use tokio::task::JoinSet;

/// Callers that make one request after the other until they are stopped.
#[derive(Debug)]
pub(crate) struct Load {
    callers: JoinSet<()>,
    tally: Arc<Tally>,
}

#[derive(Debug, Default)]
struct Tally {
    stop: AtomicBool,
    done: AtomicU64,
    failures: Mutex<Vec<String>>,
}

impl Load {
    /// Starts so many callers; `request` is told a number that no other request gets, and tells
    /// what went wrong.
    pub(crate) fn start<F, R>(client: &Client, callers: usize, request: F) -> Self
    where
        F: Fn(Client, u64) -> R + Clone + Send + 'static,
        R: Future<Output = Result<(), String>> + Send,
    {
        let tally = Arc::new(Tally::default());
        let numbers = Arc::new(AtomicU64::new(0));
        let mut running = JoinSet::new();
        for _ in 0..callers {
            let (client, request) = (client.clone(), request.clone());
            let (tally, numbers) = (Arc::clone(&tally), Arc::clone(&numbers));
            running.spawn(async move {
                while !tally.stop.load(Ordering::Relaxed) {
                    let number = numbers.fetch_add(1, Ordering::Relaxed);
                    if let Err(error) = request(client.clone(), number).await {
                        tally.failures.lock().unwrap().push(error);
                    }
                    tally.done.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        Self {
            callers: running,
            tally,
        }
    }

    /// Waits until so many more requests are done.
    pub(crate) async fn go_on(&self, requests: u64) {
        let end = self.done() + requests;
        eventually("the callers have done their requests", async || {
            self.done() >= end
        })
        .await;
    }

    /// Lets the callers finish what they are at. Returns what failed.
    pub(crate) async fn stop(mut self) -> Vec<String> {
        self.tally.stop.store(true, Ordering::Relaxed);
        while let Some(ended) = self.callers.join_next().await {
            ended.unwrap();
        }
        self.tally.failures.lock().unwrap().clone()
    }

    fn done(&self) -> u64 {
        self.tally.done.load(Ordering::Relaxed)
    }
}
