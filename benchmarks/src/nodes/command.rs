//! The commands for the process of the nodes: one per line, with nodes counted from 1.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// A command for the process of the nodes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Command {
    /// Writes the number of requests of each node.
    Requests,
    /// Writes the numbers of connections that each node has accepted, and that are open, and of its TLS handshakes in full
    /// and resumed.
    Connections,
    /// Writes the processor time of the process, in nanoseconds.
    ProcessorTime,
    /// Changes a node.
    Change(usize, Change),
}

/// A change to a node.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Change {
    /// Closes the port and the connections; the node stays listed.
    Stop,
    /// Starts the node at its former address.
    Start,
    /// Ends the fault.
    Recover,
    /// Accepts and reads requests without responding.
    Hang,
    /// Drops packets to the node.
    BlackHole,
    /// Sends response headers without bodies.
    StallAfterHeaders,
    /// Delays responses by this time.
    Delay(Duration),
    /// Delays this share of the responses by this time.
    SlowShare(f64, Duration),
    /// Responds with 500 to this share of the requests.
    Errors(f64),
    /// Responds with `RequestLimitExceeded` to this share of the requests.
    Throttle(f64),
    /// Responds that replicas are down, as ScyllaDB does without a quorum.
    NoQuorum,
    /// Responds to everything like a web server.
    WebServer,
    /// Loses the connections that are open: requests on them get no response. New ones work.
    LoseConnections,
    /// Sets the clock ahead by this time.
    ClockAhead(Duration),
    /// Stops the node and starts it at once, which closes its connections. A fault stays.
    Restart,
    /// Shows a certificate that has expired, in handshakes that begin later.
    ExpiredCertificate,
    /// Shows a certificate of a CA that no client trusts, likewise.
    UntrustedCertificate,
}

impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (node, change) = match self {
            Self::Requests => return f.write_str("requests"),
            Self::Connections => return f.write_str("connections"),
            Self::ProcessorTime => return f.write_str("processor-time"),
            Self::Change(node, change) => (node, change),
        };
        match change {
            Change::Stop => write!(f, "stop {node}"),
            Change::Start => write!(f, "start {node}"),
            Change::Recover => write!(f, "recover {node}"),
            Change::Hang => write!(f, "hang {node}"),
            Change::BlackHole => write!(f, "blackhole {node}"),
            Change::StallAfterHeaders => write!(f, "stall {node}"),
            Change::Delay(delay) => write!(f, "delay {node} {}", delay.as_millis()),
            Change::SlowShare(share, delay) => {
                write!(f, "slow {node} {share} {}", delay.as_millis())
            }
            Change::Errors(share) => write!(f, "errors {node} {share}"),
            Change::Throttle(share) => write!(f, "throttle {node} {share}"),
            Change::NoQuorum => write!(f, "noquorum {node}"),
            Change::WebServer => write!(f, "webserver {node}"),
            Change::LoseConnections => write!(f, "lose {node}"),
            Change::ClockAhead(by) => write!(f, "ahead {node} {}", by.as_secs()),
            Change::Restart => write!(f, "restart {node}"),
            Change::ExpiredCertificate => write!(f, "expired {node}"),
            Change::UntrustedCertificate => write!(f, "untrusted {node}"),
        }
    }
}

impl FromStr for Command {
    type Err = String;

    fn from_str(line: &str) -> Result<Self, String> {
        let words: Vec<&str> = line.split_whitespace().collect();
        let (node, change) = match words.as_slice() {
            ["requests"] => return Ok(Self::Requests),
            ["connections"] => return Ok(Self::Connections),
            ["processor-time"] => return Ok(Self::ProcessorTime),
            ["stop", node] => (node, Change::Stop),
            ["start", node] => (node, Change::Start),
            ["recover", node] => (node, Change::Recover),
            ["hang", node] => (node, Change::Hang),
            ["blackhole", node] => (node, Change::BlackHole),
            ["stall", node] => (node, Change::StallAfterHeaders),
            ["delay", node, milliseconds] => {
                let delay = Duration::from_millis(number(milliseconds)?);
                (node, Change::Delay(delay))
            }
            ["slow", node, share, milliseconds] => {
                let delay = Duration::from_millis(number(milliseconds)?);
                (node, Change::SlowShare(number(share)?, delay))
            }
            ["errors", node, share] => (node, Change::Errors(number(share)?)),
            ["throttle", node, share] => (node, Change::Throttle(number(share)?)),
            ["noquorum", node] => (node, Change::NoQuorum),
            ["webserver", node] => (node, Change::WebServer),
            ["lose", node] => (node, Change::LoseConnections),
            ["ahead", node, seconds] => {
                let by = Duration::from_secs(number(seconds)?);
                (node, Change::ClockAhead(by))
            }
            ["restart", node] => (node, Change::Restart),
            ["expired", node] => (node, Change::ExpiredCertificate),
            ["untrusted", node] => (node, Change::UntrustedCertificate),
            _ => return Err(format!("unknown command {line:?}")),
        };
        Ok(Self::Change(number(node)?, change))
    }
}

fn number<T: FromStr>(word: &str) -> Result<T, String> {
    word.parse()
        .map_err(|_| format!("{word:?} is not a number"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formatted_value_parses_to_itself() {
        let changes = [
            Change::Stop,
            Change::Start,
            Change::Recover,
            Change::Hang,
            Change::BlackHole,
            Change::StallAfterHeaders,
            Change::Delay(Duration::from_millis(100)),
            Change::SlowShare(0.05, Duration::from_millis(100)),
            Change::Errors(0.5),
            Change::Throttle(1.0),
            Change::NoQuorum,
            Change::WebServer,
            Change::LoseConnections,
            Change::ClockAhead(Duration::from_secs(3_600)),
            Change::Restart,
            Change::ExpiredCertificate,
            Change::UntrustedCertificate,
        ];
        for change in changes {
            let command = Command::Change(3, change);
            assert_eq!(command.to_string().parse(), Ok(command));
        }
        for command in [
            Command::Requests,
            Command::Connections,
            Command::ProcessorTime,
        ] {
            assert_eq!(command.to_string().parse(), Ok(command));
        }
    }

    #[test]
    fn invalid_commands_are_rejected() {
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
