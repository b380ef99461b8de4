//! The language in which the process of the nodes is told what to do: one line each, nodes counted from 1.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// What the process of the nodes does.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Command {
    /// Answers how many requests each node has had.
    Requests,
    /// Answers what processor time the process has used, in nanoseconds.
    ProcessorTime,
    /// Changes a node.
    Change(usize, Change),
}

/// What happens to a node.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Change {
    /// Port closed, connections cut, still listed.
    Stop,
    /// Back at its address.
    Start,
    /// Its fault ends.
    Recover,
    /// Accepts and reads, answers nothing.
    Hang,
    /// Packets to it are dropped.
    BlackHole,
    /// Sends heads of answers, and no bodies.
    Stall,
    /// Answers later by this much.
    Delay(Duration),
    /// Answers 500 to this share of the requests.
    Errors(f64),
    /// Answers `RequestLimitExceeded` to this share of the requests.
    Throttle(f64),
}

impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (node, change) = match self {
            Self::Requests => return f.write_str("requests"),
            Self::ProcessorTime => return f.write_str("processor-time"),
            Self::Change(node, change) => (node, change),
        };
        match change {
            Change::Stop => write!(f, "stop {node}"),
            Change::Start => write!(f, "start {node}"),
            Change::Recover => write!(f, "recover {node}"),
            Change::Hang => write!(f, "hang {node}"),
            Change::BlackHole => write!(f, "blackhole {node}"),
            Change::Stall => write!(f, "stall {node}"),
            Change::Delay(delay) => write!(f, "delay {node} {}", delay.as_millis()),
            Change::Errors(share) => write!(f, "errors {node} {share}"),
            Change::Throttle(share) => write!(f, "throttle {node} {share}"),
        }
    }
}

impl FromStr for Command {
    type Err = String;

    fn from_str(line: &str) -> Result<Self, String> {
        let words: Vec<&str> = line.split_whitespace().collect();
        let (node, change) = match words.as_slice() {
            ["requests"] => return Ok(Self::Requests),
            ["processor-time"] => return Ok(Self::ProcessorTime),
            ["stop", node] => (node, Change::Stop),
            ["start", node] => (node, Change::Start),
            ["recover", node] => (node, Change::Recover),
            ["hang", node] => (node, Change::Hang),
            ["blackhole", node] => (node, Change::BlackHole),
            ["stall", node] => (node, Change::Stall),
            ["delay", node, milliseconds] => {
                let delay = Duration::from_millis(number(milliseconds)?);
                (node, Change::Delay(delay))
            }
            ["errors", node, share] => (node, Change::Errors(number(share)?)),
            ["throttle", node, share] => (node, Change::Throttle(number(share)?)),
            _ => return Err(format!("unknown command {line:?}")),
        };
        Ok(Self::Change(number(node)?, change))
    }
}

fn number<T: FromStr>(word: &str) -> Result<T, String> {
    word.parse().map_err(|_| format!("{word:?} is no number"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        let changes = [
            Change::Stop,
            Change::Start,
            Change::Recover,
            Change::Hang,
            Change::BlackHole,
            Change::Stall,
            Change::Delay(Duration::from_millis(100)),
            Change::Errors(0.5),
            Change::Throttle(1.0),
        ];
        for change in changes {
            let command = Command::Change(3, change);
            assert_eq!(command.to_string().parse(), Ok(command));
        }
        for command in [Command::Requests, Command::ProcessorTime] {
            assert_eq!(command.to_string().parse(), Ok(command));
        }
    }

    #[test]
    fn what_is_no_command_is_refused() {
        for line in [
            "",
            "stop",
            "stop one",
            "stop 1 2",
            "delay 1",
            "delay 1 -5",
            "errors 1 x",
        ] {
            assert!(line.parse::<Command>().is_err(), "{line}");
        }
    }
}
