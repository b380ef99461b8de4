//! Compares the public API with a committed listing, so that a change of it is seen in review.
//!
//! The listing is rendered from the sources, since the tools that render it from rustdoc's JSON need a nightly
//! compiler. After an intended change, `UPDATE_PUBLIC_API=1 cargo test -p alternator-lb-sdk --test public_api` writes
//! it anew.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests and their support fail by panicking"
)]

mod render;
mod sources;

use std::path::Path;

#[test]
fn public_api_is_the_committed_one() {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let listing = package.join("public-api.txt");
    let rendered = render::public_api(package);
    if std::env::var_os("UPDATE_PUBLIC_API").is_some() {
        std::fs::write(&listing, &rendered).unwrap();
    }
    let committed = std::fs::read_to_string(&listing).unwrap();
    let differs = committed.lines().zip(rendered.lines());
    let first = differs.enumerate().find(|(_, (one, other))| one != other);
    assert!(
        committed == rendered,
        "the public API has changed, first at line {first:?} (committed, current); if that is intended, run this test with \
         UPDATE_PUBLIC_API=1 and commit public-api.txt"
    );
}
