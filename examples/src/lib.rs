//! What the programs have in common and what is not their point: a table, a client for it, and a picture of who
//! served how many requests.

mod bars;
mod finish;
mod table;

pub use bars::bars;
pub use finish::{chain, finish, verify};
pub use table::{create_table, drop_table, get, put};

/// What ends a program: any error, to be shown to a person.
pub type Error = Box<dyn std::error::Error + Send + Sync>;
