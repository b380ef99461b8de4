//! Callers that run operations back to back and count them.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use aws_sdk_dynamodb::error::DisplayErrorContext;
use aws_sdk_dynamodb::types::AttributeValue;
use tokio::runtime::Handle;
use tokio::task::JoinSet;
use tokio::time;

use super::case::Operation;
use crate::Outcome;
use crate::client::Client;

/// Running callers. They end with `stop` or when this is dropped.
#[derive(Debug)]
pub(super) struct Callers {
    shared: Arc<Shared>,
    running: JoinSet<Outcome<()>>,
}

#[derive(Debug, Default)]
struct Shared {
    done: AtomicU64,
    stop: AtomicBool,
}

impl Callers {
    /// Starts `count` callers on a runtime.
    pub(super) fn start(
        runtime: &Handle,
        client: &Client,
        operation: Operation,
        count: usize,
    ) -> Self {
        let shared = Arc::new(Shared::default());
        let mut running = JoinSet::new();
        for _ in 0..count {
            let call = call(client.clone(), operation, Arc::clone(&shared));
            running.spawn_on(call, runtime);
        }
        Self { shared, running }
    }

    /// Returns how many operations have succeeded so far.
    pub(super) fn done(&self) -> u64 {
        self.shared.done.load(Ordering::Relaxed)
    }

    /// Stops all callers.
    ///
    /// # Errors
    ///
    /// Returns the error of a failed operation: failures must not count as operations.
    pub(super) async fn stop(mut self) -> Outcome<()> {
        self.shared.stop.store(true, Ordering::Relaxed);
        while let Some(ended) = time::timeout(STOP_TIMEOUT, self.running.join_next()).await? {
            ended??;
        }
        Ok(())
    }
}

async fn call(client: Client, operation: Operation, shared: Arc<Shared>) -> Outcome<()> {
    while !shared.stop.load(Ordering::Relaxed) {
        match operation {
            Operation::GetItem => get(&client).await?,
            Operation::PutItem => put(&client).await?,
        }
        shared.done.fetch_add(1, Ordering::Relaxed);
    }
    Ok(())
}

/// Makes one read.
pub(super) async fn get(client: &Client) -> Outcome<()> {
    let answer = client
        .get_item()
        .table_name("load")
        .key("k", text("a"))
        .send()
        .await
        .map_err(|error| DisplayErrorContext(error).to_string())?;
    match answer.item {
        Some(_) => Ok(()),
        None => Err("an item was read, and is not there".into()),
    }
}

async fn put(client: &Client) -> Outcome<()> {
    client
        .put_item()
        .table_name("load")
        .item("k", text("a"))
        .item("v", AttributeValue::N("1".to_owned()))
        .item("name", text("An example"))
        .item("owner", text("alternator"))
        .item("done", AttributeValue::Bool(true))
        .send()
        .await
        .map_err(|error| DisplayErrorContext(error).to_string())?;
    Ok(())
}

fn text(text: &str) -> AttributeValue {
    AttributeValue::S(text.to_owned())
}

/// Ample for what takes milliseconds.
const STOP_TIMEOUT: Duration = Duration::from_secs(5);
