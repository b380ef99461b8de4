//! The Grafana dashboard and the alert rules use what the page of the program `metrics` exports, and all of it.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "tests and their support fail by panicking"
)]

mod alerts;
mod dashboard;
mod page;
mod query;

use page::Page;
use query::Query;

#[test]
fn dashboard_uses_metrics_labels_and_values_of_the_page() {
    let mistakes: Vec<_> = dashboard::queries()
        .iter()
        .flat_map(|query| query.mistakes(&Page::scraped()))
        .collect();
    assert_eq!(mistakes, Vec::<String>::new());
}

#[test]
fn alert_rules_use_metrics_labels_and_values_of_the_page() {
    let mistakes: Vec<_> = alerts::queries()
        .iter()
        .flat_map(|query| query.mistakes(&Page::scraped()))
        .collect();
    assert_eq!(mistakes, Vec::<String>::new());
}

#[test]
fn dashboard_shows_every_metric_of_the_page() {
    let queries = dashboard::queries();
    let absent: Vec<_> = Page::scraped()
        .metrics()
        .filter(|metric| !queries.iter().any(|query| query.has_metric(metric)))
        .map(str::to_owned)
        .collect();
    assert_eq!(absent, Vec::<String>::new());
}

#[test]
fn mistakes_in_queries_are_found() {
    let page = Page::parse(
        "# TYPE requests_total counter\n\
         requests_total{server_address=\"127.0.0.1\",error_type=\"foreign\"} 1\n\
         refreshes_total 2\n",
    );
    let mistakes = |expression: &str| Query::parse(expression, "").mistakes(&page);
    assert!(mistakes("sum by (job, server_address) (rate(requests_total[5m])) > 0").is_empty());
    assert!(
        mistakes("requests_total{job=~\"$job\", error_type=~\"foreign|timed_out\"}").is_empty()
    );
    for mistaken in [
        "rate(request_total[5m])",
        "requests_total{server=\"a\"}",
        "sum by (server_port) (requests_total)",
        "requests_total / on (server_port) refreshes_total",
        "sum by (server_address) (refreshes_total)",
        "requests_total{error_type=\"foreigner\"}",
        "1 + max(quantile by (rack) (0.5, requests_total))",
    ] {
        assert_eq!(mistakes(mistaken).len(), 1, "{mistaken}");
    }
    let legend = Query::parse("sum by (error_type) (requests_total)", "{{server_address}}");
    assert_eq!(legend.mistakes(&page).len(), 1);
}
