//! Which ScyllaDB release a cluster behaves as.

/// The ScyllaDB release whose behaviour a cluster copies, where releases differ in what a client can see.
///
/// Choose an old one to test that a client copes with servers that silently ignore what it asks for.
///
/// # Default
///
/// [`Version::V2026_1`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Version {
    /// 6.2: `/localnodes` ignores `dc` and `rack` and answers with the asked node's datacenter; compressed requests are
    /// not understood (their bytes are parsed as JSON, and refused), answers are never compressed.
    V6_2,
    /// 2025.1: `/localnodes` honours `dc` and `rack`; no compression in either direction.
    V2025_1,
    /// 2026.1: `dc`, `rack`, and gzip and deflate in both directions.
    #[default]
    V2026_1,
}

impl Version {
    /// Whether `/localnodes` looks at `dc` and `rack`.
    pub(crate) const fn filters_localnodes(self) -> bool {
        match self {
            Self::V6_2 => false,
            Self::V2025_1 | Self::V2026_1 => true,
        }
    }

    /// Whether `Content-Encoding` and `Accept-Encoding` are looked at.
    pub(crate) const fn compresses(self) -> bool {
        match self {
            Self::V6_2 | Self::V2025_1 => false,
            Self::V2026_1 => true,
        }
    }

    /// Whether a body over the limit is answered in DynamoDB's form, instead of plain text by the HTTP layer below.
    pub(crate) const fn refuses_large_bodies_in_json(self) -> bool {
        self.compresses()
    }

    /// The message that goes with a signature that does not match: it changed after 2025.3.
    pub(crate) const fn wrong_signature(self) -> &'static str {
        match self {
            Self::V6_2 | Self::V2025_1 => "The security token included in the request is invalid.",
            Self::V2026_1 => "wrong signature",
        }
    }
}
