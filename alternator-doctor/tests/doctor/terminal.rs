//! A terminal in which the program runs, and which a test reads and types on.

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use std::io::{Read, Write};
use std::num::NonZeroU16;
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;
use vt100::{Color, Parser};

/// Longer than any change takes, also on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// The program in a terminal. It is killed when this is dropped.
pub(crate) struct Terminal {
    master: Box<dyn MasterPty + Send>,
    keyboard: Box<dyn Write + Send>,
    child: Box<dyn Child + Send + Sync>,
    display: Arc<Display>,
    /// The settings of the terminal before the program.
    settings: String,
}

/// The contents of the terminal.
struct Display {
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    parser: Parser,
    /// True when the program has closed the terminal.
    is_closed: bool,
}

/// The end of the program.
pub(crate) struct End {
    pub(crate) status: u32,
    /// The main screen.
    pub(crate) screen: String,
}

impl Terminal {
    /// Runs the program with these arguments and variables of the environment.
    pub(crate) fn start(
        arguments: &[&str],
        (width, height): (u16, u16),
        variables: &[(&str, &str)],
    ) -> Self {
        let pair = native_pty_system().openpty(size(width, height)).unwrap();
        let settings = settings(&*pair.master);
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_alternator-doctor"));
        command.args(arguments);
        command.env("TERM", "xterm-256color");
        command.env_remove("NO_COLOR");
        for (name, value) in variables {
            command.env(name, value);
        }
        let child = pair.slave.spawn_command(command).unwrap();
        let display = Arc::new(Display {
            state: Mutex::new(State {
                parser: Parser::new(nonzero(height), nonzero(width), 0),
                is_closed: false,
            }),
            changed: Condvar::new(),
        });
        let mut output = pair.master.try_clone_reader().unwrap();
        let shown = Arc::clone(&display);
        std::thread::spawn(move || shown.follow(&mut output));
        Self {
            keyboard: pair.master.take_writer().unwrap(),
            master: pair.master,
            child,
            display,
            settings,
        }
    }

    /// Waits until the screen is as expected, and returns it.
    pub(crate) fn expect(&self, what: &str, condition: impl Fn(&str) -> bool) -> String {
        let state = self.display.state.lock().unwrap();
        let is_unexpected =
            |state: &mut State| !condition(&state.parser.screen().contents()) && !state.is_closed;
        let (state, _) = self
            .display
            .changed
            .wait_timeout_while(state, PATIENCE, is_unexpected)
            .unwrap();
        let screen = state.parser.screen().contents();
        // A panic with the lock would be followed by another.
        drop(state);
        assert!(condition(&screen), "{what}:\n{screen}");
        screen
    }

    /// Waits for a text.
    pub(crate) fn expect_text(&self, text: &str) -> String {
        self.expect(text, |screen| screen.contains(text))
    }

    /// Types these characters; escape sequences are keys.
    pub(crate) fn press(&mut self, keys: &str) {
        self.keyboard.write_all(keys.as_bytes()).unwrap();
        self.keyboard.flush().unwrap();
    }

    pub(crate) fn resize(&self, width: u16, height: u16) {
        let mut state = self.display.state.lock().unwrap();
        state.parser.set_size(nonzero(height), nonzero(width));
        drop(state);
        self.master.resize(size(width, height)).unwrap();
    }

    /// Sends a signal, such as `TERM`.
    pub(crate) fn signal(&self, name: &str) {
        let id = self.child.process_id().unwrap().to_string();
        let status = std::process::Command::new("kill")
            .args(["-s", name, &id])
            .status();
        assert!(status.unwrap().success());
    }

    /// The number of cells on the screen that have a colour.
    pub(crate) fn coloured_cells(&self) -> usize {
        let state = self.display.state.lock().unwrap();
        let screen = state.parser.screen();
        let (height, width) = screen.size();
        let cells =
            (0..height.get()).flat_map(|row| (0..width.get()).map(move |column| (row, column)));
        let cells = cells.filter_map(|(row, column)| screen.cell(row, column));
        cells
            .filter(|cell| cell.fgcolor() != Color::Default || cell.bgcolor() != Color::Default)
            .count()
    }

    /// Waits for the end of the program, and expects that it has restored the terminal.
    pub(crate) fn end(mut self) -> End {
        let state = self.display.state.lock().unwrap();
        let (state, _) = self
            .display
            .changed
            .wait_timeout_while(state, PATIENCE, |state| !state.is_closed)
            .unwrap();
        let screen = state.parser.screen();
        assert!(state.is_closed, "it runs on:\n{}", screen.contents());
        assert!(!screen.alternate_screen(), "{}", screen.contents());
        assert!(!screen.hide_cursor());
        let screen = screen.contents();
        drop(state);
        let status = self.child.wait().unwrap().exit_code();
        assert_eq!(settings(&*self.master), self.settings);
        End { status, screen }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // It has ended in a test that succeeds.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Display {
    fn follow(&self, output: &mut dyn Read) {
        let mut bytes = [0; 4096];
        loop {
            // An error is the end of the last process that has the terminal.
            let read = output.read(&mut bytes).unwrap_or_default();
            let mut state = self.state.lock().unwrap();
            state.parser.process(&bytes[..read]);
            state.is_closed = read == 0;
            let is_closed = state.is_closed;
            drop(state);
            self.changed.notify_all();
            if is_closed {
                return;
            }
        }
    }
}

/// The settings of a terminal: echo, line editing and more.
fn settings(master: &dyn MasterPty) -> String {
    format!("{:?}", master.get_termios().unwrap())
}

fn size(width: u16, height: u16) -> PtySize {
    PtySize {
        rows: height,
        cols: width,
        pixel_width: 0,
        pixel_height: 0,
    }
}

fn nonzero(number: u16) -> NonZeroU16 {
    number.try_into().unwrap()
}
