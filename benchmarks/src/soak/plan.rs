//! The plan of faults: which, where, when and for how long, by the seed alone.

use std::fmt;
use std::time::Duration;

use super::fault::Fault;

/// The faults of a run, in the order of their beginnings.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Plan {
    pub(super) episodes: Vec<Episode>,
}

/// One fault. Times count from the beginning of the run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Episode {
    pub(super) begin: Duration,
    pub(super) end: Duration,
    pub(super) node: usize,
    pub(super) fault: Fault,
}

/// A change of the cluster.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Step {
    pub(super) at: Duration,
    /// The number of the episode.
    pub(super) episode: usize,
    pub(super) begins: bool,
}

/// The nodes of the cluster: two in each of three racks.
pub(super) const NODES: usize = 6;

/// The nodes that never leave. They are the seeds: a client that starts with a seed of another cluster belongs to that.
pub(super) const SEEDS: usize = 2;

/// Clients are connected by then, and token maps are read.
const FIRST: Duration = Duration::from_secs(4);

impl Plan {
    /// Makes the plan. Faults end before the last sixth of the run.
    ///
    /// A round has one fault or two, on different nodes, and a pause follows. Each kind of fault occurs before any occurs
    /// again.
    pub(super) fn new(seed: u64, length: Duration) -> Self {
        let mut rng = fastrand::Rng::with_seed(seed);
        let last = length * 5 / 6;
        let mut kinds = Kinds::default();
        let mut episodes: Vec<Episode> = Vec::new();
        let mut at = FIRST;
        loop {
            let first = kinds.next(&mut rng);
            let mut round = vec![episode(first, at, &[], &mut rng)];
            if first != Fault::AllDown && rng.bool() {
                let second = kinds.next(&mut rng);
                match second {
                    Fault::AllDown => kinds.put_back(second),
                    _ => round.push(episode(second, at, &round, &mut rng)),
                }
            }
            let end = round.iter().map(|episode| episode.end).max().unwrap_or(at);
            if end > last {
                return Self { episodes };
            }
            episodes.extend(round);
            at = end + Duration::from_millis(rng.u64(500..3_000));
        }
    }

    /// Returns the changes in the order of their times.
    pub(super) fn steps(&self) -> Vec<Step> {
        let episodes = self.episodes.iter().enumerate();
        let steps = episodes.flat_map(|(number, episode)| {
            let step = |at, begins| Step {
                at,
                episode: number,
                begins,
            };
            [step(episode.begin, true), step(episode.end, false)]
        });
        let mut steps: Vec<Step> = steps.collect();
        steps.sort_by_key(|step| step.at);
        steps
    }
}

/// Makes an episode of a round that begins at this time, on a node that the `others` do not have.
fn episode(fault: Fault, at: Duration, others: &[Episode], rng: &mut fastrand::Rng) -> Episode {
    let first = if fault.removes_node() { SEEDS } else { 0 };
    let is_free = |node: &usize| others.iter().all(|other| other.node != *node);
    let free: Vec<usize> = (first..NODES).filter(is_free).collect();
    let begin = at + Duration::from_millis(rng.u64(..1_500));
    let length = match fault {
        Fault::AllDown => rng.u64(500..3_000),
        _ => rng.u64(1_500..9_000),
    };
    Episode {
        begin,
        end: begin + Duration::from_millis(length),
        node: rng.choice(free).unwrap_or_default(),
        fault,
    }
}

/// Returns the kinds of faults in random order, each once before any returns.
#[derive(Debug, Default)]
struct Kinds {
    left: Vec<usize>,
    returned: Option<Fault>,
}

impl Kinds {
    fn next(&mut self, rng: &mut fastrand::Rng) -> Fault {
        if let Some(fault) = self.returned.take() {
            return fault;
        }
        if self.left.is_empty() {
            self.left = (0..Fault::KINDS).collect();
            rng.shuffle(&mut self.left);
        }
        let kind = self.left.pop().unwrap_or_default();
        Fault::of_kind(kind, rng)
    }

    fn put_back(&mut self, fault: Fault) {
        self.returned = Some(fault);
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, episode) in self.episodes.iter().enumerate() {
            writeln!(f, "{number:4}  {episode}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Episode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            begin,
            end,
            node,
            fault,
        } = self;
        let (begin, end) = (begin.as_secs_f64(), end.as_secs_f64());
        match fault {
            Fault::AllDown | Fault::Join => write!(f, "{begin:7.1} to {end:7.1} s: {fault}"),
            _ => write!(f, "{begin:7.1} to {end:7.1} s: node {node}, {fault}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;
    use std::mem::discriminant;

    const LENGTH: Duration = Duration::from_secs(600);

    #[test]
    fn plan_is_a_function_of_the_seed() {
        assert_eq!(Plan::new(7, LENGTH), Plan::new(7, LENGTH));
        assert_ne!(Plan::new(7, LENGTH), Plan::new(8, LENGTH));
        let first = Plan::new(7, LENGTH).episodes.remove(0);
        assert_eq!(
            first.to_string(),
            "    4.6 to    10.0 s: node 2, throttle, 80 %"
        );
    }

    #[test]
    fn longer_run_begins_as_a_shorter_one() {
        let (short, long) = (Plan::new(3, LENGTH / 5), Plan::new(3, LENGTH));
        assert!(long.episodes.starts_with(&short.episodes));
        assert!(long.episodes.len() > short.episodes.len());
    }

    #[test]
    fn each_kind_of_fault_occurs_in_ten_minutes() {
        for seed in 0..20 {
            let plan = Plan::new(seed, LENGTH);
            let kinds: HashSet<_> = plan
                .episodes
                .iter()
                .map(|it| discriminant(&it.fault))
                .collect();
            assert_eq!(kinds.len(), Fault::KINDS, "seed {seed}");
        }
    }

    #[test]
    fn at_most_two_nodes_have_a_fault_and_never_beside_a_crash_of_all() {
        for seed in 0..50 {
            let Plan { episodes } = Plan::new(seed, LENGTH);
            for episode in &episodes {
                let others = episodes.iter().filter(|other| {
                    *other != episode && other.begin <= episode.end && episode.begin <= other.end
                });
                let others: Vec<&Episode> = others.collect();
                assert!(others.len() <= 1, "seed {seed}: {episode}");
                assert!(others.iter().all(|other| other.node != episode.node));
                assert!(episode.fault != Fault::AllDown || others.is_empty());
            }
        }
    }

    #[test]
    fn seeds_never_leave_and_the_end_is_without_faults() {
        for seed in 0..50 {
            for episode in Plan::new(seed, LENGTH).episodes {
                assert!(!episode.fault.removes_node() || episode.node >= SEEDS);
                assert!(episode.begin >= FIRST && episode.end <= LENGTH * 5 / 6);
                assert!(episode.node < NODES);
            }
        }
    }

    #[test]
    fn each_episode_begins_and_ends_in_the_order_of_time() {
        let plan = Plan::new(1, LENGTH);
        let steps = plan.steps();
        assert!(steps.is_sorted_by_key(|step| step.at));
        assert_eq!(steps.len(), 2 * plan.episodes.len());
    }
}
