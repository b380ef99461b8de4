//! How it works, and why: for those who want to know before they put it in front of their database.
//!
//! Nothing here needs to be read to use the plugin, and there is nothing to call.
//!
//! * [`cost`]: what a request costs, and what of that is whose.
//! * [`health`]: how a node that is not well is found out, left out, and taken back.

pub mod cost;
pub mod health;
