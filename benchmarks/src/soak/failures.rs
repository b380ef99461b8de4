//! The operations that failed, which are no violation.

use std::collections::BTreeMap;
use std::fmt;

/// The operations that failed.
#[derive(Debug, Default)]
pub(super) struct Failures {
    /// The faults that are under way.
    faults: Vec<&'static str>,
    /// By the faults that were under way, and the kind of the error.
    counts: BTreeMap<(String, String), u64>,
}

impl Failures {
    /// Notes that a fault begins.
    pub(super) fn begin(&mut self, fault: &'static str) {
        self.faults.push(fault);
    }

    /// Notes that a fault has ended.
    pub(super) fn end(&mut self, fault: &'static str) {
        if let Some(index) = self.faults.iter().position(|it| *it == fault) {
            self.faults.remove(index);
        }
    }

    /// Counts an operation that failed with an error of this kind.
    pub(super) fn count(&mut self, kind: String) {
        *self
            .counts
            .entry((self.faults.join(", "), kind))
            .or_default() += 1;
    }

    /// Returns the number of operations that failed.
    pub(super) fn total(&self) -> u64 {
        self.counts.values().sum()
    }
}

impl fmt::Display for Failures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for ((faults, kind), count) in &self.counts {
            let faults = if faults.is_empty() {
                "no fault"
            } else {
                faults
            };
            writeln!(f, "{count:7} {kind} ({faults})")?;
        }
        Ok(())
    }
}
