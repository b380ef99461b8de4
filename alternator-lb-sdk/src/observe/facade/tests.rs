use super::*;
use crate::observe::test_traffic::{alternator, attempt, list};
use alternator_lb_core::health::Outcome;
use metrics_util::MetricKind;
use metrics_util::debugging::{DebugValue, DebuggingRecorder, Snapshotter};
use std::collections::{BTreeMap, BTreeSet};

/// Publishes to a recorder. Reading it sets its values to zero.
fn publish(alternator: &Alternator, recorder: &DebuggingRecorder) {
    metrics::with_local_recorder(recorder, || alternator.publish_metrics());
}

/// Returns the values by name and labels, `name{value,value}`.
fn values(snapshotter: &Snapshotter) -> BTreeMap<String, f64> {
    let series = snapshotter.snapshot().into_vec().into_iter();
    let values = series.map(|(key, _, _, value)| {
        let key = key.key();
        let labels: Vec<&str> = key.labels().map(Label::value).collect();
        let name = key.name().strip_prefix("alternator.client.").unwrap();
        let value = match value {
            DebugValue::Counter(count) => count as f64,
            DebugValue::Gauge(value) => value.into_inner(),
            DebugValue::Histogram(_) => panic!("{name} is a histogram"),
        };
        (format!("{name}{{{}}}", labels.join(",")), value)
    });
    values.collect()
}

#[test]
fn every_instrument_is_published_with_its_kind_unit_and_description() {
    let (alternator, recorder) = (alternator(&[1]), DebuggingRecorder::new());
    attempt(&alternator, Outcome::Contention);
    publish(&alternator, &recorder);

    let published: BTreeSet<_> = recorder
        .snapshotter()
        .snapshot()
        .into_vec()
        .into_iter()
        .map(|(key, unit, description, _)| {
            let is_counter = key.kind() == MetricKind::Counter;
            let name = key.key().name().to_owned();
            (name, is_counter, format!("{unit:?}"), description)
        })
        .collect();
    let expected = INSTRUMENTS.iter().map(|instrument| {
        let is_counter = matches!(instrument.reading, Reading::Counter(_));
        let unit = Some(metrics::Unit::from(instrument.unit));
        let description = Some(metrics::SharedString::from(instrument.description));
        (
            instrument.name.to_owned(),
            is_counter,
            format!("{unit:?}"),
            description,
        )
    });
    assert_eq!(published, expected.collect::<BTreeSet<_>>());
}

#[test]
fn counters_add_what_was_counted_since_the_last_publication() {
    let (alternator, recorder) = (alternator(&[1]), DebuggingRecorder::new());
    let requests = || values(&recorder.snapshotter())["requests{10.0.0.1,8000}"];
    attempt(&alternator, Outcome::Responded);
    attempt(&alternator, Outcome::Responded);
    publish(&alternator, &recorder);
    publish(&alternator, &recorder);
    assert_eq!(requests(), 2.0);
    attempt(&alternator, Outcome::Responded);
    publish(&alternator, &recorder);
    assert_eq!(requests(), 1.0);
}

#[test]
fn errors_are_counted_by_the_kinds_that_the_node_has_had() {
    let (alternator, recorder) = (alternator(&[1]), DebuggingRecorder::new());
    attempt(&alternator, Outcome::Responded);
    attempt(&alternator, Outcome::Overloaded);
    attempt(&alternator, Outcome::ServerError);
    attempt(&alternator, Outcome::ServerError);
    publish(&alternator, &recorder);
    let values = values(&recorder.snapshotter());
    let errors: Vec<_> = values
        .into_iter()
        .filter(|(series, _)| series.starts_with("errors"))
        .collect();
    let expected = [
        ("errors{10.0.0.1,8000,overloaded}".to_owned(), 1.0),
        ("errors{10.0.0.1,8000,server_error}".to_owned(), 2.0),
    ];
    assert_eq!(errors, expected);
}

#[test]
fn gauges_of_a_node_that_has_left_are_cleared() {
    let (alternator, recorder) = (alternator(&[1, 2]), DebuggingRecorder::new());
    attempt(&alternator, Outcome::Responded);
    attempt(&alternator, Outcome::Responded);
    publish(&alternator, &recorder);
    list(&alternator, &[1]);
    publish(&alternator, &recorder);

    let values = values(&recorder.snapshotter());
    assert_eq!(values["node.status{10.0.0.1,8000,up}"], 1.0);
    assert!(values["request.duration.p50{10.0.0.1,8000}"].is_finite());
    for state in ["up", "pending", "down", "ejected"] {
        assert_eq!(
            values[&format!("node.status{{10.0.0.2,8000,{state}}}")],
            0.0
        );
    }
    assert_eq!(values["request.active{10.0.0.2,8000}"], 0.0);
    assert!(values["request.duration.p50{10.0.0.2,8000}"].is_nan());
    assert_eq!(
        values["requests{10.0.0.2,8000}"], 1.0,
        "counters stand still"
    );
}

#[test]
fn counters_of_a_node_that_returns_go_on() {
    let (alternator, recorder) = (alternator(&[1]), DebuggingRecorder::new());
    for _ in 0..3 {
        attempt(&alternator, Outcome::Responded);
    }
    publish(&alternator, &recorder);
    list(&alternator, &[2]);
    publish(&alternator, &recorder);
    list(&alternator, &[1]);
    attempt(&alternator, Outcome::Responded);
    publish(&alternator, &recorder);
    assert_eq!(
        values(&recorder.snapshotter())["requests{10.0.0.1,8000}"],
        4.0
    );
}

#[test]
fn node_without_responses_has_no_percentiles() {
    let (alternator, recorder) = (alternator(&[1]), DebuggingRecorder::new());
    publish(&alternator, &recorder);
    assert!(values(&recorder.snapshotter())["request.duration.p99{10.0.0.1,8000}"].is_nan());
}
