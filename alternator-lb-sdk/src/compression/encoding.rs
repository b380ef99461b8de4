//! The two content encodings that Alternator supports.

/// A content encoding of HTTP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Encoding {
    Gzip,
    /// In the zlib format, which HTTP means by this name.
    Deflate,
}

impl Encoding {
    /// The name in headers. Alternator compares it exactly, in lower case.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Deflate => "deflate",
        }
    }

    /// The encoding of this name, in any case.
    pub(crate) fn named(name: &str) -> Option<Self> {
        [Self::Gzip, Self::Deflate]
            .into_iter()
            .find(|encoding| encoding.name().eq_ignore_ascii_case(name))
    }
}
