//! A query in PromQL, and what it uses.

use crate::page::Page;
use alternator_lb_sdk::NodeState;
use alternator_lb_sdk::observe::Outcome;
use promql_parser::label::Matchers;
use promql_parser::parser::{
    AggregateExpr, BinaryExpr, Call, Expr, MatrixSelector, ParenExpr, SubqueryExpr, UnaryExpr,
    VectorSelector, parse,
};
use std::collections::BTreeSet;

/// A query with the names in the text that describes its series.
#[derive(Debug, Default)]
pub(crate) struct Query {
    expression: String,
    metrics: BTreeSet<String>,
    /// Labels, each with the metrics that must have it.
    labels: Vec<(String, BTreeSet<String>)>,
    /// Values of labels.
    values: Vec<(String, String)>,
    /// The labels that the text names, and those that the series have.
    legend: Vec<String>,
    grouping: Option<BTreeSet<String>>,
}

/// The labels that Prometheus gives to what it scrapes.
const TARGET_LABELS: [&str; 2] = ["job", "instance"];

impl Query {
    /// Parses a query whose series are described by a text with `{{label}}` or `{{ $labels.label }}` in it.
    pub(crate) fn parse(expression: &str, legend: &str) -> Self {
        let expanded = expression.replace("$__rate_interval", "5m");
        let parsed = parse(&expanded).unwrap_or_else(|error| panic!("{expression}: {error}"));
        let mut query = Self {
            expression: expression.to_owned(),
            legend: placeholders(legend),
            grouping: grouping(&parsed),
            ..Self::default()
        };
        query.metrics = query.visit(&parsed);
        query
    }

    pub(crate) fn has_metric(&self, metric: &str) -> bool {
        self.metrics.contains(metric)
    }

    /// Returns what the page does not have.
    pub(crate) fn mistakes(&self, page: &Page) -> Vec<String> {
        let metrics = self
            .metrics
            .iter()
            .filter(|metric| !page.has_metric(metric));
        let mut mistakes: Vec<String> = metrics
            .map(|metric| format!("there is no metric {metric}"))
            .collect();
        for (label, metrics) in &self.labels {
            let is_missing =
                |metric: &&String| page.has_metric(metric) && !page.has_label(metric, label);
            if !TARGET_LABELS.contains(&label.as_str())
                && let Some(metric) = metrics.iter().find(is_missing)
            {
                mistakes.push(format!("{metric} has no label {label}"));
            }
        }
        let values = self
            .values
            .iter()
            .filter(|(label, value)| !is_value(label, value));
        mistakes.extend(values.map(|(label, value)| format!("{label} is never {value}")));
        if let Some(grouping) = &self.grouping {
            let missing = self
                .legend
                .iter()
                .filter(|label| !grouping.contains(*label));
            mistakes.extend(missing.map(|label| format!("the series have no label {label}")));
        }
        let of_query = |mistake| format!("{mistake}: {}", self.expression);
        mistakes.into_iter().map(of_query).collect()
    }

    /// Collects what a part uses. Returns its metrics.
    fn visit(&mut self, expression: &Expr) -> BTreeSet<String> {
        match expression {
            Expr::Aggregate(AggregateExpr { expr, modifier, .. }) => {
                let metrics = self.visit(expr);
                let labels = modifier
                    .iter()
                    .flat_map(|modifier| &modifier.labels().labels);
                let labels = labels.map(|label| (label.clone(), metrics.clone()));
                self.labels.extend(labels);
                metrics
            }
            Expr::Unary(UnaryExpr { expr })
            | Expr::Paren(ParenExpr { expr })
            | Expr::Subquery(SubqueryExpr { expr, .. }) => self.visit(expr),
            Expr::Binary(BinaryExpr {
                lhs, rhs, modifier, ..
            }) => {
                let mut metrics = self.visit(lhs);
                let matching = modifier.iter().filter_map(|it| it.matching.as_ref());
                let labels = matching.flat_map(|matching| &matching.labels().labels);
                let labels = labels.map(|label| (label.clone(), metrics.clone()));
                self.labels.extend(labels);
                metrics.append(&mut self.visit(rhs));
                metrics
            }
            Expr::VectorSelector(selector) => self.select(selector),
            Expr::MatrixSelector(MatrixSelector { vs, .. }) => self.select(vs),
            Expr::Call(Call { args, .. }) => args
                .args
                .iter()
                .flat_map(|argument| self.visit(argument))
                .collect(),
            Expr::NumberLiteral(_) | Expr::StringLiteral(_) | Expr::Extension(_) => BTreeSet::new(),
        }
    }

    fn select(&mut self, selector: &VectorSelector) -> BTreeSet<String> {
        let metrics = BTreeSet::from([selector.name.clone().unwrap()]);
        let Matchers {
            matchers,
            or_matchers,
        } = &selector.matchers;
        for matcher in matchers.iter().chain(or_matchers.iter().flatten()) {
            self.labels.push((matcher.name.clone(), metrics.clone()));
            let values = matcher.value.split('|');
            let values = values.map(|value| (matcher.name.clone(), value.to_owned()));
            self.values.extend(values);
        }
        metrics
    }
}

/// Returns the labels that a query groups by, if it does so in the end.
fn grouping(expression: &Expr) -> Option<BTreeSet<String>> {
    match expression {
        Expr::Aggregate(AggregateExpr { modifier, .. }) => {
            let labels = modifier
                .iter()
                .flat_map(|modifier| &modifier.labels().labels);
            Some(labels.cloned().collect())
        }
        Expr::Binary(BinaryExpr { lhs, rhs, .. }) => grouping(lhs).or_else(|| grouping(rhs)),
        Expr::Paren(ParenExpr { expr }) => grouping(expr),
        _ => None,
    }
}

/// True if the label can have the value, as far as its values are known.
fn is_value(label: &str, value: &str) -> bool {
    match label {
        "alternator_client_node_state" => NodeState::ALL.iter().any(|state| state.name() == value),
        "error_type" => Outcome::ALL.iter().any(|outcome| outcome.name() == value),
        _ => true,
    }
}

/// Returns the labels in `{{label}}` and `{{ $labels.label }}`.
fn placeholders(text: &str) -> Vec<String> {
    let parts = text.split("{{").skip(1);
    let names = parts.map(|part| part.split("}}").next().unwrap_or_default().trim());
    let names = names.filter(|name| !name.starts_with("$value"));
    let labels = names.map(|name| name.strip_prefix("$labels.").unwrap_or(name));
    labels.map(str::to_owned).collect()
}
