//! The error that names the nodes of an operation's attempts.

use super::AttemptHistory;
#[cfg(feature = "default-https-client")]
use crate::tls::TlsError;
use alternator_lb_core::routing::{AttemptRecord, NextStep};
use aws_smithy_runtime_api::client::interceptors::context::Error;
use aws_smithy_runtime_api::client::orchestrator::OrchestratorError;
use std::error::Error as StdError;
use std::fmt;

/// The error of an operation with its attempts. In the chain of sources it is above what the SDK reports, which says
/// what failed, and not where.
#[derive(Debug)]
pub(crate) struct AttemptError {
    history: AttemptHistory,
    source: Source,
}

/// The error below the attempts.
#[derive(Debug)]
enum Source {
    /// The SDK's own error.
    Sdk(OrchestratorError<Error>),
    /// The same, with what it says of TLS.
    #[cfg(feature = "default-https-client")]
    Tls(TlsError),
}

impl AttemptError {
    pub(crate) fn new(history: AttemptHistory, source: OrchestratorError<Error>) -> Self {
        Self {
            history,
            source: Source::Sdk(source),
        }
    }

    /// The error of an operation whose last attempt failed since TLS did.
    #[cfg(feature = "default-https-client")]
    pub(crate) fn of_tls(history: AttemptHistory, source: TlsError) -> Self {
        Self {
            history,
            source: Source::Tls(source),
        }
    }

    pub(crate) fn history(&self) -> &AttemptHistory {
        &self.history
    }
}

impl fmt::Display for AttemptError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some((last, before)) = self.history.attempts().split_last() else {
            return f.write_str("no attempt was made");
        };
        let made = self.history.omitted() + before.len() + 1;
        match made {
            1 => f.write_str("the attempt")?,
            made => write!(f, "attempt {made} of {made}")?,
        }
        write!(f, " at {}", At(last))?;
        for (position, attempt) in before.iter().enumerate() {
            f.write_str(if position == 0 { " (before: " } else { ", " })?;
            write!(f, "{}", At(attempt))?;
        }
        if !before.is_empty() {
            f.write_str(")")?;
        }
        match last.next_step() {
            NextStep::Pending => Ok(()),
            next => write!(f, "; {next}"),
        }
    }
}

/// The node of an attempt, and what came back.
struct At<'a>(&'a AttemptRecord);

impl fmt::Display for At<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.0.node(), self.0.summary())
    }
}

/// The layer of the SDK between is left out: the kind that it names is that of the new error too.
impl StdError for AttemptError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match &self.source {
            Source::Sdk(error) => error.source(),
            #[cfg(feature = "default-https-client")]
            Source::Tls(error) => Some(error),
        }
    }
}
