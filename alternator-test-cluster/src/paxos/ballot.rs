//! Ballots: the numbers of proposals, each of which is used once.

use std::fmt::{self, Display, Formatter};

use uuid::Uuid;

/// The number of a proposal. Later ones are higher.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Ballot(pub(super) u32);

/// The server's ballots are UUIDs of version 1.
impl Display for Ballot {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        let uuid = Uuid::from_fields(self.0, 0, 0x1000, &[0x80, 0, 0, 0, 0, 0, 0, 1]);
        uuid.fmt(formatter)
    }
}
