//! TLS: which certificates are trusted, and which names and client certificates are needed.
//!
//! # Names
//!
//! Discovery lists nodes by address, so a certificate must name the address of its node (as an IP SAN), or one of the
//! names of [`additional_server_names`](crate::Builder::additional_server_names).
//!
//! # Client certificates
