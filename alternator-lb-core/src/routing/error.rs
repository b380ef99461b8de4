//! Errors of the selection.

/// No node can be selected.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SelectionError {
    /// The scope names a datacenter or rack, and the servers ignore these filters of `/localnodes`.
    #[error(
        "the scope is {scope}, but these servers ignore the parameters `dc` and `rack` (ScyllaDB before 2025.1); \
         upgrade them, or add `.or(Scope::cluster())` to use all their nodes"
    )]
    ScopeUnsupported {
        /// The configured scope.
        scope: String,
    },

    /// The list of nodes is empty.
    #[error("the list of nodes is empty; give the builder `.seeds(..)` that can be reached")]
    NoNodes,
}
