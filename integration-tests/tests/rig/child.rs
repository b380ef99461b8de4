//! Tests of what a whole process is told by its environment.

use std::env;
use std::process::Command;

/// Runs this very test in a process of its own with these variables, and no others that the SDK would listen to.
pub(crate) fn in_a_process_with(test: &str, variables: &[(&str, &str)]) {
    // Without the crate, and without the closure that an asynchronous test is.
    let test = test.trim_end_matches("::{{closure}}");
    let (_, test) = test.split_once("::").unwrap();
    let mut child = Command::new(env::current_exe().unwrap());
    child.args([test, "--exact", "--nocapture"]);
    for (name, _) in env::vars().filter(|(name, _)| is_heard(name)) {
        child.env_remove(name);
    }
    for file in ["AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"] {
        child.env(file, "/dev/null");
    }
    child.env("AWS_EC2_METADATA_DISABLED", "true");
    child.env(CHILD, "1").envs(variables.iter().copied());
    let output = child.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned()
        + &String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success() && said.contains("1 passed"),
        "{said}"
    );
}

/// Whether this is that process.
pub(crate) fn is_child() -> bool {
    env::var_os(CHILD).is_some()
}

const CHILD: &str = "INTEGRATION_TEST_CHILD";

fn is_heard(name: &str) -> bool {
    name.starts_with("AWS_") || name.to_ascii_uppercase().ends_with("_PROXY")
}
