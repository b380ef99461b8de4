//! A dump of the library's own, replayed.

use super::*;

/// The dump of a client of three nodes. One refuses connections and comes back, one fails all operations and recovers,
/// and then two fail at a time.
const OUTAGE: &str = include_str!("outage.jsonl");

fn replay_of(dump: &str) -> Comparison {
    replay(&Dump::parse(dump).unwrap())
}

#[test]
fn library_decides_as_recorded() {
    let comparison = replay_of(OUTAGE);
    assert!(comparison.is_same(), "{comparison}");
    let table = comparison.to_string();
    for decision in [
        "is ejected",
        "is restored",
        "enters panic mode",
        "leaves panic mode",
    ] {
        assert!(table.contains(decision), "{table}");
    }
}

#[test]
fn dump_of_other_decisions_differs() {
    let is_other = |line: &&str| !line.contains("\"outcome\":\"server_error\"");
    let without_errors: Vec<&str> = OUTAGE.lines().filter(is_other).collect();
    let comparison = replay_of(&without_errors.join("\n"));
    assert!(!comparison.is_same());
    assert!(comparison.to_string().contains("**not**"), "{comparison}");
}

#[test]
fn line_that_is_no_json_or_lacks_a_field_is_named() {
    for (dump, named) in [
        ("{}\nx", "line 1: "),
        ("{\"type\":\"header\"}\nx", "line 2: "),
        ("{\"type\":\"attempt\"}", "line 1: it has not the fields"),
        ("{\"type\":\"header\"}", "no line of a node"),
    ] {
        let error = Dump::parse(dump).unwrap_err();
        assert!(error.contains(named), "{error}");
    }
}
