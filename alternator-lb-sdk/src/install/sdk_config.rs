//! Installs the plugin on an `SdkConfig`: for clients that others build from it.

use super::{REGION, transport};
use crate::auth::placeholder;
use crate::cluster::Cluster;
use crate::transport::balanced_client::BalancedHttpClient;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_types::SdkConfig;
use aws_types::origin::Origin;
use aws_types::region::Region;
use std::sync::Arc;

/// The setting whose origin decides whether it precedes the environment.
const ENDPOINT_URL: &str = "endpoint_url";

/// Returns a configuration whose clients are balanced.
pub(crate) fn balanced(cluster: &Arc<Cluster>, sdk_config: &SdkConfig) -> SdkConfig {
    let transport = transport(sdk_config.http_client(), cluster);
    if let Some(transport) = &transport {
        cluster.adopt(&transport.inner, sdk_config.timeout_config());
    }
    let inner = transport.map(SharedHttpClient::new);
    let http_client = BalancedHttpClient::new(cluster, inner, sdk_config.app_name());

    let mut builder = sdk_config.to_builder();
    builder.set_endpoint_url(Some(http_client.endpoint_url().to_owned()));
    // As set in code, which the SDK prefers to `AWS_ENDPOINT_URL_DYNAMODB` and its form in the profile.
    builder.insert_origin(ENDPOINT_URL, Origin::shared_config());
    builder.set_http_client(Some(SharedHttpClient::new(http_client)));
    // They are about endpoints of AWS, and an error beside any other.
    builder.set_use_fips(None);
    builder.set_use_dual_stack(None);
    if sdk_config.region().is_none() {
        builder.set_region(Some(Region::from_static(REGION)));
    }
    let has_provider = sdk_config.credentials_provider().is_some();
    let auth = cluster.config.auth;
    let may_be_unsigned = !auth.forbids_unsigned() || cluster.config.has_client_certificate();
    let is_unsigned = auth.never_signs() || (!has_provider && may_be_unsigned);
    if is_unsigned {
        builder.set_credentials_provider(Some(placeholder::provider()));
    }
    cluster.installed();
    builder.build()
}
