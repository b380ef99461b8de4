//! The cases that each contender is measured in.

/// One kind of load.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Case {
    pub(super) operation: Operation,
    pub(super) signing: Signing,
    pub(super) workers: Workers,
}

/// The operation of the callers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operation {
    GetItem,
    PutItem,
}

/// The signing of requests, and the verification of signatures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Signing {
    Unsigned,
    Signed,
}

/// The threads of the client's runtime. Both are of the same kind, so that what differs is only their number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Workers {
    One,
    Two,
}

impl Operation {
    pub(super) const ALL: [Self; 2] = [Self::GetItem, Self::PutItem];

    /// The name in arguments.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::GetItem => "get",
            Self::PutItem => "put",
        }
    }

    /// The title in results.
    pub(super) fn title(self) -> &'static str {
        match self {
            Self::GetItem => "GetItem",
            Self::PutItem => "PutItem",
        }
    }
}

impl Signing {
    pub(super) const ALL: [Self; 2] = [Self::Unsigned, Self::Signed];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Unsigned => "unsigned",
            Self::Signed => "signed",
        }
    }
}

impl Workers {
    pub(super) const ALL: [Self; 2] = [Self::One, Self::Two];

    pub(super) fn count(self) -> u8 {
        match self {
            Self::One => 1,
            Self::Two => 2,
        }
    }

    pub(super) fn title(self) -> &'static str {
        match self {
            Self::One => "one thread",
            Self::Two => "two threads",
        }
    }
}

impl Case {
    pub(super) fn title(self) -> String {
        let (operation, signing) = (self.operation.title(), self.signing.name());
        format!("{operation}, {signing}, {}", self.workers.title())
    }
}
