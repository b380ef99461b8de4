//! The decisions of the library, as recorded and as replayed.

use alternator_lb_core::topology::NodeUrl;
use std::fmt;
use std::time::Duration;

/// A decision of the library.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Decision {
    pub(super) at: Duration,
    /// None for panic mode, which is the cluster's.
    pub(super) node: Option<NodeUrl>,
    pub(super) change: Change,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Change {
    Ejected,
    ProbeFailed,
    Admitted,
    Restored,
    PanicModeEntered,
    PanicModeExited,
}

/// The recorded decisions, each beside the replayed one, and the replayed ones that were not recorded.
#[derive(Debug)]
pub(super) struct Comparison {
    pairs: Vec<(Option<Decision>, Option<Decision>)>,
}

/// How far apart two decisions may be to count as the same: ordinary attempts are replayed at even distances.
const TOLERANCE: Duration = Duration::from_secs(1);

impl Decision {
    pub(super) fn of_panic_mode(at: Duration, is_on: bool) -> Self {
        Self {
            at,
            node: None,
            change: match is_on {
                true => Change::PanicModeEntered,
                false => Change::PanicModeExited,
            },
        }
    }

    fn is_same(&self, other: &Self) -> bool {
        self.node == other.node
            && self.change == other.change
            && self.at.abs_diff(other.at) <= TOLERANCE
    }
}

impl Comparison {
    pub(super) fn new(recorded: Vec<Decision>, mut replayed: Vec<Decision>) -> Self {
        let pair = |decision: Decision| {
            let same = replayed.iter().position(|other| other.is_same(&decision));
            let same = same.map(|index| replayed.remove(index));
            (Some(decision), same)
        };
        let mut pairs: Vec<_> = recorded.into_iter().map(pair).collect();
        pairs.extend(replayed.into_iter().map(|decision| (None, Some(decision))));
        pairs.sort_by_key(|(one, other)| one.as_ref().or(other.as_ref()).map(|it| it.at));
        Self { pairs }
    }

    pub(super) fn is_same(&self) -> bool {
        let mut pairs = self.pairs.iter();
        pairs.all(|(recorded, replayed)| recorded.is_some() && replayed.is_some())
    }
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "| decision | recorded at | replayed at |\n|---|---:|---:|"
        )?;
        let time = |decision: &Option<Decision>| match decision {
            Some(decision) => format!("{:.3} s", decision.at.as_secs_f64()),
            None => "**not**".to_owned(),
        };
        for (recorded, replayed) in &self.pairs {
            let Some(decision) = recorded.as_ref().or(replayed.as_ref()) else {
                continue;
            };
            let node = decision
                .node
                .as_ref()
                .map_or("the cluster", NodeUrl::as_str);
            let times = (time(recorded), time(replayed));
            writeln!(
                f,
                "| {node} {} | {} | {} |",
                decision.change, times.0, times.1
            )?;
        }
        let same = self
            .pairs
            .iter()
            .filter(|(one, other)| one.is_some() && other.is_some());
        write!(
            f,
            "\n{} of {} decisions are the same.",
            same.count(),
            self.pairs.len()
        )
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ejected => "is ejected",
            Self::ProbeFailed => "stays ejected",
            Self::Admitted => "is admitted",
            Self::Restored => "is restored",
            Self::PanicModeEntered => "enters panic mode",
            Self::PanicModeExited => "leaves panic mode",
        })
    }
}
