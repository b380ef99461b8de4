//! Refuses the requests that are not meant for the cluster.
//!
//! An `SdkConfig` is for all services. Its endpoint and its HTTP client would send the requests of a client of S3, made
//! from the same configuration, to the database: they are refused before they leave the process.

use crate::auth;
use crate::cluster::Cluster;
use crate::route_error::RouteError;
use crate::transport::origin::origin;
use crate::transport::sdk_endpoint::SdkPlan;
use alternator_lb_core::discovery::parse_seed;
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;

/// The header that names a service and its operation.
const TARGET: &str = "x-amz-target";

/// The services that Alternator serves, as this header names them.
const SERVICES: [&str; 2] = ["DynamoDB_20120810", "DynamoDBStreams_20120810"];

/// The endpoint that stands for the whole cluster: that of its first seed.
///
/// The name of the seed, and none of our own, since proxies and logs see the `host` header: it is a valid name of the
/// cluster, and one that whoever reads it knows.
pub(super) struct LogicalEndpoint {
    url: String,
    /// The URI of the SDK's requests for it.
    uri: String,
    /// The header that the SDK signs for it.
    host: String,
}

impl LogicalEndpoint {
    pub(super) fn of(cluster: &Cluster) -> Self {
        // There always is a first one.
        let seed = cluster.config.seeds.first();
        let url = seed.map(ToString::to_string).unwrap_or_default();
        let host = auth::host(&url).or_else(|| Some(url.split_once("://")?.1));
        Self {
            host: host.unwrap_or_default().to_owned(),
            uri: format!("{url}/"),
            url,
        }
    }

    pub(super) fn url(&self) -> &str {
        &self.url
    }

    pub(super) fn host(&self) -> &str {
        &self.host
    }

    /// Returns the plan of a request: to any node if it is for the logical endpoint, and to one node if it is for that.
    ///
    /// # Errors
    ///
    /// [`RouteError::ForeignHost`] if it is for neither, and [`RouteError::ForeignService`] if it is no operation of
    /// DynamoDB.
    pub(super) fn admit(
        &self,
        cluster: &Cluster,
        request: &HttpRequest,
    ) -> Result<SdkPlan, RouteError> {
        let target = request.headers().get(TARGET);
        let service = target.and_then(|target| target.split_once('.'));
        let is_served = service.is_some_and(|(service, _)| SERVICES.contains(&service));
        let plan = if request.uri() == self.uri {
            SdkPlan::default()
        } else {
            let endpoint = origin(request.uri());
            let url = parse_seed(endpoint).ok();
            let node = url.and_then(|url| cluster.find(&url));
            SdkPlan::pinned_to(node.ok_or_else(|| RouteError::ForeignHost {
                endpoint: endpoint.to_owned(),
                nodes: cluster.node_urls(),
            })?)
        };
        match is_served {
            true => Ok(plan),
            false => Err(RouteError::ForeignService {
                target: target.map(str::to_owned),
            }),
        }
    }
}

/// Returns the name of the operation that a request is.
pub(super) fn operation(request: &HttpRequest) -> Option<&str> {
    let (_, operation) = request.headers().get(TARGET)?.split_once('.')?;
    Some(operation)
}
