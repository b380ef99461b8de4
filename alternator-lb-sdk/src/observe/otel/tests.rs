use super::*;
use crate::observe::instruments::{ERROR_TYPE, STATE};
use crate::observe::test_traffic::{alternator, attempt, list};
use alternator_lb_core::health::Outcome;
use opentelemetry::metrics::MeterProvider as _;
use opentelemetry_sdk::metrics::data::{AggregatedMetrics, Metric, MetricData};
use opentelemetry_sdk::metrics::{InMemoryMetricExporter, PeriodicReader, SdkMeterProvider};
use std::collections::{BTreeMap, BTreeSet};

/// A meter whose metrics can be read.
struct Collector {
    exporter: InMemoryMetricExporter,
    provider: SdkMeterProvider,
}

impl Collector {
    fn new() -> Self {
        let exporter = InMemoryMetricExporter::default();
        let reader = PeriodicReader::builder(exporter.clone()).build();
        let provider = SdkMeterProvider::builder().with_reader(reader).build();
        Self { exporter, provider }
    }

    fn register(&self, alternator: &Alternator) {
        register(alternator, &self.provider.meter("alternator-lb-sdk"));
    }

    /// Collects, and converts each metric.
    fn collect<T>(&self, mut convert: impl FnMut(&Metric) -> Vec<T>) -> Vec<T> {
        self.exporter.reset();
        self.provider.force_flush().unwrap();
        let collected = self.exporter.get_finished_metrics().unwrap();
        let scopes = collected
            .iter()
            .flat_map(|resource| resource.scope_metrics());
        scopes
            .flat_map(|scope| scope.metrics())
            .flat_map(&mut convert)
            .collect()
    }

    /// Returns the values by name and attributes, `name{value,value}`.
    fn values(&self) -> BTreeMap<String, f64> {
        self.collect(values).into_iter().collect()
    }
}

fn values(metric: &Metric) -> Vec<(String, f64)> {
    let name = metric.name().strip_prefix("alternator.client.").unwrap();
    match metric.data() {
        AggregatedMetrics::U64(MetricData::Sum(sum)) => sum
            .data_points()
            .map(|point| (series(name, point.attributes()), point.value() as f64))
            .collect(),
        AggregatedMetrics::I64(MetricData::Sum(sum)) => sum
            .data_points()
            .map(|point| (series(name, point.attributes()), point.value() as f64))
            .collect(),
        AggregatedMetrics::F64(MetricData::Gauge(gauge)) => gauge
            .data_points()
            .map(|point| (series(name, point.attributes()), point.value()))
            .collect(),
        other => panic!("{name} is none of the kinds of the table: {other:?}"),
    }
}

fn series<'a>(name: &str, attributes: impl Iterator<Item = &'a KeyValue>) -> String {
    let attributes: BTreeMap<&str, String> = attributes
        .map(|it| (it.key.as_str(), it.value.to_string()))
        .collect();
    let order = [SERVER_ADDRESS, SERVER_PORT, ERROR_TYPE, STATE];
    let values = order.iter().filter_map(|name| attributes.get(name));
    let values: Vec<&str> = values.map(String::as_str).collect();
    format!("{name}{{{}}}", values.join(","))
}

fn kind(metric: &Metric) -> &'static str {
    match metric.data() {
        AggregatedMetrics::U64(MetricData::Sum(sum)) if sum.is_monotonic() => "counter",
        AggregatedMetrics::I64(MetricData::Sum(sum)) if !sum.is_monotonic() => "up-down counter",
        AggregatedMetrics::F64(MetricData::Gauge(_)) => "gauge",
        _ => "another",
    }
}

#[test]
fn every_instrument_is_observed_with_its_kind_unit_and_description() {
    let (alternator, collector) = (alternator(&[1]), Collector::new());
    collector.register(&alternator);
    attempt(&alternator, Outcome::Contention);
    let observed = collector.collect(|metric| {
        let (name, unit) = (metric.name().to_owned(), metric.unit().to_owned());
        vec![(name, kind(metric), unit, metric.description().to_owned())]
    });
    let expected = INSTRUMENTS.iter().map(|instrument| {
        let kind = match instrument.reading {
            Reading::Counter(_) => "counter",
            Reading::UpDownCounter(_) => "up-down counter",
            Reading::Gauge(_) => "gauge",
        };
        let unit = instrument.unit.ucum().to_owned();
        (
            instrument.name.to_owned(),
            kind,
            unit,
            instrument.description.to_owned(),
        )
    });
    let observed: BTreeSet<_> = observed.into_iter().collect();
    assert_eq!(observed, expected.collect::<BTreeSet<_>>());
}

#[test]
fn values_are_those_of_the_time_of_the_collection() {
    let (alternator, collector) = (alternator(&[1]), Collector::new());
    collector.register(&alternator);
    attempt(&alternator, Outcome::Responded);
    attempt(&alternator, Outcome::ServerError);
    for _ in 0..2 {
        let values = collector.values();
        assert_eq!(values["requests{10.0.0.1,8000}"], 2.0);
        assert_eq!(values["errors{10.0.0.1,8000,server_error}"], 1.0);
        assert_eq!(values["node.status{10.0.0.1,8000,up}"], 1.0);
        assert_eq!(values["node.status{10.0.0.1,8000,down}"], 0.0);
        assert_eq!(values["refreshes{}"], 0.0);
    }
    attempt(&alternator, Outcome::Responded);
    assert_eq!(collector.values()["requests{10.0.0.1,8000}"], 3.0);
}

#[test]
fn series_of_a_node_that_has_left_end() {
    let (alternator, collector) = (alternator(&[1, 2]), Collector::new());
    collector.register(&alternator);
    attempt(&alternator, Outcome::Responded);
    attempt(&alternator, Outcome::Responded);
    let of_second_node = || -> Vec<String> {
        let series = collector.values().into_keys();
        series
            .filter(|series| series.contains("10.0.0.2"))
            .collect()
    };
    assert_eq!(of_second_node().len(), 8, "{:?}", of_second_node());
    list(&alternator, &[1]);
    assert_eq!(of_second_node(), Vec::<String>::new());
}

#[test]
fn meter_does_not_hold_the_cluster() {
    let (alternator, collector) = (alternator(&[1]), Collector::new());
    collector.register(&alternator);
    assert!(!collector.values().is_empty());
    let cluster = Arc::downgrade(alternator.cluster());
    drop(alternator);
    assert!(cluster.upgrade().is_none());
    assert!(collector.values().is_empty());
}
