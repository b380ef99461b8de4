//! The balance of requests between the nodes.

use super::Record;
use std::ops::Range;

/// Returns the mean number of requests of the nodes that serve throughout these tenths of a second.
pub(super) fn fair_share(record: &Record, tenths: &Range<usize>) -> f64 {
    let serving = record.requests.nodes();
    let serving = serving.filter(|node| record.serves(*node, tenths));
    let (mut nodes, mut requests) = (0, 0);
    for node in serving {
        nodes += 1;
        requests += record.requests.sum(node, tenths.clone());
    }
    f64::from(requests) / f64::from(nodes.max(1))
}

/// Returns the requests of a node over the fair share.
pub(super) fn relative_load(record: &Record, node: usize, tenths: &Range<usize>) -> f64 {
    let fair = fair_share(record, tenths);
    let got = f64::from(record.requests.sum(node, tenths.clone()));
    got / fair.max(f64::MIN_POSITIVE)
}

/// Returns the largest share of a serving node over the fair share, in windows of `window` tenths.
pub(super) fn peak_to_mean(record: &Record, period: Range<usize>, window: usize) -> Option<f64> {
    let windows = period.clone().step_by(window);
    windows
        .map(|first| first..first + window)
        .filter(|tenths| tenths.end <= period.end)
        .filter_map(|tenths| {
            let fair = fair_share(record, &tenths);
            let nodes = record.requests.nodes();
            let serving = nodes.filter(|node| record.serves(*node, &tenths));
            let counts = serving.map(|node| record.requests.sum(node, tenths.clone()));
            let most = f64::from(counts.max().unwrap_or_default());
            (fair > 0.0).then(|| most / fair)
        })
        .max_by(f64::total_cmp)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fleet::Timeline;
    use std::time::Duration;

    fn record() -> Record {
        let second = Duration::from_secs(1);
        let mut record = Record::new(3, Timeline::without_fault(second * 2));
        for (node, millis) in [(0, 0), (0, 10), (0, 20), (1, 30), (1, 950), (2, 40)] {
            record.request(node, Duration::from_millis(millis));
        }
        record
    }

    #[test]
    fn busiest_node_is_compared_with_the_mean() {
        let record = record();
        assert_eq!(fair_share(&record, &(0..10)), 2.0);
        assert_eq!(peak_to_mean(&record, 0..10, 1), Some(3.0), "one of one");
        assert_eq!(peak_to_mean(&record, 0..10, 10), Some(1.5));
        assert_eq!(peak_to_mean(&record, 10..20, 10), None);
    }

    #[test]
    fn nodes_in_an_outage_are_excluded() {
        let mut record = record();
        record.node_down(0, Duration::ZERO);
        assert_eq!(fair_share(&record, &(0..1)), 1.0);
        assert_eq!(peak_to_mean(&record, 0..10, 10), Some(2.0 / 1.5));
        assert_eq!(relative_load(&record, 0, &(0..1)), 3.0);
    }
}
