//! The connections of each contender, as counts, and what the first requests take.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use aws_sdk_dynamodb::config::Region;
use tokio::runtime::{Builder, Handle, Runtime};
use tokio::task::JoinSet;
use tokio::time::{self, Instant};

use super::arguments::Arguments;
use super::callers::get;
use super::case::Signing;
use super::contender::Contender;
use crate::Outcome;
use crate::client::{Client, ClientSettings};
use crate::nodes::{Change, Connections, Nodes, Service};
use crate::text::{count, table_row, time};

/// The figures of a contender.
#[derive(Debug)]
pub(super) struct Figures {
    contender: &'static Contender,
    /// The first requests of a fresh client, in order.
    first: Vec<Duration>,
    /// The connections of all nodes for [`REQUESTS`], those of the first requests included.
    connections: u64,
    /// Their TLS handshakes, in full and resumed.
    handshakes: (u64, u64),
    /// While each node is restarted in turn.
    restarts: Restarts,
}

#[derive(Debug, Default)]
struct Restarts {
    /// By node, the connections that it has accepted, and the most that were open.
    nodes: Vec<(u64, u64)>,
    succeeded: u64,
    failed: u64,
}

/// Measures the contenders one after the other, each with nodes of its own: connections are counted since their start.
pub(super) fn measure(arguments: &Arguments) -> Outcome<Vec<Figures>> {
    let contenders = arguments.contenders.iter().copied();
    let unsigned = contenders.filter(|it| it.signing.contains(&Signing::Unsigned));
    unsigned
        .map(|contender| {
            let service = arguments.service(Signing::Unsigned);
            measure_one(contender, service, arguments.callers)
        })
        .collect()
}

fn measure_one(
    contender: &'static Contender,
    service: Service,
    callers: usize,
) -> Outcome<Figures> {
    let control = Builder::new_current_thread().enable_all().build()?;
    let mut nodes = control.block_on(Nodes::start(service))?;
    let runtime = Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()?;
    let client = connect(contender, &nodes, &runtime)?;
    let first = runtime.block_on(first_requests(&client))?;
    runtime.block_on(make_requests(&client, callers, REQUESTS - FIRST))?;
    let opened = control.block_on(nodes.connections())?;
    let total = |count: fn(&Connections) -> u64| opened.iter().map(count).sum();
    let restarts = control.block_on(restart_each(&mut nodes, &client, runtime.handle(), callers));
    runtime.shutdown_timeout(Duration::from_secs(1));
    Ok(Figures {
        contender,
        first,
        connections: total(|it| it.accepted),
        handshakes: (
            total(|it| it.full_handshakes),
            total(|it| it.resumed_handshakes),
        ),
        restarts: restarts?,
    })
}

fn connect(contender: &Contender, nodes: &Nodes, runtime: &Runtime) -> Outcome<Client> {
    let _inside = runtime.enter();
    (contender.connect)(&ClientSettings {
        nodes: nodes.addresses(),
        authority: nodes.authority(),
        region: Region::new(format!("connections-{}", contender.name)),
        credentials: None,
        attempts: None,
    })
}

async fn first_requests(client: &Client) -> Outcome<Vec<Duration>> {
    let mut latencies = Vec::new();
    for _ in 0..FIRST {
        let begin = Instant::now();
        get(client).await?;
        latencies.push(begin.elapsed());
    }
    Ok(latencies)
}

async fn make_requests(client: &Client, callers: usize, requests: u64) -> Outcome<()> {
    let begun = Arc::new(AtomicU64::new(0));
    let mut running = JoinSet::new();
    for _ in 0..callers {
        let (client, begun) = (client.clone(), Arc::clone(&begun));
        running.spawn(async move {
            while begun.fetch_add(1, Ordering::Relaxed) < requests {
                get(&client).await?;
            }
            Outcome::Ok(())
        });
    }
    while let Some(ended) = running.join_next().await {
        ended??;
    }
    Ok(())
}

/// Stops and starts each node under load. Failed requests are counted: the SDK alone has one node.
async fn restart_each(
    nodes: &mut Nodes,
    client: &Client,
    runtime: &Handle,
    callers: usize,
) -> Outcome<Restarts> {
    let before = nodes.connections().await?;
    let (stop, counts) = (
        Arc::new(AtomicBool::new(false)),
        Arc::new([AtomicU64::new(0), AtomicU64::new(0)]),
    );
    let mut running = JoinSet::new();
    for _ in 0..callers {
        let (client, stop, counts) = (client.clone(), Arc::clone(&stop), Arc::clone(&counts));
        let call = async move {
            let [succeeded, failed] = counts.as_ref();
            while !stop.load(Ordering::Relaxed) {
                let count = match get(&client).await {
                    Ok(()) => succeeded,
                    Err(_) => failed,
                };
                count.fetch_add(1, Ordering::Relaxed);
            }
        };
        running.spawn_on(call, runtime);
    }
    let mut open = vec![0; before.len()];
    for number in 1..=before.len() {
        nodes.change(number, Change::Stop).await?;
        watch(nodes, DOWN, &mut open).await?;
        nodes.change(number, Change::Start).await?;
        watch(nodes, UP, &mut open).await?;
    }
    let after = nodes.connections().await?;
    stop.store(true, Ordering::Relaxed);
    while let Some(ended) = running.join_next().await {
        ended?;
    }
    let opened = before.iter().zip(&after).zip(open);
    let [succeeded, failed] = counts.as_ref();
    Ok(Restarts {
        nodes: opened
            .map(|((before, after), open)| (after.accepted.saturating_sub(before.accepted), open))
            .collect(),
        succeeded: succeeded.load(Ordering::Relaxed),
        failed: failed.load(Ordering::Relaxed),
    })
}

/// Records the most connections that are open in some time.
async fn watch(nodes: &mut Nodes, length: Duration, open: &mut [u64]) -> Outcome<()> {
    let end = Instant::now() + length;
    while Instant::now() < end {
        for (most, node) in open.iter_mut().zip(nodes.connections().await?) {
            *most = node.open.max(*most);
        }
        time::sleep(PAUSE).await;
    }
    Ok(())
}

/// Writes one row for each figure, and one column for each contender. Nodes without TLS have no row of handshakes.
pub(super) fn table(all: &[Figures]) -> String {
    let column = |title: &str, cell: &dyn Fn(&Figures) -> String| {
        let cells = std::iter::once(title.to_owned()).chain(all.iter().map(cell));
        table_row(&cells.collect::<Vec<_>>())
    };
    let mut table = column("", &|it| it.contender.title.to_owned());
    table.push_str(&table_row(&vec!["---"; all.len() + 1]));
    table.push_str(&column("connections in 10,000 requests", &|it| {
        count(it.connections)
    }));
    if all.iter().any(|it| it.handshakes != (0, 0)) {
        table.push_str(&column("… TLS handshakes in full, and resumed", &|it| {
            let (full, resumed) = it.handshakes;
            format!("{}, {}", count(full), count(resumed))
        }));
    }
    table.push_str(&column(
        "first 100 requests: the first, the median, the slowest other one",
        &|it| first(&it.first),
    ));
    table.push_str(&column(
        "rolling restart: connections accepted, by node",
        &|it| by_node(it, |(accepted, _)| accepted),
    ));
    table.push_str(&column("… most open at once, by node", &|it| {
        by_node(it, |(_, open)| open)
    }));
    table.push_str(&column("… operations, and failed ones", &|it| {
        let Restarts {
            succeeded, failed, ..
        } = &it.restarts;
        format!("{}, {}", count(succeeded + failed), count(failed))
    }));
    table
}

fn first(latencies: &[Duration]) -> String {
    let Some((first, others)) = latencies.split_first() else {
        return String::new();
    };
    let mut others = others.to_vec();
    others.sort_unstable();
    let median = others.get(others.len() / 2).copied().unwrap_or_default();
    let most = others.last().copied().unwrap_or_default();
    format!("{}, {}, {}", time(*first), time(median), time(most))
}

fn by_node(figures: &Figures, figure: fn((u64, u64)) -> u64) -> String {
    let nodes = figures.restarts.nodes.iter().copied();
    let numbers: Vec<_> = nodes.map(|node| count(figure(node))).collect();
    numbers.join(" · ")
}

const REQUESTS: u64 = 10_000;
const FIRST: u64 = 100;

/// The time for which a node is down, and the pause after its return: longer than the first backoff of an ejected
/// node, and than most of a slow start.
const DOWN: Duration = Duration::from_secs(1);
const UP: Duration = Duration::from_secs(4);

const PAUSE: Duration = Duration::from_millis(20);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_request_is_apart_from_the_others() {
        let latencies = [9, 1, 3, 2].map(Duration::from_millis);
        assert_eq!(first(&latencies), "9.0 ms, 2.0 ms, 3.0 ms");
        assert_eq!(first(&[]), "");
    }

    fn figures(handshakes: (u64, u64)) -> Figures {
        Figures {
            contender: Contender::named("plugin").unwrap(),
            first: vec![Duration::from_millis(1)],
            connections: 1_048,
            handshakes,
            restarts: Restarts {
                nodes: vec![(21, 16), (20, 15)],
                succeeded: 5_000,
                failed: 1,
            },
        }
    }

    #[test]
    fn the_table_has_a_column_for_each_contender() {
        let table = table(&[figures((0, 0))]);
        assert!(table.starts_with("|  | this plugin |\n"), "{table}");
        for row in ["| 1,048 |", "| 21 · 20 |", "| 16 · 15 |", "| 5,001, 1 |"] {
            assert!(table.contains(row), "{table}");
        }
        assert!(!table.contains("TLS"), "{table}");
    }

    #[test]
    fn handshakes_are_shown_where_there_are_any() {
        let table = table(&[figures((1_040, 8))]);
        assert!(table.contains("and resumed | 1,040, 8 |"), "{table}");
    }
}
