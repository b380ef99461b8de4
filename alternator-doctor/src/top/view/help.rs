//! The help on the screen.

use super::Palette;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::widgets::Paragraph;

const HELP: &str = "\
q, Ctrl-C  quit               s, S  sort by the next, previous column
?          this help          r     reverse the order
Enter      the selected node  /     filter; Enter keeps, Esc clears
e          events             ↑ ↓ PgUp PgDn Home End  move
p          pause

STATE   up, slow start: takes requests; pending, down, ejected: none
SINCE   how long it has been taking requests, or none
REQ/s   requests per second, of the last 5 s; FAIL/s those that failed
FLIGHT  requests that wait for their response
LAT ms  latency of the last responses; P99 ms of the last 15 to 30 s
SHARE   of all responses of the last 15 to 30 s
LATENCY a bar per second, scaled to the highest of its row;
        × failures, blank: no response; or why it takes no requests";

/// Draws the help.
pub(super) fn draw(frame: &mut Frame<'_>, area: Rect, palette: Palette) {
    frame.render_widget(Paragraph::new(HELP).style(palette.title()), area);
}
