//! Arguments that cannot be used, and help.

use crate::support::output;

#[test]
fn wrong_arguments_are_explained() {
    for (arguments, expected) in [
        (&["check"][..], "seed"),
        (
            &["check", "http://127.0.0.1:1", "--ca", "/no/such/file"],
            "/no/such/file",
        ),
        (
            &["check", "http://127.0.0.1:1", "--ca", "Cargo.toml"],
            "no certificate",
        ),
        (&["check", "http://127.0.0.1:1", "--colour"], "--colour"),
    ] {
        let output = output(arguments, &[]);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{errors}");
        assert!(errors.contains(expected), "{errors}");
        assert!(output.stdout.is_empty());
    }
}

#[test]
fn help_and_version_are_printed() {
    for (arguments, expected) in [
        (&["--help"][..], "check"),
        (&["check", "--help"], "Exit status"),
        (&["--version"], env!("CARGO_PKG_VERSION")),
    ] {
        let output = output(arguments, &[]);
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success());
        assert!(text.contains(expected), "{text}");
    }
}
