//! What the server's own tables say of replicas.
//!
//! Alternator shows them as tables named `.scylla.alternator.<keyspace>.<table>`, to `Query` and `Scan` only. Three things
//! are read there, each by a [`Question`] or two:
//!
//! ```text
//! system_schema.tables, .views      the id of a table or an index
//! system.tablets                    its tablets, whose replicas go by the ids of their hosts; none if it has vnodes
//! system.token_ring                 then the vnodes of its keyspace, whose replicas go by their internal addresses
//! system.local, .peers              by which addresses clients know those hosts
//! ```
//!
//! `system.token_ring` tells of tablets too, but joins the tables of a keyspace in a way that is not settled, and takes a
//! node longer to make up than to read what it keeps anyway.
//!
//! Nearly everything is rendered as a string, in CQL's form. Booleans are strings where JSON has `true`, which strict
//! clients refuse: none is asked for. What cannot be read is left out, and costs the requests for it a hop.

mod addresses;
mod ids;
mod placement;
mod question;
mod ring;
mod row;
mod tablets;

pub(crate) use addresses::Addresses;
pub(crate) use ids::{id_in, keyspace};
pub(crate) use placement::Placement;
pub(crate) use question::{Page, Question};
pub(crate) use ring::Ring;
pub(crate) use tablets::Tablets;

#[cfg(test)]
mod tests;
