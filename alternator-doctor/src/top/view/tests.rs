use super::*;
use crate::top::document::tests::document;
use crate::top::keys;
use crate::top::source::Update;
use crossterm::event::KeyCode;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::style::Color;
use serde_json::{Value, json};

mod readme;

const README: &str = include_str!("../../../README.md");

/// The time of the last document of a model, in milliseconds.
const LAST: u64 = 1_000_000;

fn update(unix_ms: u64, nodes: Value, events: Value) -> Update {
    Ok(Box::new(document(unix_ms, nodes, events)))
}

/// A cluster of three nodes, one of which is down, after some seconds.
fn model() -> Model {
    let mut model = Model::new("http://10.0.0.1:8000".to_owned(), "probed".to_owned());
    for second in 0..=9_u64 {
        let nodes = json!([
            { "url": "http://10.0.0.1:8000", "requests": second * 100, "latency_ms": 0.5 + (second % 3) as f64,
              "latency_p99_ms": 12.34, "share": 0.667, "in_flight": 7, "in_state_for_ms": 7_300_000.0 },
            { "url": "http://10.0.0.2:8000", "requests": second * 50, "failures": second * 50, "state": "down", "outcomes": { "not_connected": second * 50 },
              "reason": "it cannot be connected", "in_state_for_ms": 12_000.0 },
            { "url": "http://10.0.0.3:8000", "requests": second * 50, "latency_ms": 3.0, "share": 0.333,
              "is_in_slow_start": true },
        ]);
        let event = json!({
            "event": "node_ejected", "ago_ms": 3_000, "node": "http://10.0.0.2:8000",
            "reason": "it cannot be connected", "text": "it gets no requests until it responds",
        });
        let events = if second == 9 {
            json!([event])
        } else {
            json!([])
        };
        model.update(update(LAST - 9_000 + second * 1_000, nodes, events));
    }
    model
}

fn terminal(model: &mut Model, (width, height): (u16, u16), is_coloured: bool) -> TestBackend {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    let now = Duration::from_millis(LAST + 1_000);
    let palette = Palette::new(is_coloured);
    terminal
        .draw(|frame| draw(frame, model, palette, now))
        .unwrap();
    terminal.backend().clone()
}

fn screen(model: &mut Model, size: (u16, u16)) -> String {
    let backend = terminal(model, size, false);
    let cells = backend.buffer().content().chunks(size.0.into());
    let lines = cells.map(|line| line.iter().map(|cell| cell.symbol()).collect::<String>());
    lines
        .map(|line| line.trim_end().to_owned() + "\n")
        .collect()
}

fn press(model: &mut Model, keys: &str) {
    for key in keys.chars() {
        let code = if key == '\r' {
            KeyCode::Enter
        } else {
            KeyCode::Char(key)
        };
        let _ = keys::press(model, code.into());
    }
}

/// The line of a screen that has this text.
fn line<'a>(screen: &'a str, text: &str) -> &'a str {
    let line = screen.lines().find(|line| line.contains(text));
    line.unwrap_or_else(|| panic!("{text}:\n{screen}"))
}

#[test]
fn wide_screen_has_everything() {
    let screen = screen(&mut model(), (120, 20));
    let head: Vec<_> = screen.lines().take(3).collect();
    assert_eq!(head[0], "alternator-doctor top  http://10.0.0.1:8000");
    assert_eq!(
        head[1],
        "2 of 3 nodes up  200 requests/s  50.0 failures/s  7 in flight"
    );
    assert_eq!(head[2], "probed, alternator-lb-sdk/1.2.3");
    let header: Vec<_> = line(&screen, "NODE").split_whitespace().collect();
    let expected = [
        "NODE▲", "STATE", "SINCE", "REQ/s", "FAIL/s", "FLIGHT", "LAT", "ms", "P99", "ms", "SHARE",
        "LATENCY",
    ];
    assert_eq!(header, expected);
    let first: Vec<_> = line(&screen, "10.0.0.1:8000 up")
        .split_whitespace()
        .collect();
    let expected = [
        "10.0.0.1:8000",
        "up",
        "2h",
        "100",
        "0",
        "7",
        "0.50",
        "12.3",
        "66.7%",
        "▄█▁▄█▁▄█▁",
    ];
    assert_eq!(first, expected);
    assert!(line(&screen, "slow start").contains("33.3%"));
    let down = line(&screen, "10.0.0.2:8000 down");
    assert!(
        down.contains(" 12s ") && down.ends_with("it cannot be connected"),
        "{down}"
    );
    let event = line(&screen, "node ejected");
    assert!(
        event.starts_with("   4s node ejected  http://10.0.0.2:8000, it cannot"),
        "{event}"
    );
    assert!(
        screen.lines().last().unwrap().starts_with("q quit"),
        "{screen}"
    );
}

#[test]
fn narrow_screen_leaves_columns_out() {
    let narrow = screen(&mut model(), (80, 20));
    let header = line(&narrow, "NODE");
    assert!(
        header.contains("LATENCY") && header.contains("SHARE") && !header.contains("P99"),
        "{header}"
    );
    let smallest = screen(&mut model(), (40, 10));
    let header: Vec<_> = line(&smallest, "NODE").split_whitespace().collect();
    assert_eq!(header, ["NODE▲", "STATE", "LATENCY"]);
    assert_eq!(smallest.lines().count(), 10);
    for node in ["10.0.0.1", "10.0.0.2", "10.0.0.3"] {
        assert!(smallest.contains(node), "{smallest}");
    }
    assert!(!smallest.contains("EVENTS"), "no room: {smallest}");
}

#[test]
fn every_size_can_be_drawn() {
    let mut model = model();
    for keys in ["", "e", "?", "?\r"] {
        press(&mut model, keys);
        for width in [1, 23, 24, 33, 40, 57, 80, 130] {
            for height in [1, 4, 5, 8, 9, 15, 16, 17, 40] {
                screen(&mut model, (width, height));
            }
        }
    }
    assert!(screen(&mut model, (20, 3)).contains("too small"));
}

#[test]
fn order_is_marked_and_obeyed() {
    let mut model = model();
    press(&mut model, "s");
    let by_state = screen(&mut model, (120, 20));
    assert!(by_state.contains("STATE▲"), "{by_state}");
    let rows: Vec<_> = by_state
        .lines()
        .skip(4)
        .take(3)
        .map(|row| &row[..8])
        .collect();
    assert_eq!(rows, ["10.0.0.2", "10.0.0.3", "10.0.0.1"]);
    press(&mut model, "r");
    assert!(screen(&mut model, (120, 20)).contains("STATE▼"));
}

#[test]
fn filter_is_shown_with_what_it_hides() {
    let mut model = model();
    press(&mut model, "/down");
    let edited = screen(&mut model, (100, 20));
    assert!(
        line(&edited, "filter:").starts_with("filter: down█"),
        "{edited}"
    );
    assert!(
        edited.lines().last().unwrap().ends_with("1–1 of 1"),
        "{edited}"
    );
    assert!(!edited.contains("slow start"), "{edited}");
    let _ = keys::press(&mut model, KeyCode::Enter.into());
    assert!(screen(&mut model, (100, 20)).contains("filter: down  Esc"));
}

#[test]
fn thousand_nodes_scroll() {
    let mut model = Model::new(String::new(), String::new());
    let url = |number: u64| format!("http://10.0.{}.{}:8000", number / 250, number % 250);
    let nodes: Vec<_> = (0..1_000)
        .map(|number| json!({ "url": url(number) }))
        .collect();
    model.update(update(LAST, nodes.into(), json!([])));
    let top = screen(&mut model, (80, 24));
    assert!(top.contains("1000 of 1000 nodes up"), "{top}");
    assert!(
        top.lines().last().unwrap().ends_with("1–11 of 1000"),
        "{top}"
    );
    let _ = keys::press(&mut model, KeyCode::End.into());
    let bottom = screen(&mut model, (80, 24));
    assert!(bottom.contains("10.0.3.249:8000"), "{bottom}");
    assert!(
        bottom.lines().last().unwrap().ends_with("990–1000 of 1000"),
        "{bottom}"
    );
}

#[test]
fn failing_source_is_named_and_its_last_numbers_stay() {
    let mut model = model();
    model.update(Err("/run/shop.sock: No such file".to_owned()));
    for size in [(120, 20), (40, 8)] {
        let screen = screen(&mut model, size);
        assert!(
            screen.contains("✗ /run/shop.sock: No such file"),
            "{screen}"
        );
        assert!(screen.contains("10.0.0.1:8000"), "{screen}");
    }
    assert!(screen(&mut model, (120, 20)).contains("1s old"));
}

#[test]
fn old_document_is_said_to_be_old() {
    let mut model = model();
    model.update(update(LAST - 600_000, json!([]), json!([])));
    let screen = screen(&mut model, (120, 20));
    assert!(screen.contains("these numbers are 10m old"), "{screen}");
}

#[test]
fn seeds_are_said_to_be_no_list() {
    let text = json!({
        "format": 1, "unix_ms": LAST, "nodes": [],
        "stats": { "refreshes": 2, "refresh_failures": 2, "is_in_panic_mode": true },
    });
    let document = crate::top::document::StatusDocument::parse(text.to_string().as_bytes());
    let mut model = Model::new(String::new(), String::new());
    model.update(document.map(Box::new));
    let screen = screen(&mut model, (120, 20));
    assert!(screen.contains("no list of nodes"), "{screen}");
    assert!(screen.contains("PANIC MODE"), "{screen}");
}

#[test]
fn events_have_their_explanations_in_their_own_pane() {
    let mut model = model();
    press(&mut model, "e");
    let screen = screen(&mut model, (100, 20));
    assert!(
        screen.contains("it gets no requests until it responds"),
        "{screen}"
    );
    assert!(!screen.contains("NODE"), "{screen}");
}

#[test]
fn node_has_a_pane_of_its_own() {
    let mut model = model();
    let _ = keys::press(&mut model, KeyCode::Down.into());
    let _ = keys::press(&mut model, KeyCode::Enter.into());
    let down = screen(&mut model, (100, 20));
    for text in [
        "http://10.0.0.2:8000",
        "state     down for 12s: it cannot be connected",
        "requests  450, 450 failed, 0 in flight; 50.0/s, 50.0 failures/s, share –",
        "outcomes  not connected 450",
        "   4s node ejected",
    ] {
        assert!(down.contains(text), "{text}: {down}");
    }
    assert!(!down.contains("10.0.0.3"), "{down}");
    model.update(update(LAST, json!([]), json!([])));
    let gone = screen(&mut model, (100, 20));
    assert!(gone.contains("no longer in the list"), "{gone}");
}

#[test]
fn help_and_readme_explain_every_column() {
    let mut model = model();
    let table = screen(&mut model, (150, 20));
    press(&mut model, "?");
    let help = screen(&mut model, (80, 24));
    let columns = line(&table, "NODE")
        .split_whitespace()
        .filter(|word| !word.starts_with("NODE"));
    for column in columns {
        assert!(help.contains(column), "{column}: {help}");
        assert!(README.contains(column), "{column}");
    }
}

#[test]
fn screen_without_colours_says_the_same() {
    let mut model = model();
    let (plain, coloured) = (
        terminal(&mut model, (120, 20), false),
        terminal(&mut model, (120, 20), true),
    );
    let colours = |backend: &TestBackend| {
        let cells = backend.buffer().content().iter();
        cells
            .filter(|cell| cell.fg != Color::Reset || cell.bg != Color::Reset)
            .count()
    };
    assert_eq!(colours(&plain), 0);
    assert!(colours(&coloured) > 0);
    let text = |backend: &TestBackend| {
        let cells = backend.buffer().content().iter();
        cells
            .map(|cell| cell.symbol().to_owned())
            .collect::<String>()
    };
    assert_eq!(text(&plain), text(&coloured));
}

#[test]
fn control_characters_of_a_document_do_not_reach_the_terminal() {
    let mut model = Model::new("\u{1b}[31mtitle".to_owned(), String::new());
    let nodes = json!([{ "url": "http://\u{1b}[2Ja:1", "state": "\u{7}down", "reason": "\u{1b}]0;title\u{7}" }]);
    let event =
        json!({ "event": "x\u{1b}[2J", "ago_ms": 1, "node": "\u{9b}2J", "text": "\r\n\u{1b}" });
    model.update(update(LAST, nodes, json!([event])));
    for keys in ["", "e"] {
        press(&mut model, keys);
        let screen = screen(&mut model, (120, 20));
        let is_control = |character: char| character.is_control() && character != '\n';
        assert!(!screen.contains(is_control), "{screen:?}");
    }
}
