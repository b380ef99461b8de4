//! A network for unit tests.

use super::{ClientFuture, ConnectionPool, DiscoveryClient, QueryError};
use crate::topology::{Host, NodeUrl, Scheme};
use std::collections::{HashMap, HashSet};
use std::io;
use std::net::IpAddr;
use std::sync::Mutex;
use std::time::Duration;

/// Nodes by the last number of their address, and what each answers to what.
#[derive(Debug, Default)]
pub(super) struct FakeNetwork {
    nodes: Mutex<HashMap<u8, FakeNode>>,
    names: Mutex<HashMap<String, Vec<u8>>>,
    asked: Mutex<Vec<(u8, String)>>,
    probed: Mutex<Vec<(u8, ConnectionPool)>>,
    lookups: Mutex<u32>,
    delays: Mutex<HashMap<u8, Duration>>,
    /// Nobody answers questions in which this occurs.
    unanswerable: Mutex<Option<String>>,
}

#[derive(Clone, Debug)]
enum FakeNode {
    /// Answers with these, by datacenter and rack.
    Lists {
        datacenter: String,
        members: Vec<(String, String, u8)>,
        ignores_scopes: bool,
    },
    Raw(String),
    Silent,
}

/// The datacenter and rack of a node, and the last number of its address.
pub(super) type Candidate<'a> = (&'a str, &'a str, u8);

pub(super) fn url(last: u8) -> NodeUrl {
    NodeUrl::new(Scheme::Http, Host::Ip([127, 0, 0, last].into()), 8000)
}

pub(super) fn urls(last: &[u8]) -> Vec<NodeUrl> {
    last.iter().copied().map(url).collect()
}

/// The last numbers of addresses, sorted.
pub(super) fn numbers<'a>(nodes: impl IntoIterator<Item = &'a NodeUrl>) -> Vec<u8> {
    let mut numbers: Vec<_> = nodes
        .into_iter()
        .map(|node| match node.ip() {
            Some(IpAddr::V4(ip)) => ip.octets()[3],
            Some(IpAddr::V6(_)) | None => panic!("{node} is none of the fake ones"),
        })
        .collect();
    numbers.sort_unstable();
    numbers
}

impl FakeNetwork {
    /// A datacenter whose nodes name each other, each with its rack.
    pub(super) fn datacenter(&self, datacenter: &str, members: &[(&str, u8)]) -> &Self {
        for (_, last) in members {
            self.view(*last, datacenter, members);
        }
        self
    }

    /// Datacenters whose nodes name each other: all the nodes there are, by datacenter and rack.
    pub(super) fn cluster(&self, members: &[Candidate<'_>]) -> &Self {
        for (datacenter, _, last) in members {
            self.sees(*last, datacenter, members);
        }
        self
    }

    /// What one node says of all datacenters, its own being the one named.
    pub(super) fn sees(&self, last: u8, datacenter: &str, members: &[Candidate<'_>]) -> &Self {
        let members = members
            .iter()
            .map(|(datacenter, rack, last)| ((*datacenter).to_owned(), (*rack).to_owned(), *last))
            .collect();
        let node = FakeNode::Lists {
            datacenter: datacenter.to_owned(),
            members,
            ignores_scopes: false,
        };
        self.set(last, node)
    }

    /// What one node says.
    pub(super) fn view(&self, last: u8, datacenter: &str, members: &[(&str, u8)]) -> &Self {
        let members: Vec<_> = members
            .iter()
            .map(|(rack, last)| (datacenter, *rack, *last))
            .collect();
        self.sees(last, datacenter, &members)
    }

    pub(super) fn ignores_scopes(&self, last: u8) -> &Self {
        if let Some(FakeNode::Lists { ignores_scopes, .. }) =
            self.nodes.lock().unwrap().get_mut(&last)
        {
            *ignores_scopes = true;
        }
        self
    }

    pub(super) fn raw(&self, last: u8, body: &str) -> &Self {
        self.set(last, FakeNode::Raw(body.to_owned()))
    }

    pub(super) fn silent(&self, last: u8) -> &Self {
        self.set(last, FakeNode::Silent)
    }

    /// Refuses connections from now on.
    pub(super) fn dead(&self, last: u8) -> &Self {
        self.nodes.lock().unwrap().remove(&last);
        self
    }

    /// Answers that late from now on.
    pub(super) fn slow(&self, last: u8, delay: Duration) -> &Self {
        self.delays.lock().unwrap().insert(last, delay);
        self
    }

    /// Nobody answers questions in which this occurs, or that end in it if it ends with `$`, from now on.
    pub(super) fn unanswerable(&self, part: &str) -> &Self {
        *self.unanswerable.lock().unwrap() = Some(part.to_owned());
        self
    }

    pub(super) fn name(&self, name: &str, addresses: &[u8]) -> &Self {
        self.names
            .lock()
            .unwrap()
            .insert(name.to_owned(), addresses.to_vec());
        self
    }

    /// The name cannot be looked up from now on.
    pub(super) fn forget(&self, name: &str) -> &Self {
        self.names.lock().unwrap().remove(name);
        self
    }

    fn set(&self, last: u8, node: FakeNode) -> &Self {
        self.nodes.lock().unwrap().insert(last, node);
        self
    }

    /// The node, when and if it can be connected and answers.
    async fn reach(&self, last: u8, path: &str) -> Result<FakeNode, QueryError> {
        let delay = self.delays.lock().unwrap().get(&last).copied();
        tokio::time::sleep(delay.unwrap_or_default()).await;
        let unanswerable = self.unanswerable.lock().unwrap().clone();
        let found = match unanswerable {
            Some(part) if path.contains(&part) => Some(FakeNode::Silent),
            Some(part) if is_end(path, &part) => Some(FakeNode::Silent),
            Some(_) | None => self.nodes.lock().unwrap().get(&last).cloned(),
        };
        if matches!(found, Some(FakeNode::Silent)) {
            tokio::time::sleep(Duration::from_secs(3600)).await;
        }
        let refused = || io::Error::from(io::ErrorKind::ConnectionRefused);
        found.ok_or_else(|| QueryError::Unreachable(refused().into()))
    }

    /// Who was asked whether it is there since the last time this was called, in order, and over what.
    pub(super) fn probed(&self) -> Vec<(u8, ConnectionPool)> {
        std::mem::take(&mut self.probed.lock().unwrap())
    }

    /// Who was asked since the last time this was called, in order.
    pub(super) fn asked(&self) -> Vec<(u8, String)> {
        std::mem::take(&mut self.asked.lock().unwrap())
    }

    /// Who was asked at all since then.
    pub(super) fn asked_nodes(&self) -> HashSet<u8> {
        self.asked().into_iter().map(|(last, _)| last).collect()
    }

    pub(super) fn lookups(&self) -> u32 {
        *self.lookups.lock().unwrap()
    }
}

impl DiscoveryClient for FakeNetwork {
    fn get<'a>(
        &'a self,
        node: &'a NodeUrl,
        path: String,
        _: usize,
    ) -> ClientFuture<'a, Vec<u8>, QueryError> {
        Box::pin(async move {
            let last = numbers([node])[0];
            self.asked.lock().unwrap().push((last, path.clone()));
            match self.reach(last, &path).await? {
                FakeNode::Silent => Err(QueryError::Status(504)),
                FakeNode::Raw(body) => Ok(body.into_bytes()),
                FakeNode::Lists {
                    datacenter,
                    members,
                    ignores_scopes,
                } => Ok(answer(&path, &datacenter, &members, ignores_scopes)),
            }
        })
    }

    fn probe<'a>(
        &'a self,
        node: &'a NodeUrl,
        over: ConnectionPool,
    ) -> ClientFuture<'a, (), QueryError> {
        Box::pin(async move {
            let last = numbers([node])[0];
            self.probed.lock().unwrap().push((last, over));
            self.reach(last, "/").await.map(drop)
        })
    }

    fn look_up<'a>(&'a self, host: &'a str) -> ClientFuture<'a, Vec<IpAddr>, io::Error> {
        *self.lookups.lock().unwrap() += 1;
        let found = self.names.lock().unwrap().get(host).cloned();
        Box::pin(async move {
            let found = found.ok_or(io::ErrorKind::NotFound)?;
            Ok(found
                .into_iter()
                .map(|last| [127, 0, 0, last].into())
                .collect())
        })
    }
}

fn is_end(path: &str, part: &str) -> bool {
    part.strip_suffix('$')
        .is_some_and(|end| path.ends_with(end))
}

fn answer(
    path: &str,
    own: &str,
    members: &[(String, String, u8)],
    ignores_scopes: bool,
) -> Vec<u8> {
    let query: HashMap<_, _> = url::form_urlencoded::parse(
        path.split_once('?')
            .map_or("", |(_, query)| query)
            .as_bytes(),
    )
    .into_owned()
    .collect();
    let datacenter = query.get("dc").map_or(own, String::as_str);
    let rack = query.get("rack");
    let named: Vec<_> = members
        .iter()
        .filter(|(dc, r, _)| match ignores_scopes {
            true => dc == own,
            false => dc == datacenter && rack.is_none_or(|rack| rack == r),
        })
        .map(|(_, _, last)| format!("127.0.0.{last}"))
        .collect();
    serde_json::to_vec(&named).unwrap()
}
