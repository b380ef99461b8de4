//! The thresholds of the plugin, as ratios to the SDK alone in the same rounds.

use super::case::{Case, Signing, Workers};
use super::run::Sample;

/// The figure of a case that has a threshold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Figure {
    /// Processor time per operation; lower is better.
    ProcessorTime,
    /// Operations per second; higher is better.
    Throughput,
}

/// A ratio that the plugin must reach.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Threshold {
    pub(super) figure: Figure,
    pub(super) bound: f64,
}

impl Figure {
    /// Returns the figure that a case measures.
    pub(super) fn of(case: Case) -> Self {
        match case.workers {
            Workers::One => Self::ProcessorTime,
            Workers::Two => Self::Throughput,
        }
    }

    pub(super) fn title(self) -> &'static str {
        match self {
            Self::ProcessorTime => "processor time per operation",
            Self::Throughput => "operations per second",
        }
    }

    pub(super) fn sample_value(self) -> fn(&Sample) -> f64 {
        match self {
            Self::ProcessorTime => |sample| sample.client_micros,
            Self::Throughput => |sample| sample.throughput,
        }
    }
}

impl Threshold {
    pub(super) fn of(case: Case) -> Self {
        let figure = Figure::of(case);
        let bound = match (figure, case.signing) {
            (Figure::ProcessorTime, Signing::Unsigned) => 0.65,
            (Figure::ProcessorTime, Signing::Signed) => 0.60,
            (Figure::Throughput, Signing::Unsigned) => 1.15,
            (Figure::Throughput, Signing::Signed) => 1.30,
        };
        Self { figure, bound }
    }

    pub(super) fn is_reached_by(self, ratio: f64) -> bool {
        match self.figure {
            Figure::ProcessorTime => ratio <= self.bound,
            Figure::Throughput => ratio >= self.bound,
        }
    }

    /// Formats the bound.
    pub(super) fn text(self) -> String {
        match self.figure {
            Figure::ProcessorTime => format!("at most {:.2}", self.bound),
            Figure::Throughput => format!("at least {:.2}", self.bound),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::results::tests::CASE;

    #[test]
    fn less_time_and_more_operations_are_better() {
        let time = Threshold::of(CASE);
        assert!(time.is_reached_by(0.65) && !time.is_reached_by(0.66));
        let throughput = Threshold::of(Case {
            workers: Workers::Two,
            signing: Signing::Signed,
            ..CASE
        });
        assert!(throughput.is_reached_by(1.3) && !throughput.is_reached_by(1.29));
    }
}
