//! The progress bar, on the standard error output, and only where that is a terminal.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

/// How far the runs are.
#[derive(Debug)]
pub(crate) struct Progress(ProgressBar);

impl Progress {
    pub(crate) fn new(runs: usize) -> Self {
        let bar = ProgressBar::new(u64::try_from(runs).unwrap_or_default());
        // A template that is wrong leaves the bar with the one that it has.
        if let Ok(style) = ProgressStyle::with_template(TEMPLATE) {
            bar.set_style(style.progress_chars("█▌ "));
        }
        bar.enable_steady_tick(Duration::from_millis(250));
        Self(bar)
    }

    /// A run of this name begins.
    pub(crate) fn begins(&self, run: String) {
        self.0.set_message(run);
    }

    pub(crate) fn ended(&self) {
        self.0.inc(1);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

const TEMPLATE: &str = "{bar:30.cyan} {pos}/{len}, {eta} left  {msg}";
