//! Shared code of the example programs: the cluster to run on, a table, operations on it, a bar chart of the requests
//! per node, and a page with metrics.

mod bars;
mod finish;
mod metrics_page;
mod seeds;
mod table;
mod target;

pub use bars::bars;
pub use finish::{chain, finish, verify};
pub use metrics_page::{MetricsPage, scrape};
pub use seeds::seeds;
pub use table::{create_table, drop_table, get, put};
pub use target::Target;

/// Any error. It ends the program, and is printed.
pub type Error = Box<dyn std::error::Error + Send + Sync>;
