//! The results of checks.

use serde::Serialize;
use std::fmt::Display;

/// A result of a check, which may have several.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Finding {
    /// The stable identifier of the check.
    pub(crate) check: &'static str,
    pub(crate) status: Status,
    /// One sentence.
    pub(crate) title: String,
    /// The evidence, one line for each node or table.
    pub(crate) detail: Vec<String>,
    /// The next steps: commands, statements and settings.
    pub(crate) advice: Vec<String>,
}

/// The outcome of a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Status {
    Passed,
    /// It works, and may surprise.
    Warning,
    /// It will not work.
    Failed,
    /// It cannot be checked: the title has the reason.
    Skipped,
}

impl Status {
    pub(crate) const ALL: [Self; 4] = [Self::Passed, Self::Warning, Self::Failed, Self::Skipped];

    pub(crate) const fn symbol(self) -> char {
        match self {
            Self::Passed => '✓',
            Self::Warning => '!',
            Self::Failed => '✗',
            Self::Skipped => '–',
        }
    }
}

impl Finding {
    pub(crate) fn passed(check: &'static str, title: impl Into<String>) -> Self {
        Self::new(check, Status::Passed, title)
    }

    pub(crate) fn warning(check: &'static str, title: impl Into<String>) -> Self {
        Self::new(check, Status::Warning, title)
    }

    pub(crate) fn failed(check: &'static str, title: impl Into<String>) -> Self {
        Self::new(check, Status::Failed, title)
    }

    /// A check that cannot be made, for this `reason`.
    pub(crate) fn skipped(check: &'static str, reason: impl Display) -> Self {
        Self::new(check, Status::Skipped, format!("Not checked: {reason}"))
    }

    fn new(check: &'static str, status: Status, title: impl Into<String>) -> Self {
        Self {
            check,
            status,
            title: title.into(),
            detail: Vec::new(),
            advice: Vec::new(),
        }
    }

    /// Adds lines to the detail.
    pub(crate) fn detail(mut self, lines: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.detail.extend(lines.into_iter().map(Into::into));
        self
    }

    /// Adds a line to the advice.
    pub(crate) fn advise(mut self, line: impl Into<String>) -> Self {
        self.advice.push(line.into());
        self
    }
}
