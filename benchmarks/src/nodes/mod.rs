//! The nodes, in a second process, so that their processor time does not count as the client's.
//!
//! That process is the program itself, started with `serve`. It reads commands from its standard input, one per line,
//! and writes one line for each. Nodes with TLS have certificates of a CA that this process makes, and tells its clients.

mod certificates;
mod command;
mod server;
mod service;

pub(crate) use command::{Change, Command};
pub(crate) use server::serve;
pub(crate) use service::Service;

use std::net::SocketAddr;
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout};
use tokio::time;

use crate::Outcome;
use certificates::word_to_pem;

/// Nodes in a process of their own, which ends when this is dropped.
#[derive(Debug)]
pub(crate) struct Nodes {
    input: ChildStdin,
    responses: Lines<BufReader<ChildStdout>>,
    addresses: Vec<SocketAddr>,
    authority: Option<String>,
    /// Killed when dropped, in case that the end of its input does not end it.
    process: Child,
}

/// The connections of a node.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Connections {
    /// Since its first start.
    pub(crate) accepted: u64,
    /// Now.
    pub(crate) open: u64,
    /// TLS handshakes since its first start that were made in full.
    pub(crate) full_handshakes: u64,
    /// Those that resumed the session of an earlier connection.
    pub(crate) resumed_handshakes: u64,
}

impl Nodes {
    /// Starts this very program anew, as these nodes.
    pub(crate) async fn start(service: Service) -> Outcome<Self> {
        let mut process = tokio::process::Command::new(std::env::current_exe()?)
            .args(service.arguments())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let (Some(input), Some(output)) = (process.stdin.take(), process.stdout.take()) else {
            return Err("the process of the nodes has no input or no output".into());
        };
        let mut nodes = Self {
            input,
            responses: BufReader::new(output).lines(),
            addresses: Vec::new(),
            authority: None,
            process,
        };
        let addresses = nodes.read_response("ready").await?;
        nodes.addresses = addresses
            .split_whitespace()
            .map(str::parse)
            .collect::<Result<_, _>>()?;
        if service.speaks_tls {
            let word = nodes.read_response("authority ").await?;
            nodes.authority = Some(word_to_pem(&word));
        }
        Ok(nodes)
    }

    pub(crate) fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// Returns the certificate in PEM of the CA of nodes with TLS.
    pub(crate) fn authority(&self) -> Option<&str> {
        self.authority.as_deref()
    }

    /// Returns the process id of the nodes.
    pub(crate) fn process(&self) -> Option<u32> {
        self.process.id()
    }

    /// Changes a node, counted from 1. It has taken effect when this returns.
    pub(crate) async fn change(&mut self, node: usize, change: Change) -> Outcome<()> {
        self.send(Command::Change(node, change)).await?;
        Ok(())
    }

    /// Returns the number of requests of each node.
    pub(crate) async fn requests(&mut self) -> Outcome<Vec<u64>> {
        let response = self.send(Command::Requests).await?;
        let numbers = response.split_whitespace().map(str::parse);
        Ok(numbers.collect::<Result<_, _>>()?)
    }

    /// Returns the connections of each node.
    pub(crate) async fn connections(&mut self) -> Outcome<Vec<Connections>> {
        let response = self.send(Command::Connections).await?;
        let numbers = response.split_whitespace().map(str::parse);
        let numbers: Vec<u64> = numbers.collect::<Result<_, _>>()?;
        let (nodes, _) = numbers.as_chunks();
        let connections =
            nodes
                .iter()
                .map(
                    |&[accepted, open, full_handshakes, resumed_handshakes]| Connections {
                        accepted,
                        open,
                        full_handshakes,
                        resumed_handshakes,
                    },
                );
        Ok(connections.collect())
    }

    /// Returns the processor time of the process since its start.
    pub(crate) async fn processor_time(&mut self) -> Outcome<Duration> {
        let response = self.send(Command::ProcessorTime).await?;
        Ok(Duration::from_nanos(response.trim().parse()?))
    }

    async fn send(&mut self, command: Command) -> Outcome<String> {
        let line = format!("{command}\n");
        self.input.write_all(line.as_bytes()).await?;
        self.input.flush().await?;
        self.read_response("ok").await
    }

    /// Reads a line that must begin with `first`, and returns the rest.
    async fn read_response(&mut self, first: &str) -> Outcome<String> {
        let line = time::timeout(RESPONSE_TIMEOUT, self.responses.next_line()).await??;
        let line = line.ok_or("the process of the nodes has ended")?;
        match line.strip_prefix(first) {
            Some(rest) => Ok(rest.to_owned()),
            None => Err(format!("the process of the nodes says {line:?}").into()),
        }
    }
}

/// Commands take milliseconds; this is ample on a machine that is busy with the load.
const RESPONSE_TIMEOUT: Duration = Duration::from_secs(10);
