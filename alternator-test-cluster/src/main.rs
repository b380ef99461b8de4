//! The program `alternator-test-cluster`: a cluster for programs in any language.

mod arguments;

use std::error::Error;
use std::io::{self, Write};
use std::process::ExitCode;

use alternator_test_cluster::{NodeConfig, TestCluster};
use arguments::{Arguments, Command};

fn main() -> ExitCode {
    let command = match Arguments::parse(lexopt::Parser::from_env()) {
        Ok(command) => command,
        Err(error) => {
            eprintln!("error: {error}\n\n{}", arguments::USAGE);
            return ExitCode::from(BAD_ARGUMENTS);
        }
    };
    let result = match command {
        Command::Help => print(arguments::USAGE),
        Command::Version => print(concat!(
            "alternator-test-cluster ",
            env!("CARGO_PKG_VERSION")
        )),
        Command::Run(arguments) => run(arguments),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Runs the cluster until a signal ends it.
fn run(arguments: Arguments) -> Result<(), Box<dyn Error>> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .build()?;
    runtime.block_on(async {
        // Signals may arrive after the line `ready`.
        let end = end_signal()?;
        let cluster = start(arguments)?;
        print(&format!("ready {}", cluster.urls().join(" ")))?;
        end.await;
        drop(cluster);
        Ok(())
    })
}

fn start(arguments: Arguments) -> Result<TestCluster, Box<dyn Error>> {
    let mut builder = TestCluster::builder()
        .port(arguments.port)
        .version(arguments.release)
        .nodes(0);
    for rack in arguments.racks.iter().cycle().take(arguments.nodes) {
        let node = NodeConfig::new()
            .datacenter(&arguments.datacenter)
            .rack(rack);
        builder = builder.node(node);
    }
    if let Some(tokens) = arguments.tokens {
        builder = builder.tokens(tokens);
    }
    if let Some(replicas) = arguments.replicas {
        builder = builder.replication_factor(replicas);
    }
    for (role, secret) in arguments.users {
        builder = builder.authorization(role, secret);
    }
    Ok(builder.start()?)
}

/// Prints a line. A closed output is an error, which ends the program.
fn print(line: &str) -> Result<(), Box<dyn Error>> {
    let mut output = io::stdout().lock();
    writeln!(output, "{line}")?;
    output.flush()?;
    Ok(())
}

#[cfg(unix)]
fn end_signal() -> io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

#[cfg(windows)]
fn end_signal() -> io::Result<impl Future<Output = ()>> {
    let mut interrupt = tokio::signal::windows::ctrl_c()?;
    Ok(async move {
        interrupt.recv().await;
    })
}

const BAD_ARGUMENTS: u8 = 2;
