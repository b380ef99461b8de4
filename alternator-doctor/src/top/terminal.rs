//! The terminal, which is given back as it was.

use ratatui::{DefaultTerminal, Frame};
use std::io;

/// The terminal as a screen: without echo and line editing, on its alternate screen. Dropping it restores the terminal;
/// a panic does so before its message is printed.
pub(super) struct Screen {
    terminal: DefaultTerminal,
}

impl Screen {
    /// Takes over the terminal of this process.
    ///
    /// # Errors
    ///
    /// A terminal that cannot be used. It is restored as well as it can.
    pub(super) fn new() -> io::Result<Self> {
        match ratatui::try_init() {
            Ok(terminal) => Ok(Self { terminal }),
            Err(error) => {
                // The error is of interest, and not what follows from it.
                let _ = ratatui::try_restore();
                Err(error)
            }
        }
    }

    /// Draws the whole screen; what has not changed is not written.
    pub(super) fn draw(&mut self, draw: impl FnOnce(&mut Frame<'_>)) -> io::Result<()> {
        self.terminal.draw(draw).map(|_| ())
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        // A terminal that is gone needs none of it.
        let _ = self.terminal.show_cursor();
        let _ = ratatui::try_restore();
    }
}
