//! Capture of the library's log events.

use std::fmt::{self, Write as _};
use std::sync::{Arc, LazyLock, Mutex};
use tracing::field::{Field, Visit};
use tracing::subscriber::DefaultGuard;
use tracing::{Dispatch, Event, Level, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};

/// The events of this thread, and thus of a current-thread runtime on it.
#[derive(Debug)]
pub(crate) struct Log {
    lines: Lines,
    _guard: DefaultGuard,
}

/// Two subscribers that live as long as the process. `tracing` keeps per event whether anyone wants it; while only one
/// subscriber is registered, it asks the one of the thread that meets the event first. A test without a capture on
/// another thread would so switch the event off for the captures.
static REGISTERED: LazyLock<[Dispatch; 2]> =
    LazyLock::new(|| std::array::from_fn(|_| Dispatch::new(tracing_subscriber::registry())));

#[derive(Clone, Debug, Default)]
struct Lines(Arc<Mutex<Vec<(Level, String)>>>);

impl Log {
    pub(crate) fn capture() -> Self {
        LazyLock::force(&REGISTERED);
        let lines = Lines::default();
        let subscriber = tracing_subscriber::registry().with(lines.clone());
        Self {
            lines,
            _guard: tracing::subscriber::set_default(subscriber),
        }
    }

    /// Returns the warnings that contain `needle`.
    pub(crate) fn warnings(&self, needle: &str) -> Vec<String> {
        self.at(Level::WARN, needle)
    }

    /// Returns the events of level info that contain `needle`.
    pub(crate) fn infos(&self, needle: &str) -> Vec<String> {
        self.at(Level::INFO, needle)
    }

    /// Returns the events of level trace that contain `needle`.
    pub(crate) fn traces(&self, needle: &str) -> Vec<String> {
        self.at(Level::TRACE, needle)
    }

    /// Returns the number of events of all other levels.
    pub(crate) fn above_trace(&self) -> usize {
        let lines = self.lines.0.lock().unwrap();
        let above = lines.iter().filter(|(level, _)| *level != Level::TRACE);
        above.count()
    }

    fn at(&self, level: Level, needle: &str) -> Vec<String> {
        let lines = self.lines.0.lock().unwrap();
        let matching = lines
            .iter()
            .filter(|(at, line)| *at == level && line.contains(needle));
        matching.map(|(_, line)| line.clone()).collect()
    }
}

impl<S: Subscriber> Layer<S> for Lines {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        if event.metadata().target().starts_with("alternator_lb_sdk") {
            let mut line = Line::default();
            event.record(&mut line);
            let level = *event.metadata().level();
            self.0.lock().unwrap().push((level, line.0));
        }
    }
}

#[derive(Default)]
struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        let _ = write!(self.0, "{}={value:?} ", field.name());
    }
}
