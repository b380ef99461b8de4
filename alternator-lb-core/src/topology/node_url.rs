//! The address of a node.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

/// The scheme, host and port of a node: `http://10.0.0.1:8000`, `https://[2001:db8::1]:8043`.
///
/// The text is formatted once, in one canonical form (IPv6 in brackets, always with the port), so that comparing
/// addresses and passing one to the SDK cost no formatting. Clones share it.
#[derive(Clone)]
pub struct NodeUrl {
    scheme: Scheme,
    host: Host,
    port: u16,
    text: Arc<str>,
}

/// The protocol of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scheme {
    /// Without TLS.
    Http,
    /// With TLS.
    Https,
}

/// The host of a node.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Host {
    /// An IP address.
    Ip(IpAddr),
    /// A DNS name, which may stand for several nodes.
    Name(Arc<str>),
}

impl NodeUrl {
    /// Creates an address, and formats it. An IPv4 address that is mapped to IPv6 becomes what it stands for.
    pub fn new(scheme: Scheme, host: Host, port: u16) -> Self {
        let host = match host {
            Host::Ip(ip) => Host::Ip(ip.to_canonical()),
            Host::Name(_) => host,
        };
        let text = match &host {
            Host::Ip(ip) => format!("{scheme}://{}", SocketAddr::new(*ip, port)),
            Host::Name(name) => format!("{scheme}://{name}:{port}"),
        };
        Self {
            scheme,
            host,
            port,
            text: text.into(),
        }
    }

    /// Returns the same scheme and port at another IP address. This turns an entry of `/localnodes`, a bare address,
    /// into the URL of a node.
    pub fn at(&self, ip: IpAddr) -> Self {
        Self::new(self.scheme, Host::Ip(ip), self.port)
    }

    /// Returns the scheme.
    pub fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// Returns the host.
    pub fn host(&self) -> &Host {
        &self.host
    }

    /// Returns the port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Returns the IP address, unless the host is a name.
    pub fn ip(&self) -> Option<IpAddr> {
        match self.host {
            Host::Ip(ip) => Some(ip),
            Host::Name(_) => None,
        }
    }

    /// Returns the canonical text.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Returns the canonical text, shared.
    pub fn text(&self) -> Arc<str> {
        Arc::clone(&self.text)
    }
}

impl PartialEq for NodeUrl {
    fn eq(&self, other: &Self) -> bool {
        #[cfg(test)]
        work::record();
        self.text == other.text
    }
}

impl Eq for NodeUrl {}

impl Hash for NodeUrl {
    fn hash<H: Hasher>(&self, state: &mut H) {
        #[cfg(test)]
        work::record();
        self.text.hash(state);
    }
}

impl fmt::Display for NodeUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for NodeUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Without brackets.
impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ip(ip) => ip.fmt(f),
            Self::Name(name) => f.write_str(name),
        }
    }
}

impl fmt::Display for Scheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Http => "http",
            Self::Https => "https",
        })
    }
}

/// The number of comparisons and hashes, for tests that prove how much work something is.
#[cfg(test)]
pub(crate) mod work {
    use std::cell::Cell;

    thread_local! {
        /// Of this thread, on which its test runs alone.
        static COUNT: Cell<u64> = const { Cell::new(0) };
    }

    pub(super) fn record() {
        COUNT.set(COUNT.get() + 1);
    }

    /// Returns the number since the last call.
    pub(crate) fn take() -> u64 {
        COUNT.take()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_formatted_in_the_canonical_form() {
        let seed = NodeUrl::new(Scheme::Https, Host::Name("db.example".into()), 8043);
        assert_eq!(seed.as_str(), "https://db.example:8043");
        assert_eq!(seed.ip(), None);

        let v4 = seed.at("10.0.0.7".parse().unwrap());
        assert_eq!(v4.as_str(), "https://10.0.0.7:8043");

        let v6 = seed.at("2001:db8:0:0:0:0:0:1".parse().unwrap());
        assert_eq!(v6.as_str(), "https://[2001:db8::1]:8043");
        assert_eq!(v6, seed.at("2001:db8::1".parse().unwrap()));

        let mapped = seed.at("::ffff:10.0.0.7".parse().unwrap());
        assert_eq!((mapped.ip(), &mapped), (v4.ip(), &v4));
    }
}
