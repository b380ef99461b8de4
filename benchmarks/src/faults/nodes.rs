//! The nodes as the measuring process sees them.

use std::net::SocketAddr;
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout};
use tokio::time;

use super::Outcome;
use super::command::{Change, Command};

/// Nodes in a process of their own, which ends when this is dropped.
#[derive(Debug)]
pub(super) struct Nodes {
    orders: ChildStdin,
    answers: Lines<BufReader<ChildStdout>>,
    addresses: Vec<SocketAddr>,
    /// Killed when dropped, in case that the end of its input does not end it.
    process: Child,
}

impl Nodes {
    /// Starts this very program anew, as so many nodes.
    pub(super) async fn start(count: usize) -> Outcome<Self> {
        let mut process = tokio::process::Command::new(std::env::current_exe()?)
            .args(["serve", &count.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let (Some(orders), Some(output)) = (process.stdin.take(), process.stdout.take()) else {
            return Err("the process of the nodes has no input or no output".into());
        };
        let mut nodes = Self {
            orders,
            answers: BufReader::new(output).lines(),
            addresses: Vec::new(),
            process,
        };
        let addresses = nodes.answer("ready").await?;
        nodes.addresses = addresses
            .split_whitespace()
            .map(str::parse)
            .collect::<Result<_, _>>()?;
        Ok(nodes)
    }

    pub(super) fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// Returns the number of their process.
    pub(super) fn process(&self) -> Option<u32> {
        self.process.id()
    }

    /// Changes a node, counted from 1. It has taken effect when this returns.
    pub(super) async fn change(&mut self, node: usize, change: Change) -> Outcome<()> {
        self.tell(Command::Change(node, change)).await?;
        Ok(())
    }

    /// Returns how many requests each node has had.
    pub(super) async fn requests(&mut self) -> Outcome<Vec<u64>> {
        let answer = self.tell(Command::Requests).await?;
        let numbers = answer.split_whitespace().map(str::parse);
        Ok(numbers.collect::<Result<_, _>>()?)
    }

    async fn tell(&mut self, command: Command) -> Outcome<String> {
        let line = format!("{command}\n");
        self.orders.write_all(line.as_bytes()).await?;
        self.orders.flush().await?;
        self.answer("ok").await
    }

    /// Returns what is behind the first word of the next line, which must be this one.
    async fn answer(&mut self, first: &str) -> Outcome<String> {
        let line = time::timeout(PATIENCE, self.answers.next_line()).await??;
        let line = line.ok_or("the process of the nodes has ended")?;
        match line.strip_prefix(first) {
            Some(rest) => Ok(rest.to_owned()),
            None => Err(format!("the process of the nodes says {line:?}").into()),
        }
    }
}

/// Ample for what takes milliseconds, on a machine that is busy with the load.
const PATIENCE: Duration = Duration::from_secs(10);
