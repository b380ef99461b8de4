//! Shared code of the example programs: a table, operations on it, and a bar chart of the requests per node.

mod bars;
mod finish;
mod table;

pub use bars::bars;
pub use finish::{chain, finish, verify};
pub use table::{create_table, drop_table, get, put};

/// Any error. It ends the program, and is printed.
pub type Error = Box<dyn std::error::Error + Send + Sync>;
