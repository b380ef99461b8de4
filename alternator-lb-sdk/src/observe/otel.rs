//! The exporter to OpenTelemetry (feature `otel`).

use super::instruments::{INSTRUMENTS, Instrument, SERVER_ADDRESS, SERVER_PORT, Unit};
use super::readings::{Attributes, Count, Reading, Snapshot};
use crate::alternator::Alternator;
use crate::cluster::Cluster;
use alternator_lb_core::observe::NodeStatus;
use opentelemetry::KeyValue;
use opentelemetry::metrics::Meter;
use std::sync::{Arc, Weak};
use std::time::Duration;

/// Registers the metrics of a cluster with a meter of OpenTelemetry.
///
/// Call it once for each cluster. All instruments are observable: they are read when the meter's reader collects, and
/// requests cost nothing more. They do not hold the cluster, and report nothing once its last handle and client is
/// dropped. [`docs::metrics`](crate::docs::metrics) lists the metrics.
///
/// ```
/// use alternator_lb_sdk::{Alternator, observe::otel};
///
/// # fn example(alternator: &Alternator, meter_provider: &impl opentelemetry::metrics::MeterProvider) {
/// otel::register(alternator, &meter_provider.meter("alternator-lb-sdk"));
/// # }
/// ```
///
/// Two clusters of one process need meters of their own, since the metrics of a cluster have no name: give the scope of
/// each an attribute, by `MeterProvider::meter_with_scope`.
///
/// The meter is of `opentelemetry` 0.33; another version of it is a breaking change of this function alone.
pub fn register(alternator: &Alternator, meter: &Meter) {
    for instrument in &INSTRUMENTS {
        let cluster = Arc::downgrade(alternator.cluster());
        match instrument.reading {
            Reading::Counter(count) => {
                register_counter(instrument, count, cluster, meter);
            }
            Reading::UpDownCounter(count) => {
                register_up_down_counter(instrument, count, cluster, meter);
            }
            Reading::Gauge(read) => register_gauge(instrument, read, cluster, meter),
        }
    }
}

fn register_counter(
    instrument: &'static Instrument,
    count: Count,
    cluster: Weak<Cluster>,
    meter: &Meter,
) {
    let builder = meter.u64_observable_counter(instrument.name);
    let builder = builder.with_unit(instrument.unit.ucum());
    let builder = builder.with_description(instrument.description);
    builder
        .with_callback(move |observer| {
            collect(&cluster, |snapshot| {
                count.read(snapshot, |attributes, value| {
                    observer.observe(value, &key_values(attributes));
                });
            });
        })
        .build();
}

fn register_up_down_counter(
    instrument: &'static Instrument,
    count: Count,
    cluster: Weak<Cluster>,
    meter: &Meter,
) {
    let builder = meter.i64_observable_up_down_counter(instrument.name);
    let builder = builder.with_unit(instrument.unit.ucum());
    let builder = builder.with_description(instrument.description);
    builder
        .with_callback(move |observer| {
            collect(&cluster, |snapshot| {
                count.read(snapshot, |attributes, value| {
                    let value = i64::try_from(value).unwrap_or(i64::MAX);
                    observer.observe(value, &key_values(attributes));
                });
            });
        })
        .build();
}

fn register_gauge(
    instrument: &'static Instrument,
    read: fn(&NodeStatus) -> Option<Duration>,
    cluster: Weak<Cluster>,
    meter: &Meter,
) {
    let builder = meter.f64_observable_gauge(instrument.name);
    let builder = builder.with_unit(instrument.unit.ucum());
    let builder = builder.with_description(instrument.description);
    builder
        .with_callback(move |observer| {
            collect(&cluster, |snapshot| {
                for node in snapshot.nodes() {
                    if let Some(time) = read(node) {
                        let attributes = key_values(Attributes::of(node));
                        observer.observe(time.as_secs_f64(), &attributes);
                    }
                }
            });
        })
        .build();
}

/// Reads a cluster, if it still exists.
fn collect(cluster: &Weak<Cluster>, read: impl FnOnce(&Snapshot<'_>)) {
    if let Some(cluster) = cluster.upgrade() {
        read(&Snapshot::new(&Alternator::of_cluster(cluster)));
    }
}

fn key_values(attributes: Attributes<'_>) -> Vec<KeyValue> {
    let mut key_values = Vec::new();
    if let Some(node) = attributes.node {
        key_values.push(KeyValue::new(SERVER_ADDRESS, node.host()));
        key_values.push(KeyValue::new(SERVER_PORT, i64::from(node.port())));
    }
    let further = attributes.further;
    key_values.extend(further.map(|(name, value)| KeyValue::new(name, value)));
    key_values
}

impl Unit {
    /// Returns the unit by UCUM, the Unified Code for Units of Measure.
    fn ucum(self) -> &'static str {
        match self {
            Self::Seconds => "s",
            Self::Bytes => "By",
            Self::Number(annotation) => annotation,
        }
    }
}

#[cfg(test)]
mod tests;
