use super::*;
use alternator_lb_core::health::Outcome;
use std::collections::BTreeSet;

impl Instrument {
    /// Returns the name in Prometheus, by the rules of its exporters.
    fn prometheus_name(&self) -> String {
        let unit = match self.unit {
            Unit::Seconds => "_seconds",
            Unit::Bytes => "_bytes",
            Unit::Number(_) => "",
        };
        let suffix = match self.reading {
            Reading::Counter(_) => "_total",
            Reading::UpDownCounter(_) | Reading::Gauge(_) => "",
        };
        format!("{}{unit}{suffix}", self.name.replace('.', "_"))
    }

    /// Returns the row of the table in the documentation.
    fn documentation(&self) -> String {
        let unit = match self.unit {
            Unit::Seconds => "s",
            Unit::Bytes => "By",
            Unit::Number(annotation) => annotation,
        };
        let (kind, count) = match self.reading {
            Reading::Counter(count) => ("counter", Some(count)),
            Reading::UpDownCounter(count) => ("up-down counter", Some(count)),
            Reading::Gauge(_) => ("gauge", None),
        };
        let attributes = match count {
            Some(Count::OfCluster(_)) => "–".to_owned(),
            Some(Count::OfNode(_)) | None => "node".to_owned(),
            Some(Count::ByErrorType(_)) => format!("node, `{ERROR_TYPE}`"),
            Some(Count::ByState) => format!("node, `{STATE}`"),
        };
        let (name, prometheus) = (self.name, self.prometheus_name());
        let description = self.description;
        format!("| `{name}` | `{prometheus}` | {kind} | `{unit}` | {attributes} | {description} |")
    }
}

#[test]
fn documentation_lists_every_instrument() {
    let page = include_str!("../../docs/metrics.rs");
    let rows = page.lines().filter_map(|line| line.strip_prefix("//! "));
    let rows: Vec<&str> = rows
        .filter(|row| row.starts_with("| `alternator."))
        .collect();
    let expected: Vec<String> = INSTRUMENTS.iter().map(Instrument::documentation).collect();
    assert_eq!(rows, expected, "\n{}", expected.join("\n"));
}

#[test]
fn documentation_lists_every_kind_of_error_by_its_blame() {
    let page = include_str!("../../docs/metrics.rs").replace("\n//! ", " ");
    let (_, kinds) = page
        .split_once("of them say something against the node (")
        .unwrap();
    let (against, others) = kinds.split_once(')').unwrap();
    let (others, _) = others.split_once(')').unwrap();
    let list = |is_listed: fn(Outcome) -> bool| {
        let outcomes = Outcome::ALL.into_iter().filter(|it| is_listed(*it));
        let names: Vec<String> = outcomes.map(|it| format!("`{}`", it.name())).collect();
        names.join(", ")
    };
    assert_eq!(against, list(Outcome::is_failure));
    let is_other = |it: Outcome| !it.is_failure() && it != Outcome::Responded;
    assert!(
        others.ends_with(&list(is_other)),
        "{others} {}",
        list(is_other)
    );
}

#[test]
fn names_follow_the_conventions() {
    let names: BTreeSet<&str> = INSTRUMENTS
        .iter()
        .map(|instrument| instrument.name)
        .collect();
    assert_eq!(names.len(), INSTRUMENTS.len());
    for Instrument { name, reading, .. } in &INSTRUMENTS {
        let is_allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "._".contains(c);
        assert!(name.chars().all(is_allowed), "{name}");
        assert!(name.starts_with("alternator.client."), "{name}");
        let forbidden = ["total", "seconds", "bytes"];
        assert!(
            !forbidden.iter().any(|suffix| name.ends_with(suffix)),
            "{name}"
        );
        // No series may look like the namespace of others.
        let namespace = format!("{name}.");
        assert!(
            !names.iter().any(|other| other.starts_with(&namespace)),
            "{name}"
        );
        if let Reading::UpDownCounter(_) = reading {
            assert!(!name.ends_with('s') || name.ends_with("status"), "{name}");
        }
    }
}
