//! Which writes use lightweight transactions.
//!
//! A write that depends on what is stored, a *read-modify-write*, goes through Paxos where the table's write isolation
//! says so. There is no leader: the node that gets the request proposes. Two nodes that propose for one partition get in
//! each other's way, up to an error that leaves open whether the write was done; one node does such writes in turn. So all
//! clients should send them to the same node, and must see alone which ones they are.
//!
//! The rules are the server's own. They err on one side only: a write that is wrongly taken for one with a transaction goes
//! to its key's node, which costs evenness, not correctness; one that is missed costs contention.

mod update_expression;

use update_expression::reads_before_writing;

/// What a write says of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Write<'a> {
    pub(crate) kind: WriteKind<'a>,
    /// Whether it has a `ConditionExpression`, or the legacy `Expected`.
    pub(crate) is_conditional: bool,
    pub(crate) returns: Returns,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WriteKind<'a> {
    /// `PutItem`
    Put,
    /// `DeleteItem`
    Delete,
    /// `UpdateItem`
    Update {
        /// Its `UpdateExpression`.
        expression: Option<&'a str>,
        /// Whether one of its legacy `AttributeUpdates` changes what is there: `ADD`, or `DELETE` with a value.
        changes_attributes: bool,
    },
    /// `BatchWriteItem`, which knows no conditions.
    Batch,
}

/// Which attributes a write wants back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Returns {
    #[default]
    Nothing,
    /// `UPDATED_NEW`: what was just written.
    UpdatedNew,
    /// Anything that is stored: `ALL_OLD`, `UPDATED_OLD`, `ALL_NEW`.
    Stored,
}

/// How a table isolates writes, and with it when it uses transactions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Isolation {
    /// `always`: for all writes. A batch is one if any of its tables is so.
    Always,
    /// `only_rmw_uses_lwt`
    OnlyReadModifyWrite,
    /// `forbid_rmw`: read-modify-writes are refused.
    Forbid,
    /// `unsafe_rmw`: read, then written, without any.
    Unsafe,
}

/// What the server makes of the writes to a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct WriteRules {
    pub(crate) isolation: Isolation,
    /// The server's `alternator_force_read_before_write`: each `DeleteItem` and `UpdateItem` is a read-modify-write.
    pub(crate) always_reads: bool,
}

impl Write<'_> {
    /// Whether the server reads what is stored before it writes.
    pub(crate) fn is_read_modify_write(&self) -> bool {
        match self.kind {
            WriteKind::Batch => false,
            // Of these two the server answers nothing else than `NONE` and `ALL_OLD`.
            WriteKind::Put | WriteKind::Delete => {
                self.is_conditional || self.returns != Returns::Nothing
            }
            WriteKind::Update {
                expression,
                changes_attributes,
            } => {
                self.is_conditional
                    || changes_attributes
                    || self.returns == Returns::Stored
                    || expression.is_some_and(reads_before_writing)
            }
        }
    }
}

impl Isolation {
    /// The mode by its name, in the table's tag `system:write_isolation` or the server's `alternator_write_isolation`; as
    /// the server does, by the first letter.
    pub(crate) fn parse(name: &str) -> Option<Self> {
        match name.as_bytes().first()? {
            b'a' => Some(Self::Always),
            b'o' => Some(Self::OnlyReadModifyWrite),
            b'f' => Some(Self::Forbid),
            b'u' => Some(Self::Unsafe),
            _ => None,
        }
    }
}

impl WriteRules {
    pub(crate) fn uses_transaction(self, write: &Write<'_>) -> bool {
        let is_read_anyway = match write.kind {
            WriteKind::Delete | WriteKind::Update { .. } => self.always_reads,
            WriteKind::Put | WriteKind::Batch => false,
        };
        match self.isolation {
            Isolation::Always => true,
            Isolation::OnlyReadModifyWrite => is_read_anyway || write.is_read_modify_write(),
            Isolation::Forbid | Isolation::Unsafe => false,
        }
    }
}

#[cfg(test)]
mod tests;
