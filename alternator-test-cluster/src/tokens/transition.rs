//! Transitions of tablets: migrations to other nodes, and repairs.

/// The stage of a tablet in transition, the column `stage` of `system.tablets`.
///
/// A migration passes through the first seven in this order, a repair through the last two. A repair changes no
/// replicas.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TabletStage {
    /// `allow_write_both_read_old`.
    AllowWriteBothReadOld,
    /// `write_both_read_old`.
    WriteBothReadOld,
    /// `streaming`, the longest one.
    Streaming,
    /// `write_both_read_new`: from here on the new replicas are read.
    WriteBothReadNew,
    /// `use_new`.
    UseNew,
    /// `cleanup`.
    Cleanup,
    /// `end_migration`.
    EndMigration,
    /// `repair`.
    Repair,
    /// `end_repair`.
    EndRepair,
}

/// A transition of one tablet.
#[derive(Clone, Debug)]
pub(crate) struct Transition {
    pub(crate) stage: TabletStage,
    /// The numbers of the nodes that hold the tablet after it.
    pub(crate) new_replicas: Vec<usize>,
}

impl TabletStage {
    /// Returns the stage as the server names it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::AllowWriteBothReadOld => "allow_write_both_read_old",
            Self::WriteBothReadOld => "write_both_read_old",
            Self::Streaming => "streaming",
            Self::WriteBothReadNew => "write_both_read_new",
            Self::UseNew => "use_new",
            Self::Cleanup => "cleanup",
            Self::EndMigration => "end_migration",
            Self::Repair => "repair",
            Self::EndRepair => "end_repair",
        }
    }

    /// Returns the next stage. `None` if the transition ends after this one.
    pub(crate) const fn next(self) -> Option<Self> {
        match self {
            Self::AllowWriteBothReadOld => Some(Self::WriteBothReadOld),
            Self::WriteBothReadOld => Some(Self::Streaming),
            Self::Streaming => Some(Self::WriteBothReadNew),
            Self::WriteBothReadNew => Some(Self::UseNew),
            Self::UseNew => Some(Self::Cleanup),
            Self::Cleanup => Some(Self::EndMigration),
            Self::Repair => Some(Self::EndRepair),
            Self::EndMigration | Self::EndRepair => None,
        }
    }

    /// Returns the kind of the transition, as the server names it.
    pub(crate) const fn transition(self) -> &'static str {
        match self {
            Self::AllowWriteBothReadOld
            | Self::WriteBothReadOld
            | Self::Streaming
            | Self::WriteBothReadNew
            | Self::UseNew
            | Self::Cleanup
            | Self::EndMigration => "migration",
            Self::Repair | Self::EndRepair => "repair",
        }
    }

    /// Returns whether the new replicas are read.
    const fn reads_new(self) -> bool {
        match self {
            Self::WriteBothReadNew | Self::UseNew | Self::Cleanup | Self::EndMigration => true,
            Self::AllowWriteBothReadOld
            | Self::WriteBothReadOld
            | Self::Streaming
            | Self::Repair
            | Self::EndRepair => false,
        }
    }
}

impl Transition {
    /// Returns the replicas that serve reads, of a tablet with these replicas before the transition.
    pub(crate) fn read_replicas<'a>(&'a self, old: &'a [usize]) -> &'a [usize] {
        if self.stage.reads_new() {
            &self.new_replicas
        } else {
            old
        }
    }
}
