//! The data of the cluster: one DynamoDB engine, on a thread of its own, behind all nodes.
//!
//! The engine blocks the thread that calls it and does one thing at a time, so it gets one thread, and the nodes queue
//! for it. Its parsers recurse: the thread has a stack for the deepest request that [`document`](crate::document)
//! accepts, in unoptimised builds too.

mod backups;
mod description;
mod dispatch;
mod outcome;
mod request;
mod tables;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, mpsc};
use std::thread;

use bytes::Bytes;
use dynoxide::Database;
use tokio::sync::oneshot;

use crate::StartError;
use crate::api_error::ApiError;
use crate::catalog::Catalog;
use crate::operation::Operation;
use outcome::Outcome;
use tables::Tables;

/// Hands operations to the engine. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Engine {
    jobs: mpsc::Sender<Job>,
}

#[derive(Debug)]
enum Job {
    Run {
        operation: Operation,
        body: Bytes,
        response: oneshot::Sender<Outcome>,
    },
    End,
}

impl Engine {
    /// Starts the thread, which keeps the catalog up to date with the tables.
    pub(crate) fn start(
        catalog: Arc<Catalog>,
    ) -> Result<(Self, thread::JoinHandle<()>), StartError> {
        let database = Database::memory().map_err(|error| StartError::Engine {
            reason: error.to_string(),
        })?;
        let (jobs, queue) = mpsc::channel();
        let thread = thread::Builder::new()
            .name("alternator-engine".to_owned())
            .stack_size(STACK)
            .spawn(move || work(Tables::new(database, catalog), &queue))
            .map_err(|source| StartError::Threads { source })?;
        Ok((Self { jobs }, thread))
    }

    /// Executes an operation. It is executed even if the future is dropped.
    pub(crate) async fn run(&self, operation: Operation, body: Bytes) -> Outcome {
        let (response, outcome) = oneshot::channel();
        let job = Job::Run {
            operation,
            body,
            response,
        };
        if self.jobs.send(job).is_err() {
            return Err(ended());
        }
        outcome.await.unwrap_or_else(|_| Err(ended()))
    }

    /// Ends the thread after what is queued now.
    pub(crate) fn end(&self) {
        // It fails if the engine has ended already.
        let _ = self.jobs.send(Job::End);
    }
}

fn work(mut tables: Tables, queue: &mpsc::Receiver<Job>) {
    while let Ok(Job::Run {
        operation,
        body,
        response,
    }) = queue.recv()
    {
        let outcome = catch_unwind(AssertUnwindSafe(|| tables.execute(operation, &body)));
        let outcome = outcome.unwrap_or_else(|_| {
            Err(ApiError::internal(
                "Internal server error: the engine panicked",
            ))
        });
        // The client may have gone.
        let _ = response.send(outcome);
    }
}

fn ended() -> ApiError {
    ApiError::internal("Internal server error: the cluster is ending")
}

/// Memory is committed on use only. The deepest accepted expressions take some 20 MiB in a debug build.
const STACK: usize = 256 << 20;
