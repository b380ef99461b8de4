//! The functions that fuzz targets call: one for each parser of bytes from outside.
//!
//! Each takes any input, and panics if a property does not hold. `fuzz` calls them with what libFuzzer finds, and the
//! tests with the files of its corpus. They stand beside the parsers, which are private.

pub use crate::discovery::fuzzing::{allowed_addresses, local_nodes, seeds};
pub use crate::health::fuzzing::error_responses;
pub use crate::routing::fuzzing::partition_keys;

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::path::Path;

    /// Runs a target on each file of its corpus. A package has none: it lies outside of the crate.
    fn run_corpus(target: &str, check: fn(&[u8])) {
        let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        if !workspace.join("Cargo.toml").exists() {
            return;
        }
        let folder = workspace.join("fuzz/corpus").join(target);
        let files = fs::read_dir(&folder).expect("each target has a corpus");
        let mut count = 0;
        for file in files {
            let path = file.unwrap().path();
            println!("{}", path.display());
            check(&fs::read(path).unwrap());
            count += 1;
        }
        assert!(count > 0, "{} is empty", folder.display());
    }

    #[test]
    fn properties_of_local_nodes_hold_for_the_corpus() {
        run_corpus("local_nodes", local_nodes);
    }

    #[test]
    fn properties_of_seeds_hold_for_the_corpus() {
        run_corpus("seeds", seeds);
    }

    #[test]
    fn properties_of_allowed_addresses_hold_for_the_corpus() {
        run_corpus("allowed_addresses", allowed_addresses);
    }

    #[test]
    fn properties_of_partition_keys_hold_for_the_corpus() {
        run_corpus("partition_keys", partition_keys);
    }

    #[test]
    fn properties_of_error_responses_hold_for_the_corpus() {
        run_corpus("error_responses", error_responses);
    }
}
