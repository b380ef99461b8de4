//! The writes that use lightweight transactions.
//!
//! A write that depends on what is stored, a *read-modify-write*, goes through Paxos where the table's write isolation
//! says so. There is no leader: the node that gets the request proposes. Two nodes that propose for one partition
//! contend, up to an error that leaves open whether the write was done; one node does such writes in turn. So all
//! clients should send them to the same node, and each must recognise them by itself.
//!
//! The rules are the server's own. A write that is wrongly taken for a transaction goes to its key's primary, which
//! costs evenness, not correctness; one that is missed costs contention.

mod update_expression;

use update_expression::reads_before_writing;

/// The properties of a write that decide whether it is a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Write<'a> {
    pub(crate) kind: WriteKind<'a>,
    /// True with a `ConditionExpression`, or the legacy `Expected`.
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
        /// True if one of its legacy `AttributeUpdates` changes what is there: `ADD`, or `DELETE` with a value.
        changes_attributes: bool,
    },
    /// `BatchWriteItem`, which has no conditions.
    Batch,
}

/// The attributes that a write returns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Returns {
    #[default]
    Nothing,
    /// `UPDATED_NEW`: what was just written.
    UpdatedNew,
    /// Stored attributes: `ALL_OLD`, `UPDATED_OLD`, `ALL_NEW`.
    Stored,
}

/// The mode in which a table isolates writes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Isolation {
    /// `always`: all writes are transactions. A batch is one if any of its tables is in this mode.
    Always,
    /// `only_rmw_uses_lwt`, the usual mode.
    #[default]
    OnlyReadModifyWrite,
    /// `forbid_rmw`: read-modify-writes are refused.
    Forbid,
    /// `unsafe_rmw`: read-modify-writes are no transactions.
    Unsafe,
}

/// The settings of the server for the writes to a table. Unknown ones count as those of the usual mode.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct WriteRules {
    pub(crate) isolation: Isolation,
    /// The server's `alternator_force_read_before_write`: each `DeleteItem` and `UpdateItem` is a read-modify-write.
    pub(crate) always_reads: bool,
}

impl Write<'_> {
    /// Returns whether the server reads what is stored before it writes.
    pub(crate) fn is_read_modify_write(&self) -> bool {
        self.is_conditional
            || match self.kind {
                // The server accepts only `NONE` and `ALL_OLD` for these two.
                WriteKind::Put | WriteKind::Delete => self.returns != Returns::Nothing,
                WriteKind::Update {
                    expression,
                    changes_attributes,
                } => {
                    changes_attributes
                        || self.returns == Returns::Stored
                        || expression.is_some_and(reads_before_writing)
                }
                WriteKind::Batch => false,
            }
    }
}

impl Isolation {
    /// Parses a mode in the table's tag `system:write_isolation` or the server's `alternator_write_isolation`. As in
    /// the server, the first letter counts.
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
    /// Returns whether the server uses a transaction for a write.
    pub(crate) fn uses_transaction(self, write: &Write<'_>) -> bool {
        let always_reads =
            self.always_reads && matches!(write.kind, WriteKind::Delete | WriteKind::Update { .. });
        match self.isolation {
            Isolation::Always => true,
            Isolation::OnlyReadModifyWrite => always_reads || write.is_read_modify_write(),
            Isolation::Forbid | Isolation::Unsafe => false,
        }
    }
}

#[cfg(test)]
mod tests;
