//! The nodes, in a process of their own: what they cost would otherwise be booked on the client.
//!
//! That process is the program itself, called with `serve`. It is told what to do on its standard input, line by line,
//! and answers each line with one of its own.

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

/// Nodes in a process of their own, which ends when this is dropped.
#[derive(Debug)]
pub(crate) struct Nodes {
    input: ChildStdin,
    responses: Lines<BufReader<ChildStdout>>,
    addresses: Vec<SocketAddr>,
    /// Killed when dropped, in case that the end of its input does not end it.
    process: Child,
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
            process,
        };
        let addresses = nodes.read_response("ready").await?;
        nodes.addresses = addresses
            .split_whitespace()
            .map(str::parse)
            .collect::<Result<_, _>>()?;
        Ok(nodes)
    }

    pub(crate) fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// Returns the number of their process.
    pub(crate) fn process(&self) -> Option<u32> {
        self.process.id()
    }

    /// Changes a node, counted from 1. It has taken effect when this returns.
    pub(crate) async fn change(&mut self, node: usize, change: Change) -> Outcome<()> {
        self.send(Command::Change(node, change)).await?;
        Ok(())
    }

    /// Returns how many requests each node has had.
    pub(crate) async fn requests(&mut self) -> Outcome<Vec<u64>> {
        let response = self.send(Command::Requests).await?;
        let numbers = response.split_whitespace().map(str::parse);
        Ok(numbers.collect::<Result<_, _>>()?)
    }

    /// Returns what processor time their process has used since it was started.
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

    /// Returns what is behind the first word of the next line, which must be this one.
    async fn read_response(&mut self, first: &str) -> Outcome<String> {
        let line = time::timeout(RESPONSE_TIMEOUT, self.responses.next_line()).await??;
        let line = line.ok_or("the process of the nodes has ended")?;
        match line.strip_prefix(first) {
            Some(rest) => Ok(rest.to_owned()),
            None => Err(format!("the process of the nodes says {line:?}").into()),
        }
    }
}

/// Ample for what takes milliseconds, on a machine that is busy with the load.
const RESPONSE_TIMEOUT: Duration = Duration::from_secs(10);
