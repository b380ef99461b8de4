//! The ScyllaDB release whose behaviour a cluster imitates.

/// The ScyllaDB release whose behaviour a cluster imitates, where releases differ visibly to clients.
///
/// Choose an old release to test that a client works with servers that silently ignore parts of its requests.
///
/// # Default
///
/// [`Version::V2026_1`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Version {
    /// 6.2: `/localnodes` ignores `dc` and `rack` and lists the datacenter of the queried node. Compressed requests are
    /// not supported (their bytes are parsed as JSON and rejected), and responses are never compressed.
    V6_2,
    /// 2025.1: `/localnodes` supports `dc` and `rack`. Requests and responses are not compressed, as in 6.2.
    V2025_1,
    /// 2026.1: `/localnodes` supports `dc` and `rack`. Requests and responses can be compressed with gzip and deflate.
    #[default]
    V2026_1,
    /// 2026.2.0 to 2026.2.5: as 2026.1, but a node that sheds load ([`Fault::Throttle`](crate::Fault::Throttle))
    /// responds before it has read the body, and keeps the connection: the next request on it gets `400 Bad Request`
    /// from the HTTP layer, or a cut connection.
    V2026_2,
}

impl Version {
    /// Returns the version of its first release, the column `version` of `system.versions`.
    pub(crate) const fn first_release(self) -> &'static str {
        match self {
            Self::V6_2 => "6.2.0",
            Self::V2025_1 => "2025.1.0",
            Self::V2026_1 => "2026.1.0",
            Self::V2026_2 => "2026.2.0",
        }
    }

    /// Returns whether `/localnodes` filters by `dc` and `rack`.
    pub(crate) const fn filters_localnodes(self) -> bool {
        match self {
            Self::V6_2 => false,
            Self::V2025_1 | Self::V2026_1 | Self::V2026_2 => true,
        }
    }

    /// Returns whether `Content-Encoding` and `Accept-Encoding` are evaluated.
    pub(crate) const fn supports_compression(self) -> bool {
        match self {
            Self::V6_2 | Self::V2025_1 => false,
            Self::V2026_1 | Self::V2026_2 => true,
        }
    }

    /// Returns whether there is the table `system.client_routes`.
    pub(crate) const fn has_client_routes(self) -> bool {
        match self {
            Self::V6_2 | Self::V2025_1 => false,
            Self::V2026_1 | Self::V2026_2 => true,
        }
    }

    /// Returns whether the table `system.clients` has the clients of Alternator, which it has since 2025.4.
    pub(crate) const fn lists_its_clients(self) -> bool {
        match self {
            Self::V6_2 | Self::V2025_1 => false,
            Self::V2026_1 | Self::V2026_2 => true,
        }
    }

    /// Returns whether a body over the limit gets a DynamoDB error in JSON, instead of plain text from the HTTP layer.
    pub(crate) const fn rejects_large_bodies_in_json(self) -> bool {
        self.supports_compression()
    }

    /// Returns whether a node that sheds load leaves the bodies of requests unread.
    pub(crate) const fn sheds_before_the_body(self) -> bool {
        matches!(self, Self::V2026_2)
    }

    /// Returns the error message for a wrong signature, which changed after 2025.3.
    pub(crate) const fn wrong_signature_message(self) -> &'static str {
        match self {
            Self::V6_2 | Self::V2025_1 => "The security token included in the request is invalid.",
            Self::V2026_1 | Self::V2026_2 => "wrong signature",
        }
    }
}
