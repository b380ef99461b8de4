//! The rows of the table: all nodes, those that are shown, and the one that is selected.

use super::{Filter, NodeRow, Order};
use crate::top::document::NodeRecord;
use std::collections::HashMap;
use std::time::Duration;

/// The nodes.
#[derive(Debug, Default)]
pub(in crate::top) struct NodeList {
    rows: Vec<NodeRow>,
    pub(in crate::top) order: Order,
    pub(in crate::top) filter: Filter,
    /// The position of the selected row among those that are shown.
    selected: usize,
    /// The position of the first row on the screen.
    first: usize,
}

/// A part of the rows, as it fits the screen.
#[derive(Debug)]
pub(in crate::top) struct Page<'a> {
    pub(in crate::top) rows: Vec<&'a NodeRow>,
    /// The position of the first of them, from 0.
    pub(in crate::top) first: usize,
    /// The position of the selected row within the page.
    pub(in crate::top) selected: usize,
    /// The number of rows that the filter lets pass.
    pub(in crate::top) shown: usize,
}

impl NodeList {
    /// All rows, in the order of the document.
    pub(in crate::top) fn rows(&self) -> &[NodeRow] {
        &self.rows
    }

    /// Takes over the nodes at a time. The history of a node that is gone is dropped.
    pub(super) fn update(&mut self, at: Duration, records: Vec<NodeRecord>) {
        let known = self.rows.drain(..).map(|row| (row.record.url, row.history));
        let mut known: HashMap<_, _> = known.collect();
        self.rows.extend(records.into_iter().map(|record| {
            let mut history = known.remove(&record.url).unwrap_or_default();
            let counters = (record.requests, record.failures);
            history.record(at, counters, record.latency_ms);
            NodeRow {
                history,
                ..NodeRow::new(record)
            }
        }));
    }

    /// Moves the selection by a number of rows.
    pub(in crate::top) fn move_selection(&mut self, by: isize) {
        let last = self.shown().count().saturating_sub(1);
        self.selected = self.selected.min(last).saturating_add_signed(by).min(last);
    }

    /// Returns the rows that fit `height`, in order, scrolled so that the selected one is among them.
    pub(in crate::top) fn page(&mut self, height: usize) -> Page<'_> {
        let shown = self.shown().count();
        let last = shown.saturating_sub(1);
        self.selected = self.selected.min(last);
        let first_of_last_page = shown.saturating_sub(height);
        let lowest = (self.selected + 1).saturating_sub(height);
        self.first = self
            .first
            .clamp(lowest, self.selected.max(lowest))
            .min(first_of_last_page);
        Page {
            rows: self
                .sorted()
                .into_iter()
                .skip(self.first)
                .take(height)
                .collect(),
            first: self.first,
            selected: self.selected.saturating_sub(self.first),
            shown,
        }
    }

    /// The selected node.
    pub(in crate::top) fn selected(&self) -> Option<&NodeRow> {
        let rows = self.sorted();
        rows.get(self.selected.min(rows.len().saturating_sub(1)))
            .copied()
    }

    /// The node with this URL.
    pub(in crate::top) fn find(&self, url: &str) -> Option<&NodeRow> {
        self.rows.iter().find(|row| row.record.url == url)
    }

    fn sorted(&self) -> Vec<&NodeRow> {
        let mut rows: Vec<_> = self.shown().collect();
        rows.sort_by(|one, other| self.order.compare(one, other));
        rows
    }

    fn shown(&self) -> impl Iterator<Item = &NodeRow> {
        self.rows.iter().filter(|row| self.filter.matches(row))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(number: usize, requests: u64) -> NodeRecord {
        NodeRecord {
            url: format!("http://10.0.{}.{}:8000", number / 250, number % 250),
            state: "up".to_owned(),
            requests,
            ..NodeRecord::default()
        }
    }

    fn list(count: usize) -> NodeList {
        let mut list = NodeList::default();
        let records = (0..count).rev().map(|number| record(number, 0)).collect();
        list.update(Duration::ZERO, records);
        list
    }

    fn addresses(list: &mut NodeList, height: usize) -> Vec<String> {
        let page = list.page(height);
        page.rows
            .iter()
            .map(|row| row.address().to_owned())
            .collect()
    }

    #[test]
    fn selection_scrolls_the_page_and_stays_within_the_rows() {
        let mut list = list(1_000);
        assert_eq!(
            addresses(&mut list, 3),
            ["10.0.0.0:8000", "10.0.0.1:8000", "10.0.0.2:8000"]
        );
        list.move_selection(3);
        let page = list.page(3);
        assert_eq!((page.first, page.selected, page.shown), (1, 2, 1_000));
        list.move_selection(-1);
        assert_eq!(list.page(3).first, 1, "no scrolling within the page");
        list.move_selection(isize::MAX);
        let page = list.page(10);
        assert_eq!((page.first, page.selected), (990, 9));
        list.move_selection(isize::MIN);
        assert_eq!(list.page(10).first, 0);
    }

    #[test]
    fn page_shows_as_many_rows_as_fit() {
        let mut list = list(5);
        list.move_selection(4);
        assert_eq!(list.page(2).first, 3);
        // A window that is made larger.
        assert_eq!(addresses(&mut list, 10).len(), 5);
        assert!(list.page(0).rows.is_empty());
    }

    #[test]
    fn filter_hides_rows_and_keeps_the_selection_valid() {
        let mut list = list(100);
        list.move_selection(99);
        "0.0.7:"
            .chars()
            .for_each(|character| list.filter.push(character));
        assert_eq!(addresses(&mut list, 10), ["10.0.0.7:8000"]);
        assert_eq!(list.page(10).selected, 0);
        "x".chars()
            .for_each(|character| list.filter.push(character));
        let page = list.page(10);
        assert_eq!((page.rows.len(), page.selected, page.shown), (0, 0, 0));
    }

    #[test]
    fn history_is_that_of_the_node_and_ends_with_it() {
        let mut list = NodeList::default();
        let second = Duration::from_secs;
        list.update(second(0), vec![record(1, 0), record(2, 0)]);
        list.update(second(1), vec![record(2, 20), record(1, 10)]);
        let rates: Vec<_> = list.rows().iter().map(|row| row.history.rate()).collect();
        assert_eq!(rates, [Some(20.0), Some(10.0)]);
        list.update(second(2), vec![record(2, 20)]);
        list.update(second(3), vec![record(2, 20), record(1, 10)]);
        assert_eq!(list.rows()[1].history.rate(), None);
    }
}
