//! The live view, in a terminal.

mod application;

use crate::support::output;
use crate::terminal::Terminal;
use alternator_test_cluster::{Fault, NodeConfig, TestCluster};
use tokio::time::Instant;

const SIZE: (u16, u16) = (110, 30);
/// The keys, as a terminal sends them.
const END: &str = "\u{1b}[F";
const ESCAPE: &str = "\u{1b}";
const CONTROL_C: &str = "\u{3}";

fn cluster() -> TestCluster {
    TestCluster::builder().nodes(3).start().unwrap()
}

fn top(cluster: &TestCluster, arguments: &[&str]) -> Terminal {
    let seed = cluster.node(0).url();
    Terminal::start(&[&["top", seed.as_str()], arguments].concat(), SIZE, &[])
}

/// The rows of the table: from its header to the events.
fn rows(screen: &str) -> Vec<&str> {
    let lines = screen.lines().skip_while(|line| !line.contains("NODE"));
    lines
        .skip(1)
        .take_while(|line| !line.trim().is_empty() && !line.starts_with("EVENTS"))
        .collect()
}

/// The row of a node, in words.
fn row<'a>(screen: &'a str, node: &str) -> Vec<&'a str> {
    let rows = rows(screen);
    let row = rows.iter().find(|row| row.starts_with(node));
    row.map(|row| row.split_whitespace().collect())
        .unwrap_or_default()
}

/// The position of a column in a row.
fn number(screen: &str, node: &str, column: &str) -> Option<f64> {
    let header = screen.lines().find(|line| line.contains("NODE"))?;
    let titles = header.split_whitespace().filter(|word| *word != "ms");
    let titles: Vec<_> = titles
        .map(|title| title.trim_end_matches(['▲', '▼']))
        .collect();
    let at = titles.iter().position(|title| *title == column)?;
    let word = *row(screen, node).get(at)?;
    word.trim_end_matches('%').parse().ok()
}

#[test]
fn cluster_is_shown_as_a_client_sees_it() {
    let cluster = cluster();
    let mut terminal = top(&cluster, &[]);
    let seed = cluster.node(0).url();
    let screen = terminal.expect("rates, latencies, shares and bars", |screen| {
        let is_complete = |node| {
            let column = |column| number(screen, node, column);
            column("REQ/s").is_some_and(|rate| (0.3..=1.5).contains(&rate))
                && column("LAT").is_some_and(|latency| latency > 0.0)
                && column("SHARE").is_some_and(|share| (20.0..=50.0).contains(&share))
                && row(screen, node)
                    .last()
                    .is_some_and(|bars| bars.contains('█'))
        };
        ["127.0.0.1:", "127.0.0.2:", "127.0.0.3:"]
            .into_iter()
            .all(is_complete)
    });
    assert!(screen.contains("3 of 3 nodes up"), "{screen}");
    assert!(
        screen.contains(&format!("alternator-doctor top  {seed}")),
        "{screen}"
    );
    assert!(screen.contains("GET /"), "{screen}");
    terminal.press("q");
    let end = terminal.end();
    assert_eq!((end.status, end.screen.trim()), (0, ""));
}

#[test]
fn nodes_get_one_health_check_a_second_and_no_operation() {
    let cluster = cluster();
    let terminal = top(&cluster, &[]);
    // The library probes new nodes itself.
    terminal.expect_text("3 of 3 nodes up");
    cluster.reset_counters();
    let started = Instant::now();
    terminal.expect("some probes", |_| {
        cluster.node(2).counters().health_checks >= 5
    });
    let counters = cluster.nodes().into_iter().map(|node| node.counters());
    let counters: Vec<_> = counters.collect();
    let seconds = started.elapsed().as_secs();
    assert!(seconds >= 3, "five probes within {seconds} s");
    for counters in counters {
        assert_eq!((counters.requests, counters.other_requests), (0, 0));
        assert!(
            (4..=seconds + 4).contains(&counters.health_checks),
            "{seconds} s: {counters:?}"
        );
        // That of the probes, and those of the library's own, also on a busy machine.
        assert!(counters.open_connections <= 4, "{counters:?}");
    }
}

#[test]
fn node_that_goes_down_and_comes_back_is_followed() {
    let cluster = cluster();
    let terminal = top(&cluster, &[]);
    terminal.expect_text("3 of 3 nodes up");
    cluster.node(1).stop();
    let screen = terminal.expect("an ejected node, and the event", |screen| {
        row(screen, "127.0.0.2:").contains(&"down") && screen.contains("node ejected")
    });
    assert!(screen.contains("2 of 3 nodes up"), "{screen}");
    let row = row(&screen, "127.0.0.2:").join(" ");
    assert!(row.ends_with("it cannot be connected"), "{screen}");
    cluster.node(1).start().unwrap();
    terminal.expect("a restored node, and the event", |screen| {
        screen.contains("3 of 3 nodes up") && screen.contains("node restored")
    });
}

#[test]
fn node_that_hangs_is_down_with_a_request_in_flight() {
    let cluster = cluster();
    let terminal = top(&cluster, &[]);
    terminal.expect_text("3 of 3 nodes up");
    cluster.node(2).inject(Fault::Hang);
    let screen = terminal.expect("an ejected node", |screen| {
        row(screen, "127.0.0.3:").contains(&"down")
    });
    assert!(screen.contains("does not respond"), "{screen}");
    terminal.expect("a request in flight", |screen| {
        number(screen, "127.0.0.3:", "FLIGHT") == Some(1.0)
    });
    cluster.node(2).recover();
    terminal.expect_text("3 of 3 nodes up");
}

#[test]
fn cluster_that_comes_up_later_is_found() {
    let cluster = cluster();
    cluster.nodes().iter().for_each(|node| node.stop());
    let terminal = top(&cluster, &[]);
    let screen = terminal.expect_text("no list of nodes could be read yet");
    assert!(screen.contains("127.0.0.1:"), "the seed: {screen}");
    cluster
        .nodes()
        .iter()
        .for_each(|node| node.start().unwrap());
    terminal.expect_text("3 of 3 nodes up");
}

#[test]
fn keys_sort_filter_and_show_other_panes() {
    let cluster = cluster();
    let mut terminal = top(&cluster, &[]);
    terminal.expect_text("3 of 3 nodes up");
    cluster.node(2).stop();
    terminal.expect("a node that is down", |screen| {
        row(screen, "127.0.0.3:").contains(&"down")
    });
    terminal.press("s");
    terminal.expect("the worst state first", |screen| {
        screen.contains("STATE▲") && rows(screen)[0].starts_with("127.0.0.3:")
    });
    terminal.press("r");
    terminal.expect("the worst state last", |screen| {
        screen.contains("STATE▼") && rows(screen)[2].starts_with("127.0.0.3:")
    });
    terminal.press("/0.0.2\r");
    let screen = terminal.expect("one row", |screen| rows(screen).len() == 1);
    assert!(rows(&screen)[0].starts_with("127.0.0.2:"), "{screen}");
    assert!(screen.contains("filter: 0.0.2"), "{screen}");
    terminal.press(ESCAPE);
    terminal.expect("all rows", |screen| rows(screen).len() == 3);
    terminal.press("e");
    terminal.expect("the explanation of an event", |screen| {
        screen.contains("it gets no requests until it responds") && !screen.contains("NODE")
    });
    terminal.press("?");
    terminal.expect_text("sort by the next, previous column");
    terminal.press("?p");
    terminal.expect_text("PAUSED");
    terminal.press(CONTROL_C);
    assert_eq!(terminal.end().status, 0);
}

#[test]
fn screen_follows_the_size_of_the_terminal() {
    let cluster = cluster();
    let seed = cluster.node(0).url();
    let mut terminal = Terminal::start(&["top", &seed], (40, 10), &[]);
    let small = terminal.expect_text("3 of 3 nodes up");
    assert_eq!(rows(&small).len(), 3, "{small}");
    assert!(
        !small.contains("SHARE") && !small.contains("EVENTS"),
        "{small}"
    );
    terminal.resize(120, 30);
    terminal.expect("all columns and the events", |screen| {
        screen.contains("SHARE") && screen.contains("P99 ms") && screen.contains("EVENTS")
    });
    terminal.resize(15, 4);
    terminal.expect_text("too small");
    terminal.resize(80, 24);
    terminal.expect_text("EVENTS");
    terminal.press("q");
    assert_eq!(terminal.end().status, 0);
}

#[test]
fn colours_are_left_out_where_the_user_wants_none() {
    let cluster = cluster();
    let seed = cluster.node(0).url();
    for (variables, has_colours) in [(&[][..], true), (&[("NO_COLOR", "1")], false)] {
        let terminal = Terminal::start(&["top", &seed], SIZE, variables);
        terminal.expect("bars", |screen| screen.contains('█'));
        assert_eq!(terminal.coloured_cells() > 0, has_colours, "{variables:?}");
    }
}

#[test]
fn signals_end_the_program_and_restore_the_terminal() {
    let cluster = cluster();
    for signal in ["TERM", "INT", "HUP"] {
        let terminal = top(&cluster, &[]);
        terminal.expect_text("NODE");
        terminal.signal(signal);
        assert_eq!(terminal.end().status, 0, "{signal}");
    }
}

#[test]
fn output_that_is_no_terminal_is_refused() {
    let output = output(&["top", "http://127.0.0.1:1"], &[]);
    assert_eq!(output.status.code(), Some(2));
    assert!(output.stdout.is_empty());
    let errors = String::from_utf8(output.stderr).unwrap();
    assert!(errors.contains("terminal"), "{errors}");
}

#[test]
fn file_of_certificates_that_cannot_be_used_is_refused() {
    let terminal = Terminal::start(
        &["top", "https://127.0.0.1:1", "--ca", "/no/such/file"],
        SIZE,
        &[],
    );
    let end = terminal.end();
    assert_eq!(end.status, 2);
    assert!(end.screen.contains("/no/such/file"), "{}", end.screen);
}

#[test]
fn certificates_are_trusted_as_told() {
    let (cluster, file) = crate::certificates::cluster("top", &["127.0.0.1", "127.0.0.2"]);
    let terminal = top(&cluster, &["--ca", file.to_str().unwrap()]);
    terminal.expect("latencies", |screen| {
        number(screen, "127.0.0.2:", "LAT").is_some()
    });
    let untrusting = top(&cluster, &[]);
    untrusting.expect_text("no list of nodes could be read yet");
}

#[test]
fn scope_decides_on_the_nodes_and_names_their_places() {
    let mut cluster = TestCluster::builder().nodes(0);
    for rack in ["r1", "r2"] {
        cluster = cluster.node(NodeConfig::new().rack(rack));
    }
    let cluster = cluster.start().unwrap();
    let terminal = top(&cluster, &["--scope", "dc1/r2"]);
    let screen = terminal.expect_text("dc1/r2");
    assert_eq!(row(&screen, "127.0.0.2:")[1], "dc1/r2", "{screen}");
    assert!(row(&screen, "127.0.0.1:").is_empty(), "{screen}");
}

#[test]
fn server_errors_eject_a_node_until_it_recovers() {
    use alternator_test_cluster::RawResponse;
    let cluster = cluster();
    let terminal = top(&cluster, &[]);
    terminal.expect_text("3 of 3 nodes up");
    let error = RawResponse::new(500, "broken").to_all_requests();
    cluster.node(2).set_response(error);
    terminal.expect("an ejected node", |screen| {
        row(screen, "127.0.0.3:").contains(&"ejected")
    });
    cluster.node(2).restore_responses();
    terminal.expect_text("3 of 3 nodes up");
}
