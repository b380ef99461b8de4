//! The attempts of an operation, as the application reads them.
//!
//! The plan of an operation records them from the first failed one on; the records are put where the application looks
//! for the reason of a failure, into the error. An [`AttemptRecorder`] reads the same records while they are written,
//! also those of operations that succeed.
//!
//! Holds nothing of what the application reads and writes.

mod error;
mod recorder;

pub(crate) use error::AttemptError;
pub use recorder::AttemptRecorder;

use crate::retry::connection_evidence::chain;
use alternator_lb_core::routing::{AttemptLog, AttemptRecord};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use std::error::Error;
use std::fmt;
use std::time::{Duration, SystemTime};

/// The attempts of one operation, in order: where each went and why, what came back, and what followed.
///
/// Found in the error of an operation by [`of`](Self::of), and by an [`AttemptRecorder`] for operations that succeed.
/// [`docs::attempts`](crate::docs::attempts) explains how to read it.
///
/// Every operation that fails after an attempt has one, if the plugin's [interceptor](crate::Alternator::interceptor)
/// is installed. It costs an operation that succeeds at its first attempt nothing.
///
/// [`Display`](fmt::Display) prints a line for each attempt, which is folded here:
///
/// ```text
/// 1. +0.000s http://10.0.0.1:8000, the next in round robin: connection refused after 312.408µs (not connected), at
///    no cost; then another node
/// 2. +0.000s http://10.0.0.2:8000, the next in round robin: timed out after 1.002s (no response in time); no retry,
///    as the retries are used up
/// ```
///
/// # Limits
///
/// The last 32 attempts are kept. Of a response it has the HTTP status and the code of the error, and nothing of keys,
/// items and messages.
#[derive(Clone, Debug)]
pub struct AttemptHistory {
    operation: Box<str>,
    log: AttemptLog,
}

impl AttemptHistory {
    pub(crate) fn new(operation: impl Into<Box<str>>, log: AttemptLog) -> Self {
        let operation = operation.into();
        Self { operation, log }
    }

    /// Finds the attempts of an operation by its error.
    ///
    /// `None` if no attempt was made, as where the operation could not be built or no node could be selected.
    ///
    /// ```no_run
    /// use alternator_lb_sdk::AttemptHistory;
    ///
    /// # async fn example(client: aws_sdk_dynamodb::Client) {
    /// if let Err(error) = client.list_tables().send().await
    ///     && let Some(attempts) = AttemptHistory::of(&error)
    /// {
    ///     eprintln!("{attempts}");
    /// }
    /// # }
    /// ```
    #[must_use]
    pub fn of<E: Error + 'static>(error: &SdkError<E, HttpResponse>) -> Option<&Self> {
        let of_response = || error.raw_response()?.extension::<Self>();
        Self::find(error).or_else(of_response)
    }

    /// Finds the attempts of an operation in the chain of an error's sources.
    ///
    /// Takes any error that contains the SDK's: a [`RouteError`](crate::RouteError), an `aws_sdk_dynamodb::Error`, an
    /// application's own. It finds the attempts of every operation that ended without a
    /// response that the SDK could read.
    ///
    /// It does **not** find those of an operation that ended with an error of the server (`SdkError::ServiceError`):
    /// such an error keeps them with its response, which only [`of`](Self::of) can reach, and which is dropped when the
    /// error becomes an `aws_sdk_dynamodb::Error`. Use `of` before the error is converted, or an [`AttemptRecorder`].
    #[must_use]
    pub fn find<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a Self> {
        let attempts = chain(error).find_map(|error| error.downcast_ref::<AttemptError>());
        attempts.map(AttemptError::history)
    }

    /// The name of the operation, as `GetItem`.
    #[must_use]
    pub fn operation(&self) -> &str {
        &self.operation
    }

    /// The beginning of the operation, to compare it with the logs of servers.
    ///
    /// With an [`AttemptRecorder`] it is taken when the operation begins. Without one it is that of the first attempt,
    /// so that an operation that succeeds reads no clock for it. They differ by the preparation of the request, some
    /// microseconds, and by the time until there are credentials.
    #[must_use]
    pub fn began(&self) -> SystemTime {
        self.log.began()
    }

    /// The time from the beginning of the operation to the end of its last attempt, as far as attempts have ended.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        let ends = self.attempts().iter();
        let ends = ends.map(|attempt| attempt.began() + attempt.elapsed().unwrap_or_default());
        ends.max().unwrap_or_default()
    }

    /// The attempts, in order.
    #[must_use]
    pub fn attempts(&self) -> &[AttemptRecord] {
        self.log.records()
    }

    /// The number of attempts before these, which are not kept.
    ///
    /// Zero unless there were more than 32: the application's retries are a few, and at most eight more are free.
    #[must_use]
    pub fn omitted(&self) -> usize {
        self.log.omitted()
    }
}

impl fmt::Display for AttemptHistory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, attempt) in self.attempts().iter().enumerate() {
            if position > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{}. {attempt}", self.omitted() + position + 1)?;
        }
        Ok(())
    }
}

/// The time by the clock of the SDK's configuration.
pub(crate) fn system_now(components: &RuntimeComponents) -> SystemTime {
    components.time_source().unwrap_or_default().now()
}
