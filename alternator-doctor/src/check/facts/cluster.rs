//! The cluster, as one seed and the library see it: the filters of `/localnodes`, the scope, and authorization.

use super::seeds::list;
use super::{ClusterFacts, Collector, Outcome};
use crate::arguments::ScopePart;
use crate::connection::{Failure, auth_mode, signed};
use alternator_lb_sdk::{AlternatorExt as _, BuildError};
use aws_sdk_dynamodb::Client;
use serde_json::json;

/// A datacenter or a rack of the application's scope.
#[derive(Debug)]
pub(crate) struct ScopeFacts {
    pub(crate) part: ScopePart,
    /// The nodes that `/localnodes` lists for it.
    pub(crate) list: Outcome<Vec<String>>,
}

/// A name that no rack has.
const UNKNOWN_RACK: &str = "?rack=alternator-doctor-no-such-rack";

impl ClusterFacts {
    pub(super) async fn collect_lists(&mut self, collector: &Collector<'_>, seed: &str) {
        self.unknown_rack = Some(list(&collector.plain, seed, UNKNOWN_RACK).await);
        let parts = collector.arguments.cluster.scope.iter();
        let scopes = parts.map(|part| ScopeFacts {
            part: part.clone(),
            list: None,
        });
        self.scopes = scopes.collect();
        for scope in &mut self.scopes {
            if let Some(query) = query(&scope.part) {
                scope.list = Some(list(&collector.plain, seed, &query).await);
            }
        }
    }

    /// Lets the library find the nodes of the scope, as it does in the application.
    pub(super) async fn collect_discovered(
        &mut self,
        collector: &Collector<'_>,
    ) -> Result<(), BuildError> {
        collector.progress.begin("discovery");
        let alternator = collector
            .arguments
            .cluster
            .builder()
            .auth(auth_mode(collector.credentials()));
        let alternator = alternator
            .http_client(collector.http_client.clone())
            .build()?;
        let config = signed(
            &collector.http_client,
            collector.credentials(),
            collector.limit,
        );
        let client = Client::from_conf(config.alternator(&alternator).build());
        let ready = alternator.ready().await;
        let nodes = alternator.nodes();
        let nodes = nodes.iter().map(|node| node.url().to_owned()).collect();
        self.discovered = Some(ready.map(|()| nodes));
        alternator.shutdown().await;
        drop(client);
        Ok(())
    }

    /// Makes an operation without a signature.
    pub(super) async fn collect_unsigned(&mut self, collector: &Collector<'_>) {
        let Some(node) = self.nodes.iter().find(|node| node.responds()) else {
            return;
        };
        let input = json!({"Limit": 1});
        let response = collector.plain.operate(&node.url, "ListTables", &input);
        self.unsigned = Some(match response.await {
            Ok(response) if response.status == 200 => Ok(()),
            Ok(response) => Err(service_failure(response.status, &response.body)),
            Err(failure) => Err(failure),
        });
    }
}

/// The query of `/localnodes` for a part of a scope. `None` for the cluster, which it does not list.
fn query(part: &ScopePart) -> Option<String> {
    let mut query = form_urlencoded::Serializer::new(String::new());
    match part {
        ScopePart::Cluster => return None,
        ScopePart::Datacenter(datacenter) => query.append_pair("dc", datacenter),
        ScopePart::Rack { datacenter, rack } => query
            .append_pair("dc", datacenter)
            .append_pair("rack", rack),
    };
    Some(format!("?{}", query.finish()))
}

/// Parses an error of Alternator.
fn service_failure(status: u16, body: &str) -> Failure {
    let body: serde_json::Value = serde_json::from_str(body).unwrap_or_default();
    let text = |name: &str| body.get(name).and_then(serde_json::Value::as_str);
    match text("__type") {
        Some(kind) => {
            let code = kind.rsplit('#').next().unwrap_or(kind);
            Failure::service(code, text("message").unwrap_or_default())
        }
        None => Failure::foreign(status, format!("status {status} to an operation")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_encoded_in_queries() {
        let rack = ScopePart::Rack {
            datacenter: "dc 1".to_owned(),
            rack: "r&1".to_owned(),
        };
        assert_eq!(query(&rack).unwrap(), "?dc=dc+1&rack=r%261");
        assert_eq!(query(&ScopePart::Cluster), None);
    }

    #[test]
    fn error_of_alternator_has_a_code() {
        let body =
            r#"{"__type":"com.amazonaws.dynamodb.v20120810#AccessDeniedException","message":"m"}"#;
        let failure = service_failure(400, body);
        assert!(failure.is("AccessDeniedException"), "{failure}");
        assert_eq!(service_failure(404, "no").code(), None);
    }
}
