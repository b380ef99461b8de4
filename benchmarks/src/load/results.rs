//! The results of all turns.

use std::time::Duration;

use super::arguments::Arguments;
use super::case::{Case, Operation, Signing, Workers};
use super::contender::Contender;
use super::run::Sample;
use super::spread::Spread;

/// The results that the report shows.
#[derive(Debug)]
pub(super) struct Results {
    pub(super) operations: Vec<Operation>,
    pub(super) signings: Vec<Signing>,
    pub(super) contenders: Vec<&'static Contender>,
    pub(super) length: Duration,
    pub(super) rounds: usize,
    pub(super) callers: usize,
    /// True if the nodes served HTTPS.
    pub(super) tls: bool,
    pub(super) turns: Vec<Turn>,
}

/// One turn of a contender.
#[derive(Debug)]
pub(super) struct Turn {
    pub(super) case: Case,
    pub(super) contender: &'static Contender,
    pub(super) round: usize,
    pub(super) sample: Sample,
}

impl Results {
    pub(super) fn new(arguments: &Arguments) -> Self {
        Self {
            operations: arguments.operations.clone(),
            signings: arguments.signings.clone(),
            contenders: arguments.contenders.clone(),
            length: arguments.length,
            rounds: arguments.rounds,
            callers: arguments.callers,
            tls: arguments.tls,
            turns: Vec::new(),
        }
    }

    /// Returns all that was measured, in order.
    pub(super) fn cases(&self) -> impl Iterator<Item = Case> {
        self.signings.iter().flat_map(|signing| {
            self.operations.iter().flat_map(|operation| {
                Workers::ALL.map(|workers| Case {
                    operation: *operation,
                    signing: *signing,
                    workers,
                })
            })
        })
    }

    /// Returns a contender's figures, if it took part.
    pub(super) fn figures(
        &self,
        case: Case,
        contender: &Contender,
        figure: fn(&Sample) -> f64,
    ) -> Option<Spread> {
        Spread::of(self.of(case, contender).map(|turn| figure(&turn.sample)))
    }

    /// Returns how a contender's figures compare with those of the SDK alone in the same rounds.
    pub(super) fn ratios(
        &self,
        case: Case,
        contender: &Contender,
        figure: fn(&Sample) -> f64,
    ) -> Option<Spread> {
        let base = |round| {
            let mut turns = self.turns.iter();
            turns.find(|it| it.contender.is_baseline() && it.case == case && it.round == round)
        };
        Spread::of(self.of(case, contender).filter_map(|turn| {
            let base = figure(&base(turn.round)?.sample);
            (base > 0.0).then(|| figure(&turn.sample) / base)
        }))
    }

    /// Returns what other programs took of the processors while a case was measured, where that is known.
    pub(super) fn other_programs(&self, case: Case) -> Option<Spread> {
        let turns = self.turns.iter().filter(|it| it.case == case);
        Spread::of(turns.filter_map(|turn| turn.sample.other_programs))
    }

    fn of(&self, case: Case, contender: &Contender) -> impl Iterator<Item = &Turn> {
        let turns = self.turns.iter();
        turns.filter(move |it| it.case == case && it.contender == contender)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in crate::load) const CASE: Case = Case {
        operation: Operation::GetItem,
        signing: Signing::Unsigned,
        workers: Workers::One,
    };

    /// Rounds in which contenders took so many microseconds per operation.
    pub(in crate::load) fn results(case: Case, rounds: &[&[(&str, f64)]]) -> Results {
        let mut results = Results::new(&Arguments::default());
        for (round, turns) in rounds.iter().enumerate() {
            results
                .turns
                .extend(turns.iter().map(|(name, client)| Turn {
                    case,
                    contender: Contender::named(name).unwrap(),
                    round,
                    sample: Sample {
                        throughput: 1e6 / client,
                        client_micros: *client,
                        node_micros: 10.0,
                        other_programs: None,
                    },
                }));
        }
        results
    }

    #[test]
    fn each_round_is_compared_within_itself() {
        let rounds: [&[_]; 3] = [
            &[("sdk", 60.0), ("plugin", 30.0)],
            &[("sdk", 120.0), ("plugin", 90.0)],
            &[("sdk", 100.0), ("plugin", 60.0)],
        ];
        let results = results(CASE, &rounds);
        let plugin = Contender::named("plugin").unwrap();
        let ratios = results.ratios(CASE, plugin, |it| it.client_micros).unwrap();
        assert_eq!((ratios.least, ratios.median, ratios.most), (0.5, 0.6, 0.75));
        let figures = results
            .figures(CASE, plugin, |it| it.client_micros)
            .unwrap();
        assert_eq!(figures.median, 60.0);
    }

    #[test]
    fn ratios_need_the_sdk_as_baseline() {
        let results = results(CASE, &[&[("plugin", 60.0)]]);
        let plugin = Contender::named("plugin").unwrap();
        assert_eq!(results.ratios(CASE, plugin, |it| it.client_micros), None);
        let official = Contender::named("official").unwrap();
        assert_eq!(results.figures(CASE, official, |it| it.client_micros), None);
    }
}
