//! The progress bar, on the standard error output, and only where that is a terminal.

use indicatif::{ProgressBar, ProgressStyle};
use std::time::Duration;

/// The progress of a run.
#[derive(Debug)]
pub(super) struct Progress(ProgressBar);

impl Progress {
    pub(super) fn new() -> Self {
        // Hidden where the standard error output is no terminal.
        let bar = ProgressBar::new(0);
        // A template that is wrong leaves the bar with the one that it has.
        if let Ok(style) = ProgressStyle::with_template(TEMPLATE) {
            bar.set_style(style.progress_chars("█▌ "));
        }
        bar.enable_steady_tick(Duration::from_millis(100));
        Self(bar)
    }

    /// Begins a part of the run.
    pub(super) fn begin(&self, part: &'static str) {
        self.0.set_message(part);
    }

    /// Adds this number of steps.
    pub(super) fn add(&self, steps: usize) {
        self.0.inc_length(steps.try_into().unwrap_or(u64::MAX));
    }

    pub(super) fn advance(&self) {
        self.0.inc(1);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

const TEMPLATE: &str = "{spinner} {bar:30.cyan} {pos}/{len} {msg}";
