//! The order of the rows.

use super::NodeRow;
use std::cmp::Ordering;

/// A column of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::top) enum Column {
    Node,
    Place,
    State,
    Since,
    Rate,
    Failures,
    InFlight,
    Latency,
    P99,
    Share,
    /// The sparkline, or the reason for which the node takes no requests.
    History,
}

impl Column {
    /// The columns by which the rows can be sorted.
    pub(in crate::top) const SORTABLE: [Self; 9] = [
        Self::Node,
        Self::State,
        Self::Since,
        Self::Rate,
        Self::Failures,
        Self::InFlight,
        Self::Latency,
        Self::P99,
        Self::Share,
    ];

    /// Returns whether the column has numbers, and not words or bars.
    pub(in crate::top) fn is_numeric(self) -> bool {
        match self {
            Self::Since
            | Self::Rate
            | Self::Failures
            | Self::InFlight
            | Self::Latency
            | Self::P99
            | Self::Share => true,
            Self::Node | Self::Place | Self::State | Self::History => false,
        }
    }
}

/// The order of the rows. By default by address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::top) struct Order {
    pub(in crate::top) column: Column,
    pub(in crate::top) is_reversed: bool,
}

impl Default for Order {
    fn default() -> Self {
        Self {
            column: Column::Node,
            is_reversed: false,
        }
    }
}

impl Order {
    /// Sorts by another column, this many further, in its usual direction.
    pub(in crate::top) fn advance(&mut self, steps: isize) {
        let columns = Column::SORTABLE;
        let at = columns.iter().position(|column| *column == self.column);
        let at = at
            .unwrap_or_default()
            .saturating_add_signed(columns.len().cast_signed() + steps);
        self.column = columns
            .get(at % columns.len())
            .copied()
            .unwrap_or(Column::Node);
        self.is_reversed = false;
    }

    /// Returns whether the first row has the highest number: as usual where the high numbers are of interest.
    pub(in crate::top) fn is_descending(self) -> bool {
        let is_usual = self.column.is_numeric() && self.column != Column::Since;
        is_usual != self.is_reversed
    }

    /// Compares two rows. Those without a value come last in both directions; equal ones are ordered by address.
    pub(super) fn compare(self, one: &NodeRow, other: &NodeRow) -> Ordering {
        let is_descending = self.is_descending();
        let by_address = one.address_key.cmp(&other.address_key);
        let ordering = match self.column {
            Column::State => directed(severity(one).cmp(&severity(other)), is_descending),
            column if column.is_numeric() => {
                compare_numbers(self.number(one), self.number(other), is_descending)
            }
            _ => directed(by_address, is_descending),
        };
        ordering.then(by_address)
    }

    fn number(self, row: &NodeRow) -> Option<f64> {
        match self.column {
            Column::Since => Some(row.record.in_state_for_ms),
            Column::Rate => row.history.rate(),
            Column::Failures => row.history.failure_rate(),
            Column::InFlight => Some(row.record.in_flight.into()),
            Column::Latency => row.record.latency_ms,
            Column::P99 => row.record.latency_p99_ms,
            Column::Share => row.record.share,
            Column::Node | Column::Place | Column::State | Column::History => None,
        }
    }
}

fn directed(ordering: Ordering, is_descending: bool) -> Ordering {
    match is_descending {
        true => ordering.reverse(),
        false => ordering,
    }
}

fn compare_numbers(one: Option<f64>, other: Option<f64>, is_descending: bool) -> Ordering {
    match (one, other) {
        (Some(one), Some(other)) => directed(one.total_cmp(&other), is_descending),
        (one, other) => other.is_some().cmp(&one.is_some()),
    }
}

/// The rank of a state: the worst is first.
fn severity(row: &NodeRow) -> usize {
    const STATES: [&str; 4] = ["down", "ejected", "pending", "slow start"];
    let at = STATES.iter().position(|state| *state == row.state());
    at.unwrap_or(STATES.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::top::document::NodeRecord;

    fn row(last: u8, change: impl FnOnce(&mut NodeRecord)) -> NodeRow {
        let mut record = NodeRecord {
            url: format!("http://10.0.0.{last}:8000"),
            state: "up".to_owned(),
            ..NodeRecord::default()
        };
        change(&mut record);
        NodeRow::new(record)
    }

    fn sorted(mut rows: Vec<NodeRow>, column: Column, is_reversed: bool) -> Vec<u8> {
        let order = Order {
            column,
            is_reversed,
        };
        rows.sort_by(|one, other| order.compare(one, other));
        let last = |row: &NodeRow| match row.address_key.0 {
            Some(std::net::IpAddr::V4(address)) => address.octets()[3],
            _ => panic!("{row:?}"),
        };
        rows.iter().map(last).collect()
    }

    #[test]
    fn numbers_are_descending_and_missing_ones_last() {
        let rows = vec![
            row(1, |_| {}),
            row(2, |record| record.latency_ms = Some(0.5)),
            row(3, |record| record.latency_ms = Some(9.0)),
            row(4, |record| record.latency_ms = Some(0.5)),
        ];
        assert_eq!(sorted(rows.clone(), Column::Latency, false), [3, 2, 4, 1]);
        assert_eq!(sorted(rows, Column::Latency, true), [2, 4, 3, 1]);
    }

    #[test]
    fn worst_state_is_first() {
        let state = |state: &str| {
            let state = state.to_owned();
            move |record: &mut NodeRecord| record.state = state
        };
        let rows = vec![
            row(1, |_| {}),
            row(2, |record| record.is_in_slow_start = true),
            row(3, state("down")),
            row(4, state("pending")),
            row(5, state("ejected")),
        ];
        assert_eq!(sorted(rows, Column::State, false), [3, 5, 4, 2, 1]);
    }

    #[test]
    fn columns_follow_each_other_in_a_circle() {
        let mut order = Order {
            is_reversed: true,
            ..Order::default()
        };
        order.advance(-1);
        assert_eq!(order.column, Column::Share);
        assert!(!order.is_reversed);
        for expected in Column::SORTABLE {
            order.advance(1);
            assert_eq!(order.column, expected);
        }
    }
}
