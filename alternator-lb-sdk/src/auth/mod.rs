//! Signatures, cheaper than by the SDK's signer and equal to what AWS's rules ask for.
//!
//! The SDK's signer derives the signing key anew for each request, which is four of the seven hashes, and signs every
//! header, each of which it copies, sorts and folds. Here the key is [kept](signing_keys), and signed are the parts
//! that Alternator reads: the target host (`host`), the time (`x-amz-date`), the operation (`x-amz-target`), the body,
//! and the session token where there is one. AWS's rules ask for the same: `host` and all headers that begin with
//! `x-amz-`.
//!
//! The signer knows the requests that the DynamoDB client makes, and no others. Anything else in a request or in its
//! configuration goes to the SDK's own signer, which is called before anything was changed.
//!
//! Knows the SDK's requests and credentials, no cluster and no node.

mod amz_date;
mod clock_skew;
mod host;
mod mode;
mod scheme;
mod signature;
mod signing_keys;

pub(crate) use clock_skew::ClockSkew;
pub use mode::AuthMode;
pub(crate) use scheme::{SigningScheme, is_fast};
