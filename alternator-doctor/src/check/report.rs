//! The result of a run.

mod text;

use super::facts::ClusterFacts;
use super::finding::{Finding, Status};
use serde::Serialize;

/// The findings of all checks.
pub(crate) struct Report {
    groups: Vec<Group>,
    seeds: Vec<String>,
    is_reachable: bool,
    requests: usize,
}

/// Findings under one heading.
pub(crate) struct Group {
    pub(super) title: &'static str,
    pub(super) findings: Vec<Finding>,
}

/// The exit status of a run whose arguments are wrong, or that reaches no seed.
pub(crate) const NOTHING_CHECKED: u8 = 2;

/// The JSON document. The README describes it; a change that breaks readers changes `format`.
#[derive(Serialize)]
struct Document<'a> {
    format: u32,
    program: &'static str,
    seeds: &'a [String],
    exit_status: u8,
    requests: usize,
    summary: Summary,
    findings: Vec<&'a Finding>,
}

/// The number of findings of each status.
#[derive(Clone, Copy, Serialize)]
struct Summary {
    passed: usize,
    warning: usize,
    failed: usize,
    skipped: usize,
}

impl Report {
    pub(super) fn new(facts: &ClusterFacts, groups: Vec<Group>) -> Self {
        Self {
            groups,
            seeds: facts.seeds.iter().map(|seed| seed.url.clone()).collect(),
            is_reachable: facts.responding_seed().is_some(),
            requests: facts.requests,
        }
    }

    /// 0 if no check failed, 1 if one did, [`NOTHING_CHECKED`] if no seed can be reached.
    pub(crate) fn exit_status(&self) -> u8 {
        match (self.is_reachable, self.count(Status::Failed)) {
            (false, _) => NOTHING_CHECKED,
            (true, 0) => 0,
            (true, _) => 1,
        }
    }

    pub(crate) fn json(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string_pretty(&Document {
            format: 1,
            program: PROGRAM,
            seeds: &self.seeds,
            exit_status: self.exit_status(),
            requests: self.requests,
            summary: self.summary(),
            findings: self.findings().collect(),
        })
    }

    /// The report for a person, with colours for a terminal.
    pub(crate) fn text(&self, is_coloured: bool) -> String {
        text::render(self, is_coloured)
    }

    fn findings(&self) -> impl Iterator<Item = &Finding> {
        self.groups.iter().flat_map(|group| &group.findings)
    }

    fn count(&self, status: Status) -> usize {
        let findings = self.findings();
        findings.filter(|finding| finding.status == status).count()
    }

    fn summary(&self) -> Summary {
        Summary {
            passed: self.count(Status::Passed),
            warning: self.count(Status::Warning),
            failed: self.count(Status::Failed),
            skipped: self.count(Status::Skipped),
        }
    }
}

const PROGRAM: &str = concat!("alternator-doctor ", env!("CARGO_PKG_VERSION"));
