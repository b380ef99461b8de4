//! A dump, as the steps of a replay.

use super::decisions::{Change, Decision};
use alternator_lb_core::discovery::parse_seed;
use alternator_lb_core::health::{EjectionReason, Outcome};
use alternator_lb_core::topology::NodeUrl;
use serde_json::Value;
use std::collections::{HashMap, HashSet};
use std::time::Duration;

/// What is read of a dump.
#[derive(Debug)]
pub(super) struct Dump {
    /// The nodes at the time of the dump, with their priorities.
    pub(super) nodes: Vec<(NodeUrl, usize)>,
    /// By their time.
    pub(super) steps: Vec<(Duration, Step)>,
}

#[derive(Clone, Debug)]
pub(super) enum Step {
    /// An attempt has ended.
    Attempt(Attempt),
    /// This many ordinary attempts on a node, which have no entries.
    Ordinary { node: NodeUrl, count: u32 },
    /// The list of nodes has changed.
    NodesChanged {
        added: Vec<NodeUrl>,
        removed: Vec<NodeUrl>,
    },
    /// The health of a node has changed.
    Health(HealthChange),
    /// Panic mode has begun or ended.
    PanicMode(bool),
}

#[derive(Clone, Debug)]
pub(super) struct Attempt {
    pub(super) node: NodeUrl,
    pub(super) is_probe: bool,
    pub(super) outcome: Outcome,
    pub(super) status: Option<u16>,
    pub(super) duration: Duration,
    /// The number of responses of the node before.
    pub(super) responses: u64,
}

#[derive(Clone, Debug)]
pub(super) struct HealthChange {
    pub(super) node: NodeUrl,
    pub(super) change: Change,
    /// True if the health checker made it, or a response that has no entry, and no attempt that has one.
    pub(super) is_input: bool,
    pub(super) is_unresponsive: bool,
}

/// The number of ordinary attempts between two entries that are replayed at most: more responses of a healthy node change
/// nothing.
const MAX_ORDINARY: u64 = 10_000;

/// Responses that are older than an outcome window change nothing either.
const WINDOW: Duration = Duration::from_secs(10);

/// The number of steps between two entries in which they are replayed.
const ORDINARY_STEPS: u32 = 100;

/// How long after an attempt's entry the change that it made is recorded, at most.
const SAME_TIME: Duration = Duration::from_millis(5);

impl Dump {
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let mut this = Self {
            nodes: Vec::new(),
            steps: Vec::new(),
        };
        for (number, line) in text.lines().enumerate() {
            let value: Value = serde_json::from_str(line)
                .map_err(|error| format!("line {}: {error}", number + 1))?;
            this.read(&value)
                .ok_or_else(|| format!("line {}: it has not the fields of its type", number + 1))?;
        }
        match this.nodes.is_empty() {
            true => Err("it has no line of a node".to_owned()),
            false => {
                this.mark_inputs();
                this.add_ordinary();
                Ok(this)
            }
        }
    }

    /// Reads a line; none if it lacks a field.
    fn read(&mut self, line: &Value) -> Option<()> {
        let step = match line["type"].as_str()? {
            "node" => {
                let priority = usize::try_from(line["priority"].as_u64()?).ok()?;
                self.nodes.push((url(&line["url"])?, priority));
                return Some(());
            }
            "attempt" => Step::Attempt(Attempt {
                node: url(&line["node"])?,
                is_probe: line["reason"] == "probe",
                outcome: outcome(line["outcome"].as_str()?)?,
                status: line["status"].as_u64().and_then(|it| it.try_into().ok()),
                duration: millis(&line["duration_ms"])?,
                responses: line["responses"].as_u64()?,
            }),
            "event" => match of_event(line)? {
                Some(step) => step,
                None => return Some(()),
            },
            _ => return Some(()),
        };
        self.steps.push((millis(&line["at_ms"])?, step));
        Some(())
    }

    /// Tells the changes of health that an attempt made from those that came from outside.
    fn mark_inputs(&mut self) {
        let mut last_attempt: Option<(Duration, NodeUrl)> = None;
        for (at, step) in &mut self.steps {
            match step {
                Step::Attempt(attempt) => last_attempt = Some((*at, attempt.node.clone())),
                Step::Health(health) => {
                    health.is_input = last_attempt.as_ref().is_none_or(|(ended, node)| {
                        *node != health.node || *ended + SAME_TIME < *at
                    });
                }
                _ => {}
            }
        }
    }

    /// Adds the responses that have no entries: those of a node between two of its entries, evenly.
    fn add_ordinary(&mut self) {
        let mut ordinary = Vec::new();
        let mut last: HashMap<&NodeUrl, (Duration, u64)> = HashMap::new();
        for (at, step) in &self.steps {
            if let Step::Attempt(attempt) = step {
                let after = attempt.responses + u64::from(attempt.outcome.has_response());
                let before = last.insert(&attempt.node, (*at, after));
                let (since, before) = before.unwrap_or_default();
                let count = attempt.responses.saturating_sub(before);
                let since = since.max(at.saturating_sub(WINDOW));
                ordinary.extend(spread(&attempt.node, count.min(MAX_ORDINARY), since, *at));
            }
        }
        self.steps.extend(ordinary);
        // Stable: entries of the same time keep their order.
        self.steps.sort_by_key(|(at, _)| *at);
    }

    /// The decisions that the library made.
    pub(super) fn decisions(&self) -> impl Iterator<Item = Decision> {
        self.steps.iter().filter_map(|(at, step)| match step {
            Step::Health(health) if !health.is_input => Some(Decision {
                at: *at,
                node: Some(health.node.clone()),
                change: health.change,
            }),
            Step::PanicMode(is_on) => Some(Decision::of_panic_mode(*at, *is_on)),
            _ => None,
        })
    }

    /// The nodes that were admitted.
    pub(super) fn admitted(&self) -> HashSet<NodeUrl> {
        let admitted = self.steps.iter().filter_map(|(_, step)| match step {
            Step::Health(health) if health.change == Change::Admitted => Some(health.node.clone()),
            _ => None,
        });
        admitted.collect()
    }

    /// The nodes before the first step: those of the end, with all changes undone.
    pub(super) fn first_nodes(&self) -> Vec<(NodeUrl, usize)> {
        let mut nodes = self.nodes.clone();
        for (_, step) in self.steps.iter().rev() {
            if let Step::NodesChanged { added, removed } = step {
                nodes.retain(|(node, _)| !added.contains(node));
                nodes.extend(removed.iter().map(|node| (node.clone(), 0)));
            }
        }
        nodes
    }
}

fn spread(
    node: &NodeUrl,
    count: u64,
    since: Duration,
    until: Duration,
) -> impl Iterator<Item = (Duration, Step)> {
    let count = u32::try_from(count).unwrap_or(u32::MAX);
    let until_step = move |step: u32| count * step / ORDINARY_STEPS;
    (0..ORDINARY_STEPS).filter_map(move |step| {
        let count = until_step(step + 1) - until_step(step);
        let at = since + (until - since) * step / ORDINARY_STEPS;
        let node = node.clone();
        (count > 0).then_some((at, Step::Ordinary { node, count }))
    })
}

fn of_event(line: &Value) -> Option<Option<Step>> {
    let health = |change| {
        let unresponsive = EjectionReason::Unresponsive.to_string();
        Some(Step::Health(HealthChange {
            node: url(&line["node"])?,
            change,
            is_input: false,
            is_unresponsive: line["reason"] == unresponsive,
        }))
    };
    Some(match line["event"].as_str()? {
        "nodes_changed" => Some(Step::NodesChanged {
            added: urls(&line["added"])?,
            removed: urls(&line["removed"])?,
        }),
        "node_ejected" => Some(health(Change::Ejected)?),
        "probe_failed" => Some(health(Change::ProbeFailed)?),
        "node_admitted" => Some(health(Change::Admitted)?),
        "node_restored" => Some(health(Change::Restored)?),
        "panic_mode_entered" => Some(Step::PanicMode(true)),
        "panic_mode_exited" => Some(Step::PanicMode(false)),
        _ => None,
    })
}

fn url(value: &Value) -> Option<NodeUrl> {
    parse_seed(value.as_str()?).ok()
}

fn urls(values: &Value) -> Option<Vec<NodeUrl>> {
    values.as_array()?.iter().map(url).collect()
}

fn millis(value: &Value) -> Option<Duration> {
    Duration::try_from_secs_f64(value.as_f64()? / 1e3).ok()
}

fn outcome(name: &str) -> Option<Outcome> {
    let mut outcomes = Outcome::ALL.into_iter();
    outcomes.find(|outcome| outcome.name() == name)
}
