//! The metrics that the features `metrics` and `otel` export.

use crate::support::{eventually, expect_pings, ready_client, test_cluster};
use alternator_lb_sdk::{Alternator, NodeState, NodeStatus, observe::otel};
use alternator_test_cluster::{Node, TestCluster};
use aws_sdk_dynamodb::Client;
use metrics_util::debugging::{DebugValue, DebuggingRecorder};
use opentelemetry::KeyValue;
use opentelemetry::metrics::MeterProvider as _;
use opentelemetry_sdk::metrics::data::{AggregatedMetrics, Metric, MetricData};
use opentelemetry_sdk::metrics::{InMemoryMetricExporter, PeriodicReader, SdkMeterProvider};
use std::collections::BTreeMap;

/// Values by name and labels.
type Values = BTreeMap<(String, BTreeMap<String, String>), f64>;

/// Collects from the exporter that is under test.
trait Exporter {
    fn of(alternator: &Alternator) -> Self;
    fn collect(&mut self, alternator: &Alternator) -> Values;
}

/// The feature `metrics`.
struct Facade {
    recorder: DebuggingRecorder,
    /// The counters, which the recorder resets when it is read.
    counters: Values,
}

/// The feature `otel`.
struct OpenTelemetry {
    exporter: InMemoryMetricExporter,
    provider: SdkMeterProvider,
}

impl Exporter for Facade {
    fn of(_: &Alternator) -> Self {
        Self {
            recorder: DebuggingRecorder::new(),
            counters: Values::new(),
        }
    }

    fn collect(&mut self, alternator: &Alternator) -> Values {
        metrics::with_local_recorder(&self.recorder, || alternator.publish_metrics());
        let mut values = Values::new();
        for (key, _, _, value) in self.recorder.snapshotter().snapshot().into_vec() {
            let labels = key.key().labels();
            let labels = labels.map(|label| (label.key().to_owned(), label.value().to_owned()));
            let series = (key.key().name().to_owned(), labels.collect());
            match value {
                DebugValue::Counter(more) => {
                    *self.counters.entry(series).or_default() += more as f64
                }
                DebugValue::Gauge(value) => drop(values.insert(series, value.into_inner())),
                DebugValue::Histogram(_) => panic!("{series:?} is a histogram"),
            }
        }
        values.extend(self.counters.clone());
        values
    }
}

impl Exporter for OpenTelemetry {
    fn of(alternator: &Alternator) -> Self {
        let exporter = InMemoryMetricExporter::default();
        let reader = PeriodicReader::builder(exporter.clone()).build();
        let provider = SdkMeterProvider::builder().with_reader(reader).build();
        otel::register(alternator, &provider.meter("test"));
        Self { exporter, provider }
    }

    fn collect(&mut self, _: &Alternator) -> Values {
        self.exporter.reset();
        self.provider.force_flush().unwrap();
        let collected = self.exporter.get_finished_metrics().unwrap();
        let scopes = collected
            .iter()
            .flat_map(|resource| resource.scope_metrics());
        scopes
            .flat_map(|scope| scope.metrics())
            .flat_map(points)
            .collect()
    }
}

fn points(metric: &Metric) -> Values {
    let series = |attributes: Vec<&KeyValue>| {
        let labels = attributes
            .into_iter()
            .map(|it| (it.key.to_string(), it.value.to_string()));
        (metric.name().to_owned(), labels.collect())
    };
    match metric.data() {
        AggregatedMetrics::U64(MetricData::Sum(sum)) => sum
            .data_points()
            .map(|point| (series(point.attributes().collect()), point.value() as f64))
            .collect(),
        AggregatedMetrics::I64(MetricData::Sum(sum)) => sum
            .data_points()
            .map(|point| (series(point.attributes().collect()), point.value() as f64))
            .collect(),
        AggregatedMetrics::F64(MetricData::Gauge(gauge)) => gauge
            .data_points()
            .map(|point| (series(point.attributes().collect()), point.value()))
            .collect(),
        other => panic!("{} is no metric of the plugin: {other:?}", metric.name()),
    }
}

/// Returns the sum of the series that have all of these labels.
fn sum(values: &Values, name: &str, labels: &[(&str, &str)]) -> f64 {
    let series = values.iter().filter(|((other, of_series), _)| {
        let has =
            |(label, value): &(&str, &str)| of_series.get(*label).is_some_and(|it| it == value);
        *other == format!("alternator.client.{name}") && labels.iter().all(has)
    });
    series.map(|(_, value)| value).sum()
}

fn of_node(alternator: &Alternator, node: &Node) -> [(&'static str, String); 2] {
    let nodes = alternator.nodes();
    let status = nodes
        .iter()
        .find(|status| status.url() == node.url())
        .unwrap();
    [
        ("server.address", status.host()),
        ("server.port", status.port().to_string()),
    ]
}

/// Makes requests until the client has met the dead node.
async fn meet_dead_node(alternator: &Alternator, client: &Client) {
    let is_down = |node: &NodeStatus| node.state() == NodeState::Down && node.failures() > 0;
    eventually("the client has met the dead node", async || {
        expect_pings(client, 3).await;
        alternator.nodes().iter().any(is_down)
    })
    .await;
}

async fn exports_requests_and_a_dead_node<E: Exporter>(cluster: &TestCluster) {
    let (alternator, client) = ready_client(cluster).await;
    let mut exporter = E::of(&alternator);
    expect_pings(&client, 30).await;
    let values = exporter.collect(&alternator);
    for node in cluster.nodes() {
        let node = of_node(&alternator, &node);
        let node = node
            .each_ref()
            .map(|(label, value)| (*label, value.as_str()));
        assert_eq!(sum(&values, "requests", &node), 10.0, "{values:?}");
        assert_eq!(sum(&values, "errors", &node), 0.0, "{values:?}");
        assert!(
            sum(&values, "request.duration.p50", &node) > 0.0,
            "{values:?}"
        );
    }
    assert!(sum(&values, "refreshes", &[]) >= 1.0, "{values:?}");
    assert!(
        sum(&values, "minimal_headers.saved", &[]) > 0.0,
        "{values:?}"
    );

    cluster.node(1).stop();
    meet_dead_node(&alternator, &client).await;
    let values = exporter.collect(&alternator);
    let [address, port] = of_node(&alternator, &cluster.node(1));
    let state = |state| {
        let labels = [
            (address.0, address.1.as_str()),
            (port.0, port.1.as_str()),
            ("alternator.client.node.state", state),
        ];
        sum(&values, "node.status", &labels)
    };
    assert_eq!((state("up"), state("down")), (0.0, 1.0), "{values:?}");
    // A connection that was cut comes before the refused one, or does not.
    let node = [(address.0, address.1.as_str())];
    let refused = [node[0], ("error.type", "not_connected")];
    let (errors, refused) = (
        sum(&values, "errors", &node),
        sum(&values, "errors", &refused),
    );
    assert!(errors >= 1.0, "{values:?}");
    assert_eq!(sum(&values, "failovers", &[]), errors, "{values:?}");
    assert_eq!(sum(&values, "retries_spared", &[]), refused, "{values:?}");
}

#[tokio::test]
async fn facade_exports_requests_and_a_dead_node() {
    let cluster = test_cluster!();
    exports_requests_and_a_dead_node::<Facade>(&cluster).await;
}

#[tokio::test]
async fn meter_exports_requests_and_a_dead_node() {
    let cluster = test_cluster!();
    exports_requests_and_a_dead_node::<OpenTelemetry>(&cluster).await;
}

/// Returns whether a node that was removed is in any state still.
async fn shows_removed_node<E: Exporter>(cluster: &TestCluster) -> bool {
    let (alternator, client) = ready_client(cluster).await;
    let mut exporter = E::of(&alternator);
    expect_pings(&client, 3).await;
    let [(label, address), _] = of_node(&alternator, &cluster.node(1));
    let node = [(label, address.as_str())];
    assert_eq!(
        sum(&exporter.collect(&alternator), "node.status", &node),
        1.0
    );
    cluster.remove_node(&cluster.node(1));
    eventually("the node has left the list", async || {
        expect_pings(&client, 1).await;
        alternator.nodes().len() == 2
    })
    .await;
    sum(&exporter.collect(&alternator), "node.status", &node) > 0.0
}

#[tokio::test]
async fn removed_node_is_in_no_state() {
    let cluster = test_cluster!();
    assert!(!shows_removed_node::<Facade>(&cluster).await);
    let cluster = test_cluster!();
    assert!(!shows_removed_node::<OpenTelemetry>(&cluster).await);
}
