//! Which operations keep to one node per partition.

use super::lwt::{Write, WriteRules};

/// Which operations on a partition all go to the same node, from all clients alike.
///
/// Given to [`Builder::key_affinity`](crate::Builder::key_affinity). What such a node is called is a *coordinator*: it takes
/// the request, and sees to it that the replicas do what it asks for.
///
/// # Why
///
/// A write with a condition, or one that changes what is there (a counter), is a *lightweight transaction*: the replicas
/// agree on it by Paxos. ScyllaDB has no leader for that, so the node that gets the request proposes the change. Two nodes
/// that propose changes to one partition at the same time disturb each other: both start again after a random wait of up to
/// 100 ms, and at worst fail with an error that leaves open whether the write was done. One node does the writes to a
/// partition one after the other, without any of that.
///
/// Writes without conditions gain something else: each gets its time from the node that coordinates it, and the later time
/// counts. If two clocks differ by 5 ms, then a write that follows another within these can be lost, though both succeeded.
/// One coordinator has one clock.
///
/// # What it costs
///
/// Evenness: the requests for a partition that is in demand all meet one node. With thousands of partitions of about the
/// same demand that evens out, to some per cent; with a few hot ones it does not. Nodes are given partitions by rendezvous
/// hashing over the whole datacenter, also where other requests keep to a rack: when a node joins or leaves, only its own
/// share moves. For that, [`Scope::rack`](crate::Scope::rack) has the list of the datacenter's nodes asked for as well, one
/// more question in each refresh.
///
/// Per operation that is covered it costs two allocations of some bytes, and the others nothing. Which attribute is the
/// partition key is looked up once per table (`DescribeTable`, signed like the operation that comes first), beside the
/// operations: until that is known, and where it may not be known, they go their ordinary way.
/// [`Builder::partition_key`](crate::Builder::partition_key) spares that.
///
/// It is a matter of speed, never of correctness: when the first node of a partition is out, its second takes over, and a
/// client that sees another list of nodes for a moment merely brings back the contention.
///
/// # Which to choose
///
/// | the application | choose |
/// |---|---|
/// | uses conditions or counters, on tables in the usual mode `only_rmw_uses_lwt` | [`conditional_writes`](Self::conditional_writes) |
/// | has tables in the mode `always_use_lwt` | [`from_table`](Self::from_table), or [`all_writes`](Self::all_writes) if all are |
/// | overwrites items within milliseconds, and the last must win | [`all_writes`](Self::all_writes) |
/// | reads the same few thousand items much more often than its nodes can cache | [`all`](Self::all) |
/// | does none of that | nothing: requests are as even as they can be |
///
/// # Example
///
/// ```
/// use alternator_lb_sdk::{Alternator, KeyAffinity};
///
/// let alternator = Alternator::builder()
///     .seeds(["http://10.0.0.1:8000"])
///     .key_affinity(KeyAffinity::conditional_writes())
///     .partition_key("orders", "customer") // not necessary: spares one look-up
///     .build()?;
/// # Ok::<(), alternator_lb_sdk::BuildError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct KeyAffinity(Covered);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Covered {
    ConditionalWrites,
    AllWrites,
    All,
    FromTable,
}

/// Whether an operation is covered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Yes,
    No,
    /// That depends on how its table isolates writes.
    AsItsTableSays,
}

impl KeyAffinity {
    /// Writes that depend on what is stored, which use transactions in ScyllaDB's usual mode, `only_rmw_uses_lwt`.
    ///
    /// These are, as the server has it, each `PutItem`, `UpdateItem` and `DeleteItem`
    ///
    /// * with a `ConditionExpression`, or the older `Expected`;
    /// * with `ReturnValues` that are stored ones: anything but `NONE` and, for `UpdateItem`, `UPDATED_NEW`;
    /// * whose `UpdateExpression` reads (`SET a = a + :x`, `if_not_exists(..)`), has `ADD` or a `DELETE` of elements, or
    ///   names a nested path; or whose older `AttributeUpdates` have `ADD`, or `DELETE` with a value.
    ///
    /// `BatchWriteItem` knows no conditions, and is not among them.
    #[must_use]
    pub const fn conditional_writes() -> Self {
        Self(Covered::ConditionalWrites)
    }

    /// All writes: also those without conditions, and `BatchWriteItem`, which goes to the node that is the first for most
    /// of its items.
    #[must_use]
    pub const fn all_writes() -> Self {
        Self(Covered::AllWrites)
    }

    /// All writes, and the reads of single partitions: `GetItem`, `Query`, and `BatchGetItem` by the majority of its keys.
    ///
    /// Rarely what one wants: a partition that is read often is then read from one node only. A `Scan` reads all
    /// partitions and goes its ordinary way, as does a `Query` of an index whose partition key is not known.
    #[must_use]
    pub const fn all() -> Self {
        Self(Covered::All)
    }

    /// The writes that use transactions, as each table isolates them.
    ///
    /// Looked up with the partition key: the table's tag `system:write_isolation` by `ListTagsOfResource`; where it has
    /// none, the server's `alternator_write_isolation`, and in any case its `alternator_force_read_before_write`, in
    /// `.scylla.alternator.system.config`. Where authorization is enforced, reading that table takes the permission
    /// `SELECT` on `system.config`. A table of which that cannot be known counts as one in the usual mode, so that this is
    /// then what [`conditional_writes`](Self::conditional_writes) is.
    ///
    /// A table in the mode `forbid_rmw` or `unsafe_rmw` uses no transactions, so nothing about it is covered. A
    /// `BatchWriteItem` is covered if one of its tables is in the mode `always_use_lwt`, as the server uses transactions
    /// for the whole of it then. Changes are noticed within some ten minutes, those made through this client at once.
    #[must_use]
    pub const fn from_table() -> Self {
        Self(Covered::FromTable)
    }

    /// Whether an operation that writes so, or only reads, is covered.
    pub(crate) fn covers(self, write: Option<&Write<'_>>) -> Verdict {
        let is_covered = match (self.0, write) {
            (Covered::All, _) => true,
            (Covered::ConditionalWrites | Covered::AllWrites | Covered::FromTable, None) => false,
            (Covered::AllWrites, Some(_)) => true,
            (Covered::ConditionalWrites, Some(write)) => write.is_read_modify_write(),
            (Covered::FromTable, Some(_)) => return Verdict::AsItsTableSays,
        };
        match is_covered {
            true => Verdict::Yes,
            false => Verdict::No,
        }
    }

    /// Whether it matters how tables isolate writes.
    pub(crate) fn asks_tables(self) -> bool {
        self.0 == Covered::FromTable
    }
}

/// Whether a table that isolates writes so uses a transaction for this one; the usual mode stands in for what is not known.
pub(crate) fn uses_transaction(rules: Option<WriteRules>, write: &Write<'_>) -> bool {
    match rules {
        Some(rules) => rules.uses_transaction(write),
        None => write.is_read_modify_write(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operation::lwt::{Isolation, Returns, WriteKind};

    const fn write(kind: WriteKind<'_>, is_conditional: bool) -> Write<'_> {
        Write {
            kind,
            is_conditional,
            returns: Returns::Nothing,
        }
    }

    const PUT: Write<'_> = write(WriteKind::Put, false);
    const CONDITIONAL: Write<'_> = write(WriteKind::Put, true);
    const BATCH: Write<'_> = write(WriteKind::Batch, false);

    #[test]
    fn each_mode_covers_what_it_says() {
        use Verdict::{AsItsTableSays, No, Yes};
        let operations = [None, Some(&PUT), Some(&CONDITIONAL), Some(&BATCH)];
        for (affinity, expected) in [
            (KeyAffinity::conditional_writes(), [No, No, Yes, No]),
            (KeyAffinity::all_writes(), [No, Yes, Yes, Yes]),
            (KeyAffinity::all(), [Yes, Yes, Yes, Yes]),
            (
                KeyAffinity::from_table(),
                [No, AsItsTableSays, AsItsTableSays, AsItsTableSays],
            ),
        ] {
            let verdicts = operations.map(|write| affinity.covers(write));
            assert_eq!(verdicts, expected, "{affinity:?}");
        }
    }

    #[test]
    fn a_table_that_is_not_known_is_in_the_usual_mode() {
        let always = Some(WriteRules {
            isolation: Isolation::Always,
            always_reads: false,
        });
        for (rules, expected) in [(None, [false, true, false]), (always, [true, true, true])] {
            let used = [&PUT, &CONDITIONAL, &BATCH].map(|write| uses_transaction(rules, write));
            assert_eq!(used, expected, "{rules:?}");
        }
    }
}
