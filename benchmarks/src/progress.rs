//! The progress bar, on the standard error output, and only where that is a terminal.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

/// How far a program is.
#[derive(Debug)]
pub struct Progress(ProgressBar);

impl Progress {
    /// Begins with none of so many; `unit` is what they are called.
    pub fn new(steps: usize, unit: &'static str) -> Self {
        let bar = ProgressBar::new(steps.try_into().unwrap_or(u64::MAX)).with_prefix(unit);
        // A template that is wrong leaves the bar with the one that it has.
        if let Ok(style) = ProgressStyle::with_template(TEMPLATE) {
            bar.set_style(style.progress_chars("█▌ "));
        }
        bar.enable_steady_tick(Duration::from_millis(250));
        Self(bar)
    }

    /// Says what is under way.
    pub(crate) fn set_message(&self, message: String) {
        self.0.set_message(message);
    }

    /// One more is done.
    pub fn advance(&self) {
        self.0.inc(1);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

const TEMPLATE: &str = "{bar:30.cyan} {pos}/{len} {prefix}, {eta} left  {msg}";
