//! `check`: finds out whether a cluster and an application fit, before going live.
//!
//! ```text
//! facts     collected by all requests of a run, a limited number
//! checks    evaluate the facts; each returns findings
//! report    prints the findings, for a person or as JSON
//! ```

mod checks;
mod facts;
mod finding;
mod progress;
mod report;

pub(crate) use report::{NOTHING_CHECKED, Report};

use crate::arguments::CheckArguments;
use crate::connection::http_client;
use facts::{ClusterFacts, Collector};
use progress::Progress;
use std::error::Error;

/// The subject of the checks.
#[derive(Clone, Copy)]
struct Evidence<'a> {
    arguments: &'a CheckArguments,
    facts: &'a ClusterFacts,
}

/// Makes all checks.
///
/// # Errors
///
/// A file of certificates that cannot be used.
pub(crate) async fn run(arguments: &CheckArguments) -> Result<Report, Box<dyn Error>> {
    let http_client = http_client(arguments.cluster.ca.as_deref(), None)?;
    let progress = Progress::new();
    let facts = ClusterFacts::collect(&Collector::new(arguments, http_client, &progress)).await?;
    drop(progress);
    let evidence = Evidence {
        arguments,
        facts: &facts,
    };
    Ok(Report::new(&facts, checks::run(evidence)))
}
