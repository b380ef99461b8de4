//! All turns, one after the other.

use super::arguments::Arguments;
use super::case::{Case, Signing, Workers};
use super::contender::Contender;
use super::results::{Results, Turn};
use super::run::Harness;
use crate::Outcome;
use crate::progress::Progress;

pub(super) fn measure(arguments: &Arguments) -> Outcome<Results> {
    let mut results = Results::new(arguments);
    let kinds = arguments.operations.len() * Workers::ALL.len() * arguments.rounds;
    let signings = arguments.signings.iter();
    let turns: usize = signings
        .map(|it| kinds * participants(arguments, *it).len())
        .sum();
    let progress = Progress::new(turns, "turns");
    for signing in &arguments.signings {
        let service = arguments.service(*signing);
        let mut harness = Harness::start(service, arguments.callers, arguments.length)?;
        for case in cases(arguments, *signing) {
            for round in 0..arguments.rounds {
                for contender in participants(arguments, *signing) {
                    let (title, name) = (case.title(), contender.title);
                    progress.set_message(format!("{title}: {name}"));
                    let sample = harness.run_turn(case, contender);
                    progress.advance();
                    results.turns.push(Turn {
                        case,
                        contender,
                        round,
                        sample: sample.map_err(|error| format!("{title}, {name}: {error}"))?,
                    });
                }
            }
        }
    }
    Ok(results)
}

fn cases(arguments: &Arguments, signing: Signing) -> impl Iterator<Item = Case> {
    let operations = arguments.operations.iter().copied();
    operations.flat_map(move |operation| {
        Workers::ALL.map(|workers| Case {
            operation,
            signing,
            workers,
        })
    })
}

fn participants(arguments: &Arguments, signing: Signing) -> Vec<&'static Contender> {
    let contenders = arguments.contenders.iter().copied();
    contenders
        .filter(|it| it.signing.contains(&signing))
        .collect()
}
