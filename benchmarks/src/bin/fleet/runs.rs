//! Runs scenarios, one per core at a time.

use crate::metadata::{METADATA_SCENARIOS, MetadataScenario, MetadataWorld};
use crate::scenarios::{SCENARIOS, Scenario};
use crate::world::World;
use benchmarks::fleet::{Arguments, MetadataRecord, Progress, Record};
use std::num::NonZero;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

/// The results of the scenarios, in their order.
#[derive(Debug, Default)]
pub(crate) struct Runs {
    pub(crate) operations: Vec<(&'static Scenario, Record)>,
    pub(crate) metadata: Vec<(&'static MetadataScenario, MetadataRecord)>,
}

/// A scenario of either kind.
#[derive(Clone, Copy, Debug)]
enum Run {
    Operations(&'static Scenario),
    Metadata(&'static MetadataScenario),
}

/// Runs the scenarios that the arguments select. Each has a world of its own, so the order does not matter.
pub(crate) fn run_all(arguments: &Arguments) -> Runs {
    let operations = SCENARIOS.iter().map(Run::Operations);
    let metadata = METADATA_SCENARIOS.iter().map(Run::Metadata);
    let is_wanted = |run: &Run| {
        arguments.only.is_empty() || arguments.only.iter().any(|name| name == run.name())
    };
    let wanted: Vec<Run> = operations.chain(metadata).filter(is_wanted).collect();
    let seconds = wanted.iter().map(|run| run.seconds()).sum::<u64>();
    let seconds = usize::try_from(seconds).unwrap_or(usize::MAX);
    let progress = Progress::new(seconds, "simulated seconds");
    let next = AtomicUsize::new(0);
    let runs = Mutex::new(Runs::default());
    let work = || {
        while let Some(run) = wanted.get(next.fetch_add(1, Ordering::Relaxed)) {
            run.play(arguments, &progress, &runs);
        }
    };
    let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
    std::thread::scope(|scope| {
        for _ in 0..cores.min(wanted.len()) {
            scope.spawn(work);
        }
    });
    let mut runs = runs.into_inner().unwrap_or_else(PoisonError::into_inner);
    let position = |name| wanted.iter().position(|run| run.name() == name);
    runs.operations.sort_by_key(|(it, _)| position(it.name));
    runs.metadata.sort_by_key(|(it, _)| position(it.name));
    runs
}

impl Run {
    fn name(self) -> &'static str {
        match self {
            Self::Operations(scenario) => scenario.name,
            Self::Metadata(scenario) => scenario.name,
        }
    }

    fn seconds(self) -> u64 {
        match self {
            Self::Operations(scenario) => scenario.timeline().end().as_secs(),
            Self::Metadata(scenario) => scenario.length().as_secs(),
        }
    }

    fn play(self, arguments: &Arguments, progress: &Progress, runs: &Mutex<Runs>) {
        let lock = || runs.lock().unwrap_or_else(PoisonError::into_inner);
        match self {
            Self::Operations(scenario) => {
                let record = World::new(scenario, &arguments.of_outages()).run(progress);
                lock().operations.push((scenario, record));
            }
            Self::Metadata(scenario) => {
                let record = MetadataWorld::new(scenario, arguments).run(progress);
                lock().metadata.push((scenario, record));
            }
        }
    }
}
