//! All runs, one after the other.

use super::arguments::Arguments;
use super::contender::Contender;
use super::results::{Base, Measured, Results};
use super::row::{Kind, Row};
use super::run::{self, Run};
use crate::Outcome;
use crate::progress::Progress;

pub(super) async fn measure(arguments: &Arguments) -> Outcome<Results> {
    let healthy = healthy(&arguments.rows);
    let rounds = arguments.rows.len() + 2 * healthy.len();
    let mut runs = Runs {
        arguments,
        progress: Progress::new(rounds * arguments.contenders.len(), "runs"),
        made: 0,
    };
    let mut results = Results::new(arguments);
    runs.bases(&healthy, &mut results.bases).await?;
    for row in &arguments.rows {
        for contender in &arguments.contenders {
            let run = runs.next(row, *contender).await?;
            results.measured.push(Measured::of(row, *contender, &run));
        }
    }
    runs.bases(&healthy, &mut results.bases).await?;
    Ok(results)
}

/// Returns the healthy clusters that the rows are compared with.
fn healthy(rows: &[&'static Row]) -> Vec<Row> {
    let compared = rows
        .iter()
        .filter(|row| matches!(row.kind, Kind::Steady(_)));
    let mut nodes: Vec<usize> = compared.map(|row| row.base).collect();
    nodes.sort_unstable_by(|one, other| other.cmp(one));
    nodes.dedup();
    nodes.into_iter().map(Row::healthy).collect()
}

struct Runs<'a> {
    arguments: &'a Arguments,
    progress: Progress,
    made: usize,
}

impl Runs<'_> {
    async fn bases(&mut self, healthy: &[Row], bases: &mut Vec<Base>) -> Outcome<()> {
        for row in healthy {
            for contender in &self.arguments.contenders {
                let run = self.next(row, *contender).await?;
                bases.push(Base::of(row, *contender, &run));
            }
        }
        Ok(())
    }

    async fn next(&mut self, row: &Row, contender: Contender) -> Outcome<Run> {
        let title = contender.title();
        self.progress.begins(format!("{}: {title}", row.title));
        self.made += 1;
        let run = run::run(row, contender, self.arguments.setting, self.made).await;
        self.progress.passed();
        run.map_err(|error| format!("{}, {}: {error}", row.name, contender.name()).into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nodes(names: &[&str]) -> Vec<usize> {
        let rows: Vec<_> = names.iter().map(|name| Row::named(name).unwrap()).collect();
        healthy(&rows).iter().map(|row| row.nodes).collect()
    }

    #[test]
    fn only_the_healthy_clusters_that_are_needed_are_measured() {
        assert_eq!(nodes(&["hangs", "two-dead", "refuses"]), [3, 1]);
        assert_eq!(nodes(&["two-dead"]), [1]);
        assert!(nodes(&["crash", "burst"]).is_empty());
    }
}
