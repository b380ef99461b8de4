//! A row of the table: a node, and its history.

use super::History;
use crate::top::document::NodeRecord;
use std::net::IpAddr;

/// A node.
#[derive(Clone, Debug)]
pub(in crate::top) struct NodeRow {
    pub(in crate::top) record: NodeRecord,
    pub(in crate::top) history: History,
    /// The key of the order by addresses: names first, then numbers as numbers.
    pub(super) address_key: AddressKey,
}

pub(super) type AddressKey = (Option<IpAddr>, String, u16);

impl NodeRow {
    /// A node without a history.
    pub(super) fn new(record: NodeRecord) -> Self {
        Self {
            address_key: address_key(&record.url),
            record,
            history: History::default(),
        }
    }

    /// The host and the port.
    pub(in crate::top) fn address(&self) -> &str {
        address(&self.record.url)
    }

    /// The state, as it is shown.
    pub(in crate::top) fn state(&self) -> &str {
        match self.record.is_in_slow_start {
            true => "slow start",
            false => &self.record.state,
        }
    }

    /// Returns whether the node takes requests.
    pub(in crate::top) fn is_up(&self) -> bool {
        self.record.state == "up"
    }

    /// The datacenter and the rack, as far as the scope tells them.
    pub(in crate::top) fn place(&self) -> Option<String> {
        let datacenter = self.record.datacenter.as_deref()?;
        Some(match &self.record.rack {
            Some(rack) => format!("{datacenter}/{rack}"),
            None => datacenter.to_owned(),
        })
    }
}

fn address(url: &str) -> &str {
    url.split_once("://").map_or(url, |(_, address)| address)
}

fn address_key(url: &str) -> AddressKey {
    let address = address(url);
    let (host, port) = address.rsplit_once(':').unwrap_or((address, ""));
    let ip = host.trim_matches(['[', ']']).parse().ok();
    (ip, host.to_owned(), port.parse().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_ordered_as_numbers() {
        let mut urls = [
            "http://[2001:db8::1]:8000",
            "http://10.0.0.10:8000",
            "http://10.0.0.9:8001",
            "http://10.0.0.9:8000",
        ];
        urls.sort_by_key(|url| address_key(url));
        let expected = [
            "http://10.0.0.9:8000",
            "http://10.0.0.9:8001",
            "http://10.0.0.10:8000",
            "http://[2001:db8::1]:8000",
        ];
        assert_eq!(urls, expected);
    }

    #[test]
    fn place_is_as_precise_as_the_scope() {
        let place = |datacenter: Option<&str>, rack: Option<&str>| {
            let record = NodeRecord {
                datacenter: datacenter.map(str::to_owned),
                rack: rack.map(str::to_owned),
                ..NodeRecord::default()
            };
            NodeRow::new(record).place()
        };
        assert_eq!(place(None, None), None);
        assert_eq!(place(Some("dc1"), None).as_deref(), Some("dc1"));
        assert_eq!(place(Some("dc1"), Some("r1")).as_deref(), Some("dc1/r1"));
    }
}
