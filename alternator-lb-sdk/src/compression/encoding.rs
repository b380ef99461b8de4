//! The two ways to compress that Alternator knows.

/// A content encoding of HTTP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Encoding {
    Gzip,
    /// That of zlib, which is what HTTP means by it.
    Deflate,
}

impl Encoding {
    /// As headers have it. Alternator compares exactly, in lower case.
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
