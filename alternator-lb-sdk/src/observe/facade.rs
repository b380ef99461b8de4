//! The exporter to the `metrics` facade.

use super::instruments::{INSTRUMENTS, Instrument, SERVER_ADDRESS, SERVER_PORT, Unit};
use super::readings::{Attributes, Reading, Snapshot};
use crate::alternator::Alternator;
use metrics::{Key, KeyName, Label, Level, Metadata, Recorder};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

impl Alternator {
    /// Publishes the metrics of the cluster to the recorder of the [`metrics`] facade.
    ///
    /// Call it before each scrape, or every few seconds: nothing is published by itself, so that requests cost nothing
    /// more. Install the recorder before: what was counted until then is in the first publication alone.
    /// [`docs::metrics`](crate::docs::metrics) lists the metrics, and says what becomes of those of nodes that have
    /// left the list.
    ///
    /// ```
    /// # let alternator = alternator_lb_sdk::Alternator::builder().seeds(["http://10.0.0.1:8000"]).build()?;
    /// // In the handler of `/metrics`, before it renders the page:
    /// alternator.publish_metrics();
    /// # Ok::<(), alternator_lb_sdk::BuildError>(())
    /// ```
    ///
    /// Two clusters of one process need recorders of their own, since the metrics of a cluster have no name: publish
    /// within `metrics::with_local_recorder`, with a recorder that adds a label.
    pub fn publish_metrics(&self) {
        let published = &self.cluster().counts.published.0;
        // The lock also keeps the snapshots of concurrent publications in order.
        let mut published = published.lock().unwrap_or_else(PoisonError::into_inner);
        metrics::with_recorder(|recorder| {
            let mut publication = Publication {
                recorder,
                before: std::mem::take(&mut *published),
                series: HashMap::new(),
            };
            let snapshot = Snapshot::new(self);
            for instrument in &INSTRUMENTS {
                publication.publish(instrument, &snapshot);
            }
            *published = publication.end();
        });
    }
}

/// What the recorder was told last.
#[derive(Debug, Default)]
pub(super) struct PublishedMetrics(Mutex<HashMap<Key, Published>>);

/// The last value of a series.
#[derive(Clone, Copy, Debug)]
enum Published {
    Counter(u64),
    UpDownCounter,
    Gauge,
}

/// One call of [`Alternator::publish_metrics`].
struct Publication<'r> {
    recorder: &'r dyn Recorder,
    before: HashMap<Key, Published>,
    series: HashMap<Key, Published>,
}

/// The target by which recorders filter and route metrics.
const METADATA: Metadata<'static> =
    Metadata::new(env!("CARGO_CRATE_NAME"), Level::INFO, Some(module_path!()));

impl Publication<'_> {
    fn publish(&mut self, instrument: &Instrument, snapshot: &Snapshot<'_>) {
        let (name, unit) = (KeyName::from(instrument.name), Some(instrument.unit.into()));
        let description = instrument.description.into();
        match instrument.reading {
            Reading::Counter(count) => {
                self.recorder.describe_counter(name, unit, description);
                count.read(snapshot, |attributes, value| {
                    self.count(key(instrument, attributes), value);
                });
            }
            Reading::UpDownCounter(count) => {
                self.recorder.describe_gauge(name, unit, description);
                count.read(snapshot, |attributes, value| {
                    // Exact up to 2^53.
                    let series = Published::UpDownCounter;
                    self.set(key(instrument, attributes), series, value as f64);
                });
            }
            Reading::Gauge(read) => {
                self.recorder.describe_gauge(name, unit, description);
                for node in snapshot.nodes() {
                    let value = read(node).map_or(f64::NAN, |time| time.as_secs_f64());
                    let key = key(instrument, Attributes::of(node));
                    self.set(key, Published::Gauge, value);
                }
            }
        }
    }

    /// Adds what was counted since the last publication. `Counter::absolute` keeps the highest value, so a node that
    /// has left and returned, whose numbers begin anew, would stand still until it has caught up.
    fn count(&mut self, key: Key, value: u64) {
        let before = match self.before.remove(&key) {
            Some(Published::Counter(before)) => before,
            Some(Published::UpDownCounter | Published::Gauge) | None => 0,
        };
        let more = value.checked_sub(before).unwrap_or(value);
        let counter = self.recorder.register_counter(&key, &METADATA);
        counter.increment(more);
        self.series.insert(key, Published::Counter(value));
    }

    fn set(&mut self, key: Key, series: Published, value: f64) {
        self.before.remove(&key);
        self.recorder.register_gauge(&key, &METADATA).set(value);
        self.series.insert(key, series);
    }

    /// Clears the gauges of nodes that have left: the facade cannot remove a series. Counters stand still.
    fn end(self) -> HashMap<Key, Published> {
        for (key, series) in &self.before {
            let value = match series {
                Published::Counter(_) => continue,
                Published::UpDownCounter => 0.0,
                Published::Gauge => f64::NAN,
            };
            self.recorder.register_gauge(key, &METADATA).set(value);
        }
        self.series
    }
}

fn key(instrument: &Instrument, attributes: Attributes<'_>) -> Key {
    let mut labels = Vec::new();
    if let Some(node) = attributes.node {
        labels.push(Label::new(SERVER_ADDRESS, node.host()));
        labels.push(Label::new(SERVER_PORT, node.port().to_string()));
    }
    let further = attributes.further;
    labels.extend(further.map(|(name, value)| Label::from_static_parts(name, value)));
    Key::from_parts(instrument.name, labels)
}

impl From<Unit> for metrics::Unit {
    fn from(unit: Unit) -> Self {
        match unit {
            Unit::Seconds => Self::Seconds,
            Unit::Bytes => Self::Bytes,
            Unit::Number(_) => Self::Count,
        }
    }
}

#[cfg(test)]
mod tests;
