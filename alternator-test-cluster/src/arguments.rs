//! The arguments of the program.

use alternator_test_cluster::{Tokens, Version};
use lexopt::{Arg, Parser, ValueExt};

/// The action that the arguments select.
#[derive(Debug)]
pub(crate) enum Command {
    Run(Arguments),
    Help,
    Version,
}

/// The options of the cluster.
#[derive(Debug)]
pub(crate) struct Arguments {
    pub(crate) nodes: usize,
    pub(crate) port: u16,
    pub(crate) datacenter: String,
    pub(crate) racks: Vec<String>,
    pub(crate) users: Vec<(String, String)>,
    pub(crate) release: Version,
    pub(crate) tokens: Option<Tokens>,
    pub(crate) replicas: Option<usize>,
}

impl Arguments {
    pub(crate) fn parse(mut parser: Parser) -> Result<Command, lexopt::Error> {
        let mut arguments = Self::default();
        while let Some(argument) = parser.next()? {
            match argument {
                Arg::Long("nodes") => arguments.nodes = parser.value()?.parse_with(nodes)?,
                Arg::Long("port") => arguments.port = parser.value()?.parse()?,
                Arg::Long("datacenter") => {
                    arguments.datacenter = parser.value()?.parse_with(name)?
                }
                Arg::Long("racks") => arguments.racks = parser.value()?.parse_with(racks)?,
                Arg::Long("auth") => arguments.users.push(parser.value()?.parse_with(user)?),
                Arg::Long("release") => arguments.release = parser.value()?.parse_with(release)?,
                Arg::Long("tokens") => arguments.tokens = Some(parser.value()?.parse_with(tokens)?),
                Arg::Long("rf") => arguments.replicas = Some(parser.value()?.parse_with(replicas)?),
                Arg::Long("help") | Arg::Short('h') => return Ok(Command::Help),
                Arg::Long("version") | Arg::Short('V') => return Ok(Command::Version),
                other => return Err(other.unexpected()),
            }
        }
        Ok(Command::Run(arguments))
    }
}

impl Default for Arguments {
    fn default() -> Self {
        Self {
            nodes: 3,
            port: 8000,
            datacenter: "dc1".to_owned(),
            racks: vec!["r1".to_owned()],
            users: Vec::new(),
            release: Version::default(),
            tokens: None,
            replicas: None,
        }
    }
}

fn nodes(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(count @ 1..=MAX_NODES) => Ok(count),
        _ => Err(format!("nodes are from 1 to {MAX_NODES}")),
    }
}

fn name(text: &str) -> Result<String, String> {
    if text.is_empty() {
        Err("a name is needed".to_owned())
    } else {
        Ok(text.to_owned())
    }
}

fn racks(text: &str) -> Result<Vec<String>, String> {
    text.split(',').map(name).collect()
}

fn user(text: &str) -> Result<(String, String), String> {
    match text.split_once(':') {
        Some((role, secret)) if !role.is_empty() => Ok((role.to_owned(), secret.to_owned())),
        _ => Err("write it as ROLE:SECRET".to_owned()),
    }
}

fn release(text: &str) -> Result<Version, String> {
    match text {
        "6.2" => Ok(Version::V6_2),
        "2025.1" => Ok(Version::V2025_1),
        "2026.1" => Ok(Version::V2026_1),
        "2026.2" => Ok(Version::V2026_2),
        _ => Err("choose 6.2, 2025.1, 2026.1 or 2026.2".to_owned()),
    }
}

fn tokens(text: &str) -> Result<Tokens, String> {
    match text {
        "vnodes" => Ok(Tokens::vnodes()),
        "tablets" => Ok(Tokens::tablets(TABLETS)),
        _ => Err("choose vnodes or tablets".to_owned()),
    }
}

fn replicas(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(count @ 1..=MAX_NODES) => Ok(count),
        _ => Err(format!("replicas are from 1 to {MAX_NODES}")),
    }
}

/// The number of tablets of each table. A table may set another with its tag `system:initial_tablets`.
const TABLETS: u32 = 16;
/// The largest number of nodes: one octet of an address.
const MAX_NODES: usize = 254;

pub(crate) const USAGE: &str = "\
A ScyllaDB Alternator (DynamoDB API) cluster in one process, for tests. Data is kept in memory.

Usage: alternator-test-cluster [OPTIONS]

Options:
  --nodes N            nodes, at 127.0.0.1, 127.0.0.2, ... [default: 3]
  --port PORT          the port of every node; 0 for one that is free [default: 8000]
  --datacenter NAME    their datacenter [default: dc1]
  --racks R1,R2,...    their racks, assigned in turn [default: r1]
  --auth ROLE:SECRET   enforce authorization, and accept this role; may be repeated
  --release RELEASE    the ScyllaDB release to behave as: 6.2, 2025.1, 2026.1 or 2026.2 [default: 2026.1]
  --tokens KIND        spread tables over the nodes, by vnodes or tablets, and show it in the internal tables
  --rf N               replicas of a table in the datacenter [default: 3, or 1 with less than three nodes]
  -h, --help           print this
  -V, --version        print the version of this program

Prints one line, `ready URL URL ...`, when all ports listen. Ends with status 0 on SIGINT and SIGTERM.";
