//! The alert rules.

use crate::query::Query;
use serde::Deserialize;
use std::collections::BTreeSet;

const RULES: &str = include_str!("../../grafana/alerts.yaml");

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Rules {
    groups: Vec<Group>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Group {
    name: String,
    rules: Vec<Rule>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Rule {
    alert: String,
    expr: String,
    #[serde(rename = "for", default)]
    duration: Option<String>,
    labels: Labels,
    annotations: Annotations,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Labels {
    severity: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Annotations {
    summary: String,
    description: String,
    reason: String,
}

/// Returns the queries of all rules. Each rule has a name of its own, a severity, and says what to make of it.
pub(crate) fn queries() -> Vec<Query> {
    let Rules { groups } = serde_saphyr::from_str(RULES).unwrap();
    let mut names = BTreeSet::new();
    let groups = groups.into_iter();
    let rules = groups.inspect(|group| assert!(!group.rules.is_empty(), "{}", group.name));
    let rules = rules.flat_map(|group| group.rules);
    let of_rule = |rule: Rule| {
        let Annotations {
            summary,
            description,
            reason,
        } = &rule.annotations;
        let is_complete = [summary, description, reason]
            .iter()
            .all(|text| !text.is_empty());
        assert!(is_complete, "{rule:?}");
        let severity = rule.labels.severity.as_str();
        assert!(
            ["info", "warning", "critical"].contains(&severity),
            "{rule:?}"
        );
        assert!(names.insert(rule.alert.clone()), "{rule:?}");
        if let Some(duration) = &rule.duration {
            promql_parser::util::parse_duration(duration).unwrap();
        }
        Query::parse(&rule.expr, &format!("{summary}{description}{reason}"))
    };
    rules.map(of_rule).collect()
}
