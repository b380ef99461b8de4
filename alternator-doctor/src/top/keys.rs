//! The keys, and their effects.

use super::model::{Filter, Model, Pane};
use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use std::ops::ControlFlow;

/// The rows of a page: those that PgUp and PgDn move by.
const PAGE: isize = 10;

/// Applies a key. `Break` ends the program.
pub(super) fn press(model: &mut Model, key: KeyEvent) -> ControlFlow<()> {
    if key.kind == KeyEventKind::Release {
        return ControlFlow::Continue(());
    }
    let is_control = key.modifiers.contains(KeyModifiers::CONTROL);
    match key.code {
        KeyCode::Char('c') if is_control => return ControlFlow::Break(()),
        _ if is_control => {}
        code if model.nodes.filter.is_edited => edit(&mut model.nodes.filter, code),
        KeyCode::Char('q') => return ControlFlow::Break(()),
        code => command(model, code),
    }
    ControlFlow::Continue(())
}

fn command(model: &mut Model, code: KeyCode) {
    match code {
        KeyCode::Char('?' | 'h') => toggle(&mut model.pane, Pane::Help),
        KeyCode::Char('e') => toggle(&mut model.pane, Pane::Events { skipped: 0 }),
        KeyCode::Char('p' | ' ') => model.is_paused = !model.is_paused,
        KeyCode::Char('/') => {
            model.pane = Pane::Nodes;
            model.nodes.filter.is_edited = true;
        }
        KeyCode::Esc if model.pane != Pane::Nodes => model.pane = Pane::Nodes,
        KeyCode::Enter => show_node(model),
        KeyCode::Esc => model.nodes.filter.clear(),
        KeyCode::Char('s') => model.nodes.order.advance(1),
        KeyCode::Char('S') => model.nodes.order.advance(-1),
        KeyCode::Char('r') => model.nodes.order.is_reversed ^= true,
        KeyCode::Up | KeyCode::Char('k') => scroll(model, -1),
        KeyCode::Down | KeyCode::Char('j') => scroll(model, 1),
        KeyCode::PageUp => scroll(model, -PAGE),
        KeyCode::PageDown => scroll(model, PAGE),
        KeyCode::Home | KeyCode::Char('g') => scroll(model, isize::MIN),
        KeyCode::End | KeyCode::Char('G') => scroll(model, isize::MAX),
        // A foreign enum: no other key has a meaning.
        _ => {}
    }
}

fn edit(filter: &mut Filter, code: KeyCode) {
    match code {
        KeyCode::Enter => filter.is_edited = false,
        KeyCode::Esc => filter.clear(),
        KeyCode::Backspace => filter.pop(),
        KeyCode::Char(character) => filter.push(character),
        // A foreign enum: no other key has a meaning.
        _ => {}
    }
}

/// Shows the selected node, or all nodes again.
fn show_node(model: &mut Model) {
    let selected = model.nodes.selected().filter(|_| model.pane == Pane::Nodes);
    let url = selected.map(|row| row.record.url.clone());
    model.pane = url.map_or(Pane::Nodes, |url| Pane::Node { url });
}

/// Shows a pane, or the nodes again.
fn toggle(shown: &mut Pane, pane: Pane) {
    let is_shown = std::mem::discriminant(shown) == std::mem::discriminant(&pane);
    *shown = if is_shown { Pane::Nodes } else { pane };
}

fn scroll(model: &mut Model, by: isize) {
    match &mut model.pane {
        Pane::Nodes => model.nodes.move_selection(by),
        Pane::Events { skipped } => {
            let last = model.events.len().saturating_sub(1);
            *skipped = skipped.saturating_add_signed(by).min(last);
        }
        Pane::Node { .. } | Pane::Help => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::top::document::tests::document;
    use crate::top::model::Column;
    use serde_json::json;

    fn model() -> Model {
        let mut model = Model::new(String::new(), String::new());
        let nodes: Vec<_> = (1..=30)
            .map(|n| json!({ "url": format!("http://10.0.0.{n}:8000") }))
            .collect();
        let event =
            |n: u64| json!({ "event": "node_restored", "ago_ms": n, "node": n.to_string() });
        let events = json!([event(3_000), event(2_000), event(1_000)]);
        model.update(Ok(Box::new(document(10_000, nodes.into(), events))));
        model
    }

    fn type_keys(model: &mut Model, codes: impl IntoIterator<Item = KeyCode>) -> ControlFlow<()> {
        let mut codes = codes.into_iter();
        codes.try_for_each(|code| press(model, code.into()))
    }

    fn characters(text: &str) -> impl Iterator<Item = KeyCode> {
        text.chars().map(KeyCode::Char)
    }

    fn selected(model: &mut Model) -> String {
        let page = model.nodes.page(usize::MAX);
        page.rows[page.selected].address().to_owned()
    }

    #[test]
    fn q_and_control_c_end_the_program() {
        assert!(type_keys(&mut model(), [KeyCode::Char('q')]).is_break());
        let control_c = KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL);
        assert!(press(&mut model(), control_c).is_break());
        let mut editing = model();
        editing.nodes.filter.is_edited = true;
        assert!(press(&mut editing, control_c).is_break());
        assert!(type_keys(&mut model(), characters("cx")).is_continue());
    }

    #[test]
    fn keys_of_the_filter_are_text_while_it_is_edited() {
        let mut model = model();
        assert!(type_keys(&mut model, characters("/qse")).is_continue());
        assert_eq!(model.nodes.filter.text(), "qse");
        assert_eq!(model.pane, Pane::Nodes);
        let _ = type_keys(&mut model, [KeyCode::Backspace, KeyCode::Enter]);
        assert_eq!(model.nodes.filter.text(), "qs");
        let _ = type_keys(&mut model, characters("s"));
        assert_eq!(model.nodes.order.column, Column::State);
        let _ = type_keys(&mut model, [KeyCode::Esc]);
        assert_eq!(model.nodes.filter.text(), "");
    }

    #[test]
    fn order_is_changed_and_reversed() {
        let mut model = model();
        let _ = type_keys(&mut model, characters("ssS"));
        assert_eq!(model.nodes.order.column, Column::State);
        let _ = type_keys(&mut model, characters("r"));
        assert!(model.nodes.order.is_reversed);
    }

    #[test]
    fn selection_moves() {
        let mut model = model();
        let _ = type_keys(&mut model, [KeyCode::Down, KeyCode::Char('j'), KeyCode::Up]);
        assert_eq!(selected(&mut model), "10.0.0.2:8000");
        let _ = type_keys(&mut model, [KeyCode::PageDown]);
        assert_eq!(selected(&mut model), "10.0.0.12:8000");
        let _ = type_keys(&mut model, [KeyCode::End]);
        assert_eq!(selected(&mut model), "10.0.0.30:8000");
        let _ = type_keys(&mut model, [KeyCode::Home]);
        assert_eq!(selected(&mut model), "10.0.0.1:8000");
    }

    #[test]
    fn panes_are_shown_and_left_by_the_same_key() {
        let mut model = model();
        let _ = type_keys(&mut model, characters("?"));
        assert_eq!(model.pane, Pane::Help);
        let _ = type_keys(&mut model, characters("e"));
        let _ = type_keys(&mut model, [KeyCode::End]);
        assert_eq!(model.pane, Pane::Events { skipped: 2 });
        let _ = type_keys(&mut model, characters("e"));
        assert_eq!(model.pane, Pane::Nodes);
        let _ = type_keys(&mut model, [KeyCode::Char('?'), KeyCode::Esc]);
        assert_eq!(model.pane, Pane::Nodes);
    }

    #[test]
    fn enter_shows_the_selected_node_and_all_again() {
        let mut model = model();
        let _ = type_keys(&mut model, [KeyCode::Down, KeyCode::Enter]);
        let url = "http://10.0.0.2:8000".to_owned();
        assert_eq!(model.pane, Pane::Node { url });
        let _ = type_keys(&mut model, [KeyCode::Enter]);
        assert_eq!(model.pane, Pane::Nodes);
        let _ = type_keys(&mut model, characters("/nothing"));
        let _ = type_keys(&mut model, [KeyCode::Enter, KeyCode::Enter]);
        assert_eq!(model.pane, Pane::Nodes, "no node is selected");
    }

    #[test]
    fn p_pauses_and_goes_on() {
        let mut model = model();
        let _ = type_keys(&mut model, characters("p"));
        assert!(model.is_paused);
        let _ = type_keys(&mut model, characters("p"));
        assert!(!model.is_paused);
    }
}
