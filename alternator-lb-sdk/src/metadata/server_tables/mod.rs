//! The server's own tables, which tell where replicas are.
//!
//! Alternator shows them as tables named `.scylla.alternator.<keyspace>.<table>`, to `Query` and `Scan` only. These are
//! read, each by a [`ServerQuery`] or two:
//!
//! ```text
//! system_schema.keyspaces           the replication of the table's keyspace
//! system_schema.views               the ids of its indexes
//! system.tablets                    its tablets, with the ids of their hosts; empty if it has vnodes
//! system.token_ring                 otherwise the vnodes of its keyspace, with the internal addresses of their nodes
//! system.local, .peers              the addresses by which clients know those nodes, and their datacenters
//! system.config                     the settings that apply to all tables
//! system.client_routes              the addresses of nodes behind PrivateLink
//! ```
//!
//! `system.token_ring` lists tablets too, but joins the tables of a keyspace in a way that is not settled, and a node
//! takes longer to compute it than to read what is stored.
//!
//! Nearly everything is rendered as a string, in CQL's form. Booleans are strings where JSON has `true`, which strict
//! clients refuse: no such column is read. Malformed rows are skipped, and cost the requests for their ranges a hop.

mod addresses;
#[cfg(any(test, fuzzing))]
pub(super) mod fuzzing;
mod local_datacenters;
mod placement;
mod query;
mod replication;
mod row;
mod table;

pub(super) use addresses::{Addresses, NodeName};
pub(super) use local_datacenters::LocalDatacenters;
pub(super) use placement::{Placement, RingReader, TabletReader};
pub(super) use query::{RowReader, ServerQuery};
pub(super) use replication::{Replication, Replications};
pub(super) use row::{IndexIds, keyspace, parsed, text, uuid};
pub use table::ServerTable;
pub(super) use table::grants;

#[cfg(test)]
mod tests;
