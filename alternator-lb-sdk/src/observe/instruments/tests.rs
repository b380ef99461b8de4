use super::*;
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
