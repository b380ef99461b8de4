//! The state after the last fault.

use std::collections::HashMap;
use std::time::Duration;

use alternator_lb_sdk::NodeState;
use aws_sdk_dynamodb::types::AttributeValue;
use tokio::time::{self, Instant};

use super::access::{Access, KEY, TABLE};
use super::plan::NODES;
use super::setting::{PAUSE, RECOVERY};
use super::shared::Shared;
use super::violation::Violation;

/// The reads of a round: 20 of each node.
const READS: u64 = 20 * NODES as u64;

/// The deviation from the mean that is tolerated: a tenth.
const TOLERATED: u64 = READS / NODES as u64 / 10;

/// Reads in sequence until all nodes are up and take the same share, and no operation of any client fails meanwhile.
/// Returns how long that takes.
pub(super) async fn recover(witness: &Access, shared: &Shared) -> Result<Duration, Violation> {
    let begin = Instant::now();
    loop {
        let before = Requests::of(witness);
        let failed = shared.failures().total();
        let mut own_failures = 0;
        for _ in 0..READS {
            own_failures += u64::from(!read(witness).await);
        }
        let failed = shared.failures().total() - failed + own_failures;
        let problem = problem(&before, &Requests::of(witness), failed);
        if let Some(problem) = &problem {
            eprintln!("{:11}not recovered: {problem}", "");
        }
        match problem {
            None => return Ok(begin.elapsed()),
            Some(problem) if begin.elapsed() > RECOVERY => {
                return Err(Violation::NotRecovered(RECOVERY, problem));
            }
            Some(_) => {}
        }
    }
}

/// Reads in sequence for ever, so that the client meets all faults.
pub(super) async fn keep_reading(witness: &Access) {
    loop {
        read(witness).await;
        time::sleep(PAUSE).await;
    }
}

/// Reads an item that does not exist. Returns whether that succeeds.
async fn read(witness: &Access) -> bool {
    let key = AttributeValue::S("witness".to_owned());
    let get = witness.client.get_item().table_name(TABLE).key(KEY, key);
    get.send().await.is_ok()
}

/// The requests of each node, and whether all are up.
#[derive(Clone, Debug, Default)]
struct Requests {
    of_nodes: HashMap<String, u64>,
    down: Vec<String>,
}

impl Requests {
    fn of(access: &Access) -> Self {
        let mut this = Self::default();
        for node in access.alternator.nodes() {
            if node.state() != NodeState::Up || node.is_in_slow_start() {
                this.down.push(node.url().to_owned());
            }
            this.of_nodes.insert(node.url().to_owned(), node.requests());
        }
        this
    }
}

/// Returns what is wrong after a round of reads.
fn problem(before: &Requests, after: &Requests, failed: u64) -> Option<String> {
    if after.of_nodes.len() != NODES {
        return Some(format!(
            "{} nodes are known of {NODES}",
            after.of_nodes.len()
        ));
    }
    if let Some(node) = after.down.first() {
        return Some(format!("{node} is not up"));
    }
    if failed > 0 {
        return Some(format!("{failed} operations failed"));
    }
    let mean = READS / NODES as u64;
    after.of_nodes.iter().find_map(|(node, requests)| {
        let requests = requests
            - before
                .of_nodes
                .get(node)
                .copied()
                .unwrap_or(0)
                .min(*requests);
        let is_even = requests.abs_diff(mean) <= TOLERATED;
        (!is_even).then(|| format!("{node} got {requests} of {READS} requests"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn requests(of_nodes: [u64; NODES]) -> Requests {
        let of_nodes = of_nodes.into_iter().enumerate();
        Requests {
            of_nodes: of_nodes
                .map(|(node, count)| (node.to_string(), count))
                .collect(),
            down: Vec::new(),
        }
    }

    #[test]
    fn even_load_without_failures_is_recovered() {
        let before = requests([7; NODES]);
        let even = requests([27, 27, 27, 27, 29, 25]);
        assert_eq!(problem(&before, &even, 0), None);
        assert!(problem(&before, &even, 1).is_some());
        let uneven = requests([27, 27, 27, 27, 30, 24]);
        assert!(problem(&before, &uneven, 0).is_some());
        assert!(problem(&before, &Requests::default(), 0).is_some());
        let down = Requests {
            down: vec!["0".to_owned()],
            ..even
        };
        assert!(problem(&before, &down, 0).is_some());
    }
}
