//! The page that the program `metrics` serves.

use alternator_lb_sdk::{Alternator, AlternatorExt as _};
use alternator_test_cluster::TestCluster;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::BehaviorVersion;
use examples::{MetricsPage, scrape};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;
use tokio::runtime::Runtime;

/// The labels of each metric.
#[derive(Clone, Debug, Default)]
pub(crate) struct Page(BTreeMap<String, BTreeSet<String>>);

impl Page {
    /// The page of a client of a cluster with a dead node, so that every kind of metric has series. Scraped once, since
    /// a process has one recorder.
    pub(crate) fn scraped() -> Self {
        static PAGE: LazyLock<Page> = LazyLock::new(|| {
            let text = Runtime::new().unwrap().block_on(serve_and_scrape());
            Page::parse(&text)
        });
        PAGE.clone()
    }

    /// Parses the text format of Prometheus.
    pub(crate) fn parse(text: &str) -> Self {
        let mut page = Self::default();
        let is_series = |line: &&str| !line.is_empty() && !line.starts_with('#');
        for line in text.lines().filter(is_series) {
            let (series, _value) = line.rsplit_once(' ').unwrap();
            let (name, labels) = series.split_once('{').unwrap_or((series, ""));
            let labels = labels.trim_end_matches('}').split(',');
            let labels = labels.filter_map(|label| label.split_once('='));
            let labels = labels.map(|(label, _value)| label.to_owned());
            page.0.entry(name.to_owned()).or_default().extend(labels);
        }
        page
    }

    pub(crate) fn metrics(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    pub(crate) fn has_metric(&self, metric: &str) -> bool {
        self.0.contains_key(metric)
    }

    pub(crate) fn has_label(&self, metric: &str, label: &str) -> bool {
        self.0
            .get(metric)
            .is_some_and(|labels| labels.contains(label))
    }
}

async fn serve_and_scrape() -> String {
    let cluster = TestCluster::builder().nodes(2).start().unwrap();
    let alternator = Alternator::builder().seeds(cluster.urls()).build().unwrap();
    let page = MetricsPage::serve(&alternator, "127.0.0.1:0")
        .await
        .unwrap();
    let config = aws_sdk_dynamodb::Config::builder().behavior_version(BehaviorVersion::latest());
    let client = Client::from_conf(config.alternator(&alternator).build());
    alternator.ready().await.unwrap();
    cluster.node(1).stop();
    for _ in 0..4 {
        client.list_tables().send().await.unwrap();
    }
    scrape(page.address()).await.unwrap()
}
