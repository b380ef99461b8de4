//! The results of all runs.

use std::time::Duration;

use super::arguments::Arguments;
use super::case::FaultCase;
use super::contender::{Contender, ReportedState};
use super::figures::{self, Figures};
use super::harness::Setting;
use super::observations::Observations;
use crate::nodes::Service;

/// The results that the report shows.
#[derive(Debug)]
pub(super) struct Results {
    pub(super) setting: Setting,
    pub(super) cases: Vec<&'static FaultCase>,
    pub(super) contenders: Vec<Contender>,
    pub(super) baselines: Vec<BaselineRun>,
    pub(super) measured: Vec<FaultRun>,
}

/// A run without a fault.
#[derive(Debug)]
pub(super) struct BaselineRun {
    pub(super) service: Service,
    pub(super) contender: Contender,
    pub(super) figures: Figures,
}

/// A run with a fault.
#[derive(Debug)]
pub(super) struct FaultRun {
    pub(super) case: &'static FaultCase,
    pub(super) contender: Contender,
    pub(super) figures: Figures,
    /// Successes per second, in each tenth of a second.
    pub(super) throughput_series: Vec<f64>,
    pub(super) waiting: Option<u64>,
    pub(super) reported_state: Option<ReportedState>,
}

impl Results {
    pub(super) fn new(arguments: &Arguments) -> Self {
        Self {
            setting: arguments.setting,
            cases: arguments.cases.clone(),
            contenders: arguments.contenders.clone(),
            baselines: Vec::new(),
            measured: Vec::new(),
        }
    }

    pub(super) fn of(&self, case: &FaultCase, contender: Contender) -> Option<&FaultRun> {
        let mut measured = self.measured.iter();
        measured.find(|it| it.case.name == case.name && it.contender == contender)
    }

    /// Returns the mean throughput of a contender on a healthy cluster. 0 if it was not measured.
    pub(super) fn baseline(&self, service: Service, contender: Contender) -> f64 {
        let runs = self.baselines.iter();
        let runs = runs.filter(|it| it.service == service && it.contender == contender);
        let (count, sum) = runs.fold((0.0, 0.0), |(count, sum), baseline| {
            (count + 1.0, sum + baseline.figures.throughput)
        });
        if count > 0.0 { sum / count } else { 0.0 }
    }

    /// Returns how long an operation of a contender took at most on a healthy cluster.
    pub(super) fn baseline_slowest(&self, service: Service, contender: Contender) -> Duration {
        let runs = self.baselines.iter();
        let runs = runs.filter(|it| it.service == service && it.contender == contender);
        runs.map(|it| it.figures.slowest).max().unwrap_or_default()
    }

    /// Returns the most that other programs took of the processors in a run and those that it is compared with.
    pub(super) fn other_programs_around(&self, measured: &FaultRun) -> f64 {
        let baselines = self.baselines.iter();
        let baselines = baselines.filter(|it| {
            it.service == measured.case.baseline && it.contender == measured.contender
        });
        let others = baselines.filter_map(|it| it.figures.other_programs);
        others.fold(
            measured.figures.other_programs.unwrap_or_default(),
            f64::max,
        )
    }

    /// Returns the most that other programs took of the processors in any run, from 0 to 1, where that is known.
    pub(super) fn other_programs(&self) -> Option<f64> {
        let baselines = self.baselines.iter().map(|it| it.figures.other_programs);
        let cases = self.measured.iter().map(|it| it.figures.other_programs);
        baselines.chain(cases).flatten().max_by(f64::total_cmp)
    }

    /// Returns the share of the healthy throughput that was left.
    pub(super) fn ratio(&self, measured: &FaultRun) -> Option<f64> {
        let baseline = self.baseline(measured.case.baseline, measured.contender);
        measured.figures.ratio(baseline)
    }
}

impl BaselineRun {
    pub(super) fn of(case: &FaultCase, contender: Contender, run: &Observations) -> Self {
        Self {
            service: case.service,
            contender,
            figures: Figures::of(run),
        }
    }
}

impl FaultRun {
    pub(super) fn of(case: &'static FaultCase, contender: Contender, run: &Observations) -> Self {
        Self {
            case,
            contender,
            figures: Figures::of(run),
            throughput_series: figures::throughput_series(&run.operations, run.window.end),
            waiting: run.waiting,
            reported_state: run.reported_state.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn baseline_is_the_mean_of_the_runs_before_and_after() {
        let baseline = |nodes, contender, throughput| BaselineRun {
            service: Service::open(nodes),
            contender,
            figures: Figures {
                throughput,
                ..Figures::default()
            },
        };
        let mut results = Results::new(&Arguments::default());
        results.baselines = vec![
            baseline(3, Contender::Plugin, 100.0),
            baseline(1, Contender::Plugin, 7.0),
            baseline(3, Contender::Sdk, 8.0),
            baseline(3, Contender::Plugin, 200.0),
        ];
        assert_eq!(results.baseline(Service::open(3), Contender::Plugin), 150.0);
        assert_eq!(results.baseline(Service::open(1), Contender::Sdk), 0.0);
    }
}
