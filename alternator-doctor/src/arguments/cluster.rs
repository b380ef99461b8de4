//! The arguments that both commands have.

use super::scope::ScopePart;
use alternator_lb_sdk::{Alternator, Builder, Scope};
use std::path::PathBuf;

/// A cluster, as the application names it to the library.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct ClusterArguments {
    /// URLs, which the library accepts as seeds.
    pub(crate) seeds: Vec<String>,
    /// The parts of the scope, preferred part first. Empty without a scope.
    pub(crate) scope: Vec<ScopePart>,
    /// The file of trusted certificates.
    pub(crate) ca: Option<PathBuf>,
}

impl ClusterArguments {
    /// Returns a builder with the seeds and the scope.
    pub(crate) fn builder(&self) -> Builder {
        let builder = Alternator::builder().seeds(&self.seeds);
        let scopes = self.scope.iter().map(ScopePart::scope);
        match scopes.reduce(Scope::or) {
            Some(scope) => builder.scope(scope),
            None => builder,
        }
    }

    /// Checks the seeds and the scope as the library does.
    ///
    /// # Errors
    ///
    /// Seeds or a scope that the library refuses.
    pub(super) fn validate(&self) -> Result<(), lexopt::Error> {
        match self.builder().build() {
            Ok(_) => Ok(()),
            Err(error) => Err(error.to_string().into()),
        }
    }
}
