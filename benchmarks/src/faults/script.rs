//! The scripts: the changes to the nodes, and their times.

use std::ops::Range;
use std::time::Duration;

use crate::nodes::{Change, Command};

/// A command at a time counted from the beginning of the load.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Step {
    pub(super) at: Duration,
    pub(super) command: Command,
}

impl Step {
    pub(super) fn new(at: Duration, command: Command) -> Self {
        Self { at, command }
    }
}

/// Node 1 has a fault from [`FAULT`] on.
pub(super) fn fault(change: Change) -> Vec<Step> {
    vec![Step::new(FAULT, Command::Change(1, change))]
}

/// Node 1 has a fault from [`FAULT`] on, which its connections do not survive.
pub(super) fn restart_with(change: Change) -> Vec<Step> {
    let mut steps = fault(change);
    steps.push(Step::new(FAULT, Command::Change(1, Change::Restart)));
    steps
}

/// These nodes are dead from [`FAULT`] on.
pub(super) fn stopped(nodes: &[usize]) -> Vec<Step> {
    let stop = |node: &usize| Step::new(FAULT, Command::Change(*node, Change::Stop));
    nodes.iter().map(stop).collect()
}

/// All are dead from [`FAULT`] on; node 1, which is the one that each contender knows, is back at half the time.
pub(super) fn all_dead(length: Duration) -> Vec<Step> {
    let mut steps = stopped(&[1, 2, 3]);
    steps.push(Step::new(length / 2, Command::Change(1, Change::Start)));
    steps
}

/// No node has a quorum from [`FAULT`] on for two seconds.
pub(super) fn no_quorum(_: Duration) -> Vec<Step> {
    let all =
        |at, change| (1..=NODES).map(move |node| Step::new(at, Command::Change(node, change)));
    let begin = all(FAULT, Change::NoQuorum);
    begin
        .chain(all(FAULT + NO_QUORUM, Change::Recover))
        .collect()
}

/// Each node in turn is dead for two seconds, or less where there is not as much time; the last second is without a
/// fault.
pub(super) fn rolling(length: Duration) -> Vec<Step> {
    let time = length.saturating_sub(FAULT + RECOVERY_TIME);
    let pause = (time / COUNT).min(Duration::from_secs(2));
    let mut at = FAULT;
    let mut steps = Vec::new();
    for node in 1..=NODES {
        steps.push(Step::new(at, Command::Change(node, Change::Stop)));
        at += pause;
        steps.push(Step::new(at, Command::Change(node, Change::Start)));
    }
    steps
}

/// Node 1 is stopped, and then started, every 300 ms.
pub(super) fn flapping(length: Duration) -> Vec<Step> {
    let mut at = FAULT;
    let mut changes = [Change::Stop, Change::Start].into_iter().cycle();
    let mut steps = Vec::new();
    while let Some(change) = changes.next().filter(|_| at < length) {
        steps.push(Step::new(at, Command::Change(1, change)));
        at += Duration::from_millis(300);
    }
    steps
}

/// Returns the period from the first to the last change.
pub(super) fn fault_period(steps: &[Step], length: Duration) -> Option<Range<Duration>> {
    let first = steps.first()?;
    let last = steps.last()?;
    let ends = matches!(
        last.command,
        Command::Change(_, Change::Start | Change::Recover)
    );
    Some(first.at..if ends { last.at } else { length })
}

/// The nodes of a cluster: as many as the three attempts of a request can reach.
pub(super) const NODES: usize = 3;
/// The beginning of the fault: connections are open by then, and discovery has its first responses.
pub(super) const FAULT: Duration = Duration::from_secs(1);
const NO_QUORUM: Duration = Duration::from_secs(2);
/// The time without a fault at the end of a rolling restart.
const RECOVERY_TIME: Duration = Duration::from_secs(1);
const COUNT: u32 = 3;

#[cfg(test)]
mod tests {
    use super::*;

    const LENGTH: Duration = Duration::from_secs(8);

    fn format_steps(steps: &[Step]) -> Vec<String> {
        let format_steps = |step: &Step| format!("{:.1} {}", step.at.as_secs_f64(), step.command);
        steps.iter().map(format_steps).collect()
    }

    #[test]
    fn a_rolling_restart_has_one_node_down_at_a_time() {
        let expected = [
            "1.0 stop 1",
            "3.0 start 1",
            "3.0 stop 2",
            "5.0 start 2",
            "5.0 stop 3",
            "7.0 start 3",
        ];
        assert_eq!(format_steps(&rolling(LENGTH)), expected);
    }

    #[test]
    fn a_short_rolling_restart_still_has_all_nodes() {
        let steps = rolling(Duration::from_secs(5));
        assert_eq!(steps.len(), 6);
        assert_eq!(format_steps(&steps).last().unwrap(), "4.0 start 3");
    }

    #[test]
    fn flapping_lasts_to_the_end() {
        let steps = flapping(LENGTH);
        assert_eq!(
            format_steps(&steps)[..3],
            ["1.0 stop 1", "1.3 start 1", "1.6 stop 1"]
        );
        assert!(steps.iter().all(|step| step.at < LENGTH));
        assert!(steps.last().unwrap().at >= LENGTH - Duration::from_millis(300));
    }

    #[test]
    fn a_fault_lasts_until_the_last_node_is_back() {
        let second = Duration::from_secs(1);
        assert_eq!(
            fault_period(&rolling(LENGTH), LENGTH),
            Some(second..7 * second)
        );
        assert_eq!(
            fault_period(&all_dead(LENGTH), LENGTH),
            Some(second..4 * second)
        );
        assert_eq!(
            fault_period(&no_quorum(LENGTH), LENGTH),
            Some(second..3 * second)
        );
        assert_eq!(
            fault_period(&fault(Change::Hang), LENGTH),
            Some(second..LENGTH)
        );
        assert_eq!(
            fault_period(&restart_with(Change::ExpiredCertificate), LENGTH),
            Some(second..LENGTH)
        );
        assert_eq!(fault_period(&[], LENGTH), None);
    }
}
