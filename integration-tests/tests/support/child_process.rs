//! Tests that run in a child process, with their own environment variables.

use std::env;
use std::process::Command;

/// Runs this test in a child process with these variables, and without any others that the SDK reads.
pub(crate) fn run_in_child_process(test: &str, variables: &[(&str, &str)]) {
    // Strips the crate, and the closure of an asynchronous test.
    let test = test.trim_end_matches("::{{closure}}");
    let (_, test) = test.split_once("::").unwrap();
    let mut child = Command::new(env::current_exe().unwrap());
    child.args([test, "--exact", "--nocapture"]);
    for (name, _) in env::vars().filter(|(name, _)| is_read_by_the_sdk(name)) {
        child.env_remove(name);
    }
    for file in ["AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"] {
        child.env(file, "/dev/null");
    }
    child.env("AWS_EC2_METADATA_DISABLED", "true");
    child.env(CHILD, "1").envs(variables.iter().copied());
    let output = child.output().unwrap();
    let output_text = String::from_utf8_lossy(&output.stdout).into_owned()
        + &String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success() && output_text.contains("1 passed"),
        "{output_text}"
    );
}

/// Returns whether this is the child process.
pub(crate) fn is_child() -> bool {
    env::var_os(CHILD).is_some()
}

const CHILD: &str = "INTEGRATION_TEST_CHILD";

fn is_read_by_the_sdk(name: &str) -> bool {
    name.starts_with("AWS_") || name.to_ascii_uppercase().ends_with("_PROXY")
}
