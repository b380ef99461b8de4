//! The loop that draws the screen, and waits for changes.

use super::keys;
use super::model::Model;
use super::signals::Signals;
use super::source::Update;
use super::terminal::Screen;
use super::view::{self, Palette};
use crossterm::event::{Event, EventStream};
use futures_util::StreamExt as _;
use std::io;
use std::ops::ControlFlow;
use std::time::{Duration, SystemTime};
use tokio::sync::mpsc::Receiver;
use tokio::time::interval;

/// The time after which ages are drawn again.
const REDRAW_INTERVAL: Duration = Duration::from_secs(1);

/// Shows the model until a key or a signal ends it.
///
/// # Errors
///
/// A terminal that fails.
pub(super) async fn run(
    mut model: Model,
    mut updates: Receiver<Update>,
    palette: Palette,
) -> io::Result<()> {
    let mut signals = Signals::new()?;
    let mut screen = Screen::new()?;
    let mut events = EventStream::new();
    let mut ticks = interval(REDRAW_INTERVAL);
    loop {
        screen.draw(|frame| view::draw(frame, &mut model, palette, unix_time()))?;
        tokio::select! {
            () = signals.received() => return Ok(()),
            event = events.next() => match event {
                Some(event) => {
                    if handle(&mut model, &event?).is_break() {
                        return Ok(());
                    }
                }
                None => return Err(io::ErrorKind::UnexpectedEof.into()),
            },
            Some(update) = updates.recv() => model.update(update),
            _ = ticks.tick() => {}
        }
    }
}

fn handle(model: &mut Model, event: &Event) -> ControlFlow<()> {
    match event {
        Event::Key(key) => keys::press(model, *key),
        // A foreign enum: the next drawing takes the new size, and no other event has a meaning.
        _ => ControlFlow::Continue(()),
    }
}

/// The wall clock.
#[expect(
    clippy::disallowed_methods,
    reason = "documents have the time of the wall clock, and the screen shows how old they are"
)]
fn unix_time() -> Duration {
    let time = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    time.unwrap_or_default()
}
