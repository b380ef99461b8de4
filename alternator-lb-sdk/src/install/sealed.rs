//! Seals the extension traits: only types of the SDK implement them.

/// Implemented for the types that the extension traits are for.
#[expect(
    unnameable_types,
    reason = "a trait that cannot be named outside of this crate cannot be implemented there"
)]
pub trait Sealed {}
