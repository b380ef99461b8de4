//! The record and the report of the scenarios of metadata requests.

mod bar;
mod record;
mod report;

pub use bar::Bar;
pub use record::{MetadataRecord, RequestKind};
pub use report::{MetadataPeriod, are_met, bars, rows};
