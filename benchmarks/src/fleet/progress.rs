//! The progress bar, on the standard error output, and only where that is a terminal.

use indicatif::{ProgressBar, ProgressStyle};
use std::time::Duration;

/// How many simulated seconds have passed, of all scenarios together.
#[derive(Debug)]
pub struct Progress(ProgressBar);

impl Progress {
    /// Begins with none of so many.
    pub fn new(seconds: u64) -> Self {
        let bar = ProgressBar::new(seconds);
        // A template that is wrong leaves the bar with the one that it has.
        if let Ok(style) = ProgressStyle::with_template(TEMPLATE) {
            bar.set_style(style.progress_chars("█▌ "));
        }
        bar.enable_steady_tick(Duration::from_millis(250));
        Self(bar)
    }

    /// Another second has passed in one of them.
    pub fn second(&self) {
        self.0.inc(1);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

const TEMPLATE: &str = "{bar:30.cyan} {pos}/{len} simulated seconds, {eta} left";
