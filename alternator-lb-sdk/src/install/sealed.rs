//! Whom the extension traits are for: types of the SDK, and of nobody else.

/// Implemented for these.
#[expect(
    unnameable_types,
    reason = "that nobody can name it, and so implement what asks for it, is what it is for"
)]
pub trait Sealed {}
