//! The functions that fuzz targets call: one for each parser of bytes from outside.
//!
//! Each takes any input, and panics if a property does not hold. `fuzz` calls them with what libFuzzer finds, and the
//! tests with the files of its corpus. They stand beside the parsers, which are private.

#[cfg(feature = "compression")]
pub use crate::compression::fuzzing::encoded_bodies;
pub use crate::internal::client::fuzzing::internal_responses;
pub use crate::metadata::fuzzing::metadata_responses;
pub use crate::operation::fuzzing::expressions;

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

    #[cfg(feature = "compression")]
    #[test]
    fn properties_of_encoded_bodies_hold_for_the_corpus() {
        run_corpus("encoded_bodies", encoded_bodies);
    }

    #[test]
    fn properties_of_internal_responses_hold_for_the_corpus() {
        run_corpus("internal_responses", internal_responses);
    }

    #[test]
    fn properties_of_metadata_responses_hold_for_the_corpus() {
        run_corpus("metadata_responses", metadata_responses);
    }

    #[test]
    fn properties_of_expressions_hold_for_the_corpus() {
        run_corpus("expressions", expressions);
    }
}
