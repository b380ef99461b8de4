//! A running application, by the status that it offers.

use super::{END, SIZE, cluster, number, row, rows};
use crate::terminal::Terminal;
use alternator_lb_sdk::{Alternator, AlternatorExt as _};
use alternator_test_cluster::TestCluster;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::{self, BehaviorVersion, Region};
use serde_json::{Value, json};
use std::fs;
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::runtime::Runtime;
use tokio::task::AbortHandle;

/// An application that makes operations without a pause.
struct Application {
    alternator: Alternator,
    runtime: Runtime,
}

impl Application {
    fn start(cluster: &TestCluster) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let alternator = Alternator::builder()
            .seeds([cluster.node(0).url()])
            .build()
            .unwrap();
        let config = config::Builder::new()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::from_static("any"))
            .alternator(&alternator);
        let client = Client::from_conf(config.build());
        runtime.spawn(async move {
            loop {
                // Also where a node is down.
                let _ = client.list_tables().send().await;
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        });
        Self {
            alternator,
            runtime,
        }
    }

    fn serve(&self, path: &Path) -> AbortHandle {
        let server = self.alternator.serve_status(path);
        self.runtime.spawn(server).abort_handle()
    }
}

/// A path that no file has. A file that is created there is removed when this is dropped.
struct StatusPath(PathBuf);

impl StatusPath {
    fn new(name: &str) -> Self {
        // Another run of the tests may be under way. Paths of sockets are short.
        let name = format!("alternator-top-{}-{name}", std::process::id());
        let path = Self(std::env::temp_dir().join(name));
        path.remove();
        path
    }

    fn remove(&self) {
        let _ = fs::remove_file(&self.0);
    }
}

impl Deref for StatusPath {
    type Target = Path;

    fn deref(&self) -> &Path {
        &self.0
    }
}

impl Drop for StatusPath {
    fn drop(&mut self) {
        self.remove();
    }
}

fn attach(path: &Path) -> Terminal {
    Terminal::start(&["top", "--attach", path.to_str().unwrap()], SIZE, &[])
}

/// Writes a status as an application should: a reader sees the whole of it or the one before.
fn write(path: &Path, status: &str) {
    let new = path.with_extension("new");
    fs::write(&new, status).unwrap();
    fs::rename(new, path).unwrap();
}

/// The status of an application that knows these nodes.
fn status(nodes: Value) -> String {
    let alternator = Alternator::builder().seeds(["http://10.0.0.1:8000"]);
    let status = alternator.build().unwrap().status_json();
    let mut status: Value = serde_json::from_str(&status).unwrap();
    status["nodes"] = nodes;
    status.to_string()
}

fn has_production_traffic(screen: &str) -> bool {
    // Far more than one probe a second.
    let rate = |node| number(screen, node, "REQ/s").is_some_and(|rate| rate > 5.0);
    ["127.0.0.1:", "127.0.0.2:", "127.0.0.3:"]
        .into_iter()
        .all(rate)
}

#[test]
fn socket_shows_the_traffic_and_the_events_of_the_application() {
    let cluster = cluster();
    let application = Application::start(&cluster);
    let socket = StatusPath::new("events.sock");
    application.serve(&socket);
    let mut terminal = attach(&socket);
    let screen = terminal.expect("traffic", has_production_traffic);
    assert!(
        screen.contains("the traffic of an application, alternator-lb-sdk/"),
        "{screen}"
    );
    cluster.node(1).stop();
    let screen = terminal.expect("an ejected node, and the event", |screen| {
        row(screen, "127.0.0.2:").contains(&"down") && screen.contains("node ejected")
    });
    assert!(screen.contains("failovers"), "{screen}");
    assert!(
        cluster
            .nodes()
            .iter()
            .all(|node| node.counters().health_checks < 5),
        "it is not probed"
    );
    terminal.press("q");
    assert_eq!(terminal.end().status, 0);
}

#[test]
fn application_that_ends_is_noticed_and_found_again() {
    let cluster = cluster();
    let application = Application::start(&cluster);
    let socket = StatusPath::new("restart.sock");
    let terminal = attach(&socket);
    terminal.expect("no application yet", |screen| {
        screen.contains('✗') && screen.contains("trying again")
    });
    let server = application.serve(&socket);
    terminal.expect("traffic", |screen| {
        has_production_traffic(screen) && !screen.contains('✗')
    });
    server.abort();
    let screen = terminal.expect_text("✗");
    assert!(screen.contains("restart.sock: No such file"), "{screen}");
    assert_eq!(rows(&screen).len(), 3, "the last numbers stay: {screen}");
    drop(application);
    // A process that was killed leaves its socket behind.
    drop(std::os::unix::net::UnixListener::bind(&*socket).unwrap());
    terminal.expect_text("no application serves this socket any more");
    let restarted = Application::start(&cluster);
    restarted.serve(&socket);
    terminal.expect("traffic again", |screen| {
        has_production_traffic(screen) && !screen.contains('✗')
    });
}

#[test]
fn file_shows_the_traffic_of_the_application() {
    let cluster = cluster();
    let application = Application::start(&cluster);
    let file = StatusPath::new("traffic.json");
    write(&file, &application.alternator.status_json());
    let (alternator, written) = (application.alternator.clone(), file.to_path_buf());
    let writer = application.runtime.spawn(async move {
        loop {
            tokio::time::sleep(Duration::from_millis(300)).await;
            write(&written, &alternator.status_json());
        }
    });
    let terminal = attach(&file);
    terminal.expect("traffic", has_production_traffic);
    writer.abort();
    terminal.expect_text("nothing newer was written");
    file.remove();
    terminal.expect_text("✗");
}

#[test]
fn file_that_is_no_status_is_named() {
    let file = StatusPath::new("other.json");
    write(&file, "{}");
    let terminal = attach(&file);
    terminal.expect_text("it has no format");
    write(&file, r#"{"format": 7}"#);
    terminal.expect_text("its format is 7");
    write(&file, &status(json!([])));
    terminal.expect_text("no nodes yet");
}

#[test]
fn thousand_nodes_are_shown_and_scrolled() {
    let file = StatusPath::new("thousand.json");
    let url = |number: usize| format!("http://10.0.{}.{}:8000", number / 250, number % 250);
    let nodes: Vec<_> = (0..1_000)
        .map(|number| json!({ "url": url(number), "state": "up" }))
        .collect();
    write(&file, &status(nodes.into()));
    let mut terminal = attach(&file);
    let screen = terminal.expect_text("1000 of 1000 nodes up");
    assert!(
        screen.contains("10.0.0.0:8000") && !screen.contains("10.0.3.249:8000"),
        "{screen}"
    );
    terminal.press(END);
    terminal.expect_text("10.0.3.249:8000");
    terminal.press("/0.2.17:");
    terminal.expect("one row", |screen| {
        rows(screen).len() == 1 && screen.contains("10.0.2.17:8000")
    });
}

#[test]
fn application_that_hangs_is_named() {
    let socket = StatusPath::new("hanging.sock");
    let _listener = std::os::unix::net::UnixListener::bind(&*socket).unwrap();
    let terminal = attach(&socket);
    terminal.expect_text("the application has not responded for 2 s");
}
