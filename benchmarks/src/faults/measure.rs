//! All runs, one after the other.

use std::cmp::Reverse;

use super::arguments::Arguments;
use super::case::{FaultCase, Kind};
use super::contender::Contender;
use super::observations::Observations;
use super::results::{BaselineRun, FaultRun, Results};
use super::run;
use crate::Outcome;
use crate::nodes::Service;
use crate::progress::Progress;

pub(super) async fn measure(arguments: &Arguments) -> Outcome<Results> {
    let healthy = healthy(&arguments.cases);
    let rounds = arguments.cases.len() + 2 * healthy.len();
    let mut runs = Runs {
        arguments,
        progress: Progress::new(rounds * arguments.contenders.len(), "runs"),
        made: 0,
    };
    let mut results = Results::new(arguments);
    runs.baselines(&healthy, &mut results.baselines).await?;
    for case in &arguments.cases {
        for contender in &arguments.contenders {
            let run = runs.next(case, *contender).await?;
            results.measured.push(FaultRun::of(case, *contender, &run));
        }
    }
    runs.baselines(&healthy, &mut results.baselines).await?;
    Ok(results)
}

/// Returns the healthy clusters that the cases are compared with.
fn healthy(cases: &[&'static FaultCase]) -> Vec<FaultCase> {
    let compared = cases
        .iter()
        .filter(|case| matches!(case.kind, Kind::Steady(_)));
    let mut services: Vec<Service> = compared.map(|case| case.baseline).collect();
    services.sort_unstable_by_key(|it| (Reverse(it.nodes), it.enforces_authorization));
    services.dedup();
    services.into_iter().map(FaultCase::healthy).collect()
}

struct Runs<'a> {
    arguments: &'a Arguments,
    progress: Progress,
    made: usize,
}

impl Runs<'_> {
    async fn baselines(
        &mut self,
        healthy: &[FaultCase],
        baselines: &mut Vec<BaselineRun>,
    ) -> Outcome<()> {
        for case in healthy {
            for contender in &self.arguments.contenders {
                let run = self.next(case, *contender).await?;
                baselines.push(BaselineRun::of(case, *contender, &run));
            }
        }
        Ok(())
    }

    async fn next(&mut self, case: &FaultCase, contender: Contender) -> Outcome<Observations> {
        let title = contender.title();
        self.progress
            .set_message(format!("{}: {title}", case.title));
        self.made += 1;
        let run = run::run(case, contender, self.arguments.setting, self.made).await;
        self.progress.advance();
        run.map_err(|error| format!("{}, {}: {error}", case.name, contender.name()).into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nodes(names: &[&str]) -> Vec<usize> {
        let cases: Vec<_> = names
            .iter()
            .map(|name| FaultCase::named(name).unwrap())
            .collect();
        let healthy = healthy(&cases);
        healthy.iter().map(|case| case.service.nodes).collect()
    }

    #[test]
    fn only_the_healthy_clusters_that_are_needed_are_measured() {
        assert_eq!(nodes(&["hangs", "two-dead", "refuses"]), [3, 1]);
        assert_eq!(nodes(&["clock", "two-dead", "hangs"]), [3, 3, 1]);
        assert_eq!(nodes(&["two-dead"]), [1]);
        assert!(nodes(&["crash", "burst"]).is_empty());
    }
}
