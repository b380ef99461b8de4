//! `server-version`: all nodes run the same version of ScyllaDB, and one without a known fault.

use super::count;
use crate::check::Evidence;
use crate::check::finding::Finding;
use std::collections::BTreeMap;

const CHECK: &str = "server-version";

pub(super) fn check(evidence: Evidence<'_>) -> Vec<Finding> {
    let mut versions: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let mut failure = None;
    for node in &evidence.facts.nodes {
        match &node.version {
            Some(Ok(Some(version))) => versions.entry(version).or_default().push(&node.url),
            Some(Err(error)) => failure = Some(error),
            Some(Ok(None)) | None => {}
        }
    }
    if versions.is_empty() {
        return vec![match failure {
            Some(failure) => Finding::skipped(CHECK, format!("no node tells: {failure}"))
                .advise("The version is in system.versions: grant the role SELECT on it, or see `nodetool version`"),
            None => Finding::skipped(CHECK, evidence.facts.skip_reason()),
        }];
    }
    let mut findings = Vec::new();
    if versions.len() > 1 {
        let line = |(version, urls): (&&str, &Vec<&str>)| format!("{version}: {}", urls.join(", "));
        findings.push(
            Finding::warning(CHECK, "The nodes run different versions of ScyllaDB")
                .detail(versions.iter().map(line))
                .advise("Finish the upgrade, and check again: features are there once all nodes have them"),
        );
    }
    let breaking = versions
        .keys()
        .filter(|version| breaks_shed_connections(version));
    if let Some(version) = breaking.copied().next() {
        let title = format!("ScyllaDB {version} breaks the connections of requests that it sheds");
        findings.push(Finding::warning(CHECK, title).advise(
            "Upgrade to 2026.2.6 or later before `max_concurrent_requests_per_shard` is set: bodies of shed requests \
             stay on the connection",
        ));
    }
    if findings.is_empty() {
        let nodes = versions.values().map(Vec::len).sum();
        let names: Vec<_> = versions.keys().copied().collect();
        let title = format!("ScyllaDB {} on {}", names.join(", "), count(nodes, "node"));
        findings.push(Finding::passed(CHECK, title));
    }
    findings
}

/// Returns true if a version leaves the bodies of shed requests on the connection: 2026.2.0 to 2026.2.5, and release
/// candidates of that year.
fn breaks_shed_connections(version: &str) -> bool {
    let release = version.split(['-', '~']).next().unwrap_or(version);
    let mut numbers = release.split('.').map(str::parse);
    match (numbers.next(), numbers.next(), numbers.next()) {
        (Some(Ok(2026)), Some(Ok(2)), Some(Ok(patch))) => patch <= 5_u32,
        (Some(Ok(2026)), Some(Ok(3)), Some(Ok(0))) => version.contains("~rc"),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_that_break_connections_are_known() {
        for (version, expected) in [
            ("2026.2.0-0.20260510.61a1232e3c", true),
            ("2026.2.5", true),
            ("2026.2.6", false),
            ("2026.3.0~rc2-0.20260810.61a1232e3c", true),
            ("2026.3.0", false),
            ("2026.1.4", false),
            ("2025.2.1", false),
            ("6.2.0", false),
            ("", false),
        ] {
            assert_eq!(breaks_shed_connections(version), expected, "{version}");
        }
    }
}
