//! The process of the nodes: the program itself, called with `serve`.
//!
//! It executes the commands on its standard input and ends at its end, so that no nodes outlive a killed parent.

use std::io::{self, BufRead, Write};

use alternator_test_cluster::{Fault, Node, RawResponse, TestCluster};
use cpu_time::ProcessTime;

use super::{Change, Command, Service};
use crate::Outcome;

/// Starts the nodes, writes `ready` and their addresses, and executes commands until the input ends.
pub(crate) fn serve(service: Service) -> Outcome<()> {
    let mut cluster = TestCluster::builder()
        .nodes(service.nodes)
        .fixed_response("GetItem", ITEM)
        .fixed_response("PutItem", EMPTY_RESPONSE);
    if service.enforces_authorization {
        cluster = cluster.authorization(Service::ROLE, Service::SECRET);
    }
    let cluster = cluster.start()?;
    let mut output = io::stdout().lock();
    let addresses = cluster.nodes().into_iter().map(|node| node.address());
    respond(&mut output, "ready", addresses)?;
    for line in io::stdin().lock().lines() {
        match execute(&cluster, &line?) {
            Ok(numbers) => respond(&mut output, "ok", numbers)?,
            Err(error) => respond(&mut output, "error", [error])?,
        }
    }
    Ok(())
}

fn respond<T: ToString>(
    output: &mut impl Write,
    first: &str,
    rest: impl IntoIterator<Item = T>,
) -> io::Result<()> {
    let words = std::iter::once(first.to_owned()).chain(rest.into_iter().map(|it| it.to_string()));
    writeln!(output, "{}", words.collect::<Vec<_>>().join(" "))?;
    output.flush()
}

fn execute(cluster: &TestCluster, line: &str) -> Result<Vec<u64>, String> {
    let nodes = cluster.nodes();
    match line.parse()? {
        Command::Requests => {
            let requests = nodes.iter().map(|node| node.counters().requests);
            Ok(requests.collect())
        }
        Command::Connections => {
            let counters = nodes.iter().map(Node::counters);
            Ok(counters
                .flat_map(|it| [it.connections, it.open_connections])
                .collect())
        }
        Command::ProcessorTime => {
            let used = ProcessTime::try_now().map_err(|error| error.to_string())?;
            let nanos = used.as_duration().as_nanos();
            Ok(vec![u64::try_from(nanos).unwrap_or(u64::MAX)])
        }
        Command::Change(number, change) => {
            let node = number.checked_sub(1).and_then(|index| nodes.get(index));
            apply(node.ok_or_else(|| format!("no node {number}"))?, change)?;
            Ok(Vec::new())
        }
    }
}

fn apply(node: &Node, change: Change) -> Result<(), String> {
    match change {
        Change::Stop => node.stop(),
        Change::Start => node.start().map_err(|error| error.to_string())?,
        Change::Recover => {
            node.recover();
            node.restore_responses();
        }
        Change::Hang => node.inject(Fault::Hang),
        Change::BlackHole => node.inject(Fault::BlackHole),
        Change::StallAfterHeaders => node.inject(Fault::StallAfterHeaders),
        Change::Delay(delay) => node.inject(Fault::Delay(delay)),
        Change::SlowShare(share, delay) => node.inject(Fault::SlowShare { share, delay }),
        Change::Errors(share) => node.inject(Fault::ServerError { share }),
        Change::Throttle(share) => node.inject(Fault::Throttle { share }),
        Change::NoQuorum => node.set_response(RawResponse::new(500, NO_QUORUM)),
        Change::WebServer => {
            let page = RawResponse::new(200, WEB_PAGE).content_type("text/html");
            node.set_response(page.to_all_requests());
        }
        Change::LoseConnections => node.lose_connections(),
        Change::ClockAhead(by) => node.set_clock_ahead(by),
    }
    Ok(())
}

/// Fixed responses bypass the engine, so that the nodes use as little as possible of the machine that clients share.
const ITEM: &str = r#"{"Item":{"k":{"S":"a"},"v":{"N":"1"},"name":{"S":"An example"},"owner":{"S":"alternator"},"done":{"BOOL":true}}}"#;
const EMPTY_RESPONSE: &str = "{}";

/// The response of ScyllaDB 2026.3 with two of three replicas down.
const NO_QUORUM: &str = r#"{"__type":"com.amazonaws.dynamodb.v20120810#InternalServerError","message":"Internal server error: exceptions::unavailable_exception (Cannot achieve consistency level for cl LOCAL_QUORUM. Requires 2, alive 1)"}"#;
const WEB_PAGE: &str = "<html><body>It works!</body></html>";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nodes_are_counted_from_one() {
        let cluster = TestCluster::builder().nodes(2).start().unwrap();
        assert_eq!(execute(&cluster, "stop 2"), Ok(vec![]));
        assert!(cluster.node(0).is_running());
        assert!(!cluster.node(1).is_running());
        assert_eq!(execute(&cluster, "start 2"), Ok(vec![]));
        assert!(cluster.node(1).is_running());
        assert_eq!(execute(&cluster, "requests"), Ok(vec![0, 0]));
        assert_eq!(execute(&cluster, "connections"), Ok(vec![0; 4]));
    }

    #[test]
    fn processor_time_is_monotonic() {
        let cluster = TestCluster::builder().nodes(1).start().unwrap();
        let used = || execute(&cluster, "processor-time").unwrap();
        let (first, second) = (used(), used());
        assert!(first[0] > 0);
        assert!(second >= first);
    }

    #[test]
    fn rejected_commands_change_nothing() {
        let cluster = TestCluster::builder().nodes(1).start().unwrap();
        for line in ["stop 0", "stop 2", "explode 1"] {
            assert!(execute(&cluster, line).is_err(), "{line}");
        }
        assert!(cluster.node(0).is_running());
    }
}
