//! What all runs together have shown.

use std::time::Duration;

use super::arguments::Arguments;
use super::contender::{Contender, Opinion};
use super::figures::{self, Figures};
use super::row::Row;
use super::run::{Run, Setting};

/// All that is reported.
#[derive(Debug)]
pub(super) struct Results {
    pub(super) setting: Setting,
    pub(super) rows: Vec<&'static Row>,
    pub(super) contenders: Vec<Contender>,
    pub(super) bases: Vec<Base>,
    pub(super) measured: Vec<Measured>,
}

/// A run without a fault.
#[derive(Debug)]
pub(super) struct Base {
    pub(super) nodes: usize,
    pub(super) contender: Contender,
    pub(super) figures: Figures,
}

/// A run with a fault.
#[derive(Debug)]
pub(super) struct Measured {
    pub(super) row: &'static Row,
    pub(super) contender: Contender,
    pub(super) figures: Figures,
    /// Successes per second, in each tenth of a second.
    pub(super) course: Vec<f64>,
    pub(super) waiting: Option<u64>,
    pub(super) opinion: Option<Opinion>,
}

impl Results {
    pub(super) fn new(arguments: &Arguments) -> Self {
        Self {
            setting: arguments.setting,
            rows: arguments.rows.clone(),
            contenders: arguments.contenders.clone(),
            bases: Vec::new(),
            measured: Vec::new(),
        }
    }

    pub(super) fn of(&self, row: &Row, contender: Contender) -> Option<&Measured> {
        let mut measured = self.measured.iter();
        measured.find(|it| it.row.name == row.name && it.contender == contender)
    }

    /// Returns the mean throughput of a contender on so many healthy nodes. 0 if it was not measured.
    pub(super) fn base(&self, nodes: usize, contender: Contender) -> f64 {
        let runs = self.bases.iter();
        let runs = runs.filter(|it| it.nodes == nodes && it.contender == contender);
        let (count, sum) = runs.fold((0.0, 0.0), |(count, sum), base| {
            (count + 1.0, sum + base.figures.throughput)
        });
        if count > 0.0 { sum / count } else { 0.0 }
    }

    /// Returns how long an operation of a contender took at most on so many healthy nodes.
    pub(super) fn slowest_without_fault(&self, nodes: usize, contender: Contender) -> Duration {
        let runs = self.bases.iter();
        let runs = runs.filter(|it| it.nodes == nodes && it.contender == contender);
        runs.map(|it| it.figures.slowest).max().unwrap_or_default()
    }

    /// Returns the most that other programs took of the processors in a run and those that it is compared with.
    pub(super) fn others_around(&self, measured: &Measured) -> f64 {
        let bases = self.bases.iter();
        let bases =
            bases.filter(|it| it.nodes == measured.row.base && it.contender == measured.contender);
        let others = bases.filter_map(|it| it.figures.others);
        others.fold(measured.figures.others.unwrap_or_default(), f64::max)
    }

    /// Returns the most that other programs took of the processors in any run, from 0 to 1, where that is known.
    pub(super) fn others(&self) -> Option<f64> {
        let bases = self.bases.iter().map(|it| it.figures.others);
        let rows = self.measured.iter().map(|it| it.figures.others);
        bases.chain(rows).flatten().max_by(f64::total_cmp)
    }

    /// Returns the share of the healthy throughput that was left.
    pub(super) fn ratio(&self, measured: &Measured) -> Option<f64> {
        let base = self.base(measured.row.base, measured.contender);
        measured.figures.ratio(base)
    }
}

impl Base {
    pub(super) fn of(row: &Row, contender: Contender, run: &Run) -> Self {
        Self {
            nodes: row.nodes,
            contender,
            figures: Figures::of(run),
        }
    }
}

impl Measured {
    pub(super) fn of(row: &'static Row, contender: Contender, run: &Run) -> Self {
        Self {
            row,
            contender,
            figures: Figures::of(run),
            course: figures::course(&run.operations, run.window.end),
            waiting: run.waiting,
            opinion: run.opinion.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_base_is_the_mean_of_what_was_measured_before_and_behind() {
        let base = |nodes, contender, throughput| Base {
            nodes,
            contender,
            figures: Figures {
                throughput,
                ..Figures::default()
            },
        };
        let mut results = Results::new(&Arguments::default());
        results.bases = vec![
            base(3, Contender::Plugin, 100.0),
            base(1, Contender::Plugin, 7.0),
            base(3, Contender::Sdk, 8.0),
            base(3, Contender::Plugin, 200.0),
        ];
        assert_eq!(results.base(3, Contender::Plugin), 150.0);
        assert_eq!(results.base(1, Contender::Sdk), 0.0);
    }
}
