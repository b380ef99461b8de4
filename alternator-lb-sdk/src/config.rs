//! The settings of a cluster.

use crate::auth::AuthMode;
use crate::build_error::BuildError;
#[cfg(feature = "compression")]
use crate::compression::CompressionSettings;
use crate::operation::TableOptions;
use crate::operation::routing_settings::RoutingSettings;
use crate::request::user_agent::UserAgent;
#[cfg(feature = "default-https-client")]
use crate::tls::ClusterTls;
use alternator_lb_core::discovery::{
    ACTIVE, AllowedAddresses, IDLE, RefreshIntervals, SharedAddressTranslator,
};
use alternator_lb_core::observe::FlightRecorder;
use alternator_lb_core::routing::{Hedge, Policy};
use alternator_lb_core::topology::{NodeUrl, Scope};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use std::collections::HashMap;
#[cfg(feature = "default-https-client")]
use std::sync::Arc;

/// Everything that an application can set. The [`Builder`](crate::Builder) fills it in and validates it; the cluster
/// keeps it.
#[derive(Clone, Debug)]
pub(crate) struct ClusterConfig {
    /// Never empty once it is validated.
    pub(crate) seeds: Vec<NodeUrl>,
    /// None where the application chose none.
    pub(crate) scope: Option<Scope>,
    /// True if nodes are discovered; else the seeds are the nodes.
    pub(crate) discovery: bool,
    pub(crate) allowed_addresses: AllowedAddresses,
    pub(crate) address_translator: Option<SharedAddressTranslator>,
    pub(crate) spill_over: bool,
    pub(crate) policy: Policy,
    /// Unless a table or an operation says otherwise.
    pub(crate) routing: RoutingSettings,
    pub(crate) table_options: HashMap<String, TableOptions>,
    /// The partition keys that the application names, by table.
    pub(crate) partition_keys: HashMap<String, String>,
    /// The number of connections that are opened to a node before it gets requests.
    pub(crate) min_idle: usize,
    pub(crate) intervals: RefreshIntervals,
    /// The HTTP client that goes before that of any SDK configuration.
    pub(crate) http_client: Option<SharedHttpClient>,
    /// The TLS of that HTTP client, where the application has set it.
    #[cfg(feature = "default-https-client")]
    pub(crate) tls: Option<Arc<ClusterTls>>,
    pub(crate) auth: AuthMode,
    /// Unless an operation says otherwise.
    pub(crate) minimal_headers: bool,
    pub(crate) user_agent: UserAgent,
    /// Unless an operation says otherwise.
    pub(crate) fast_signing: bool,
    /// The number of entries of the flight recorder.
    pub(crate) flight_recorder: usize,
    pub(crate) hedged_reads: Option<Hedge>,
    #[cfg(feature = "compression")]
    pub(crate) compression: CompressionSettings,
}

impl ClusterConfig {
    /// Returns an error if requests shall be authenticated by a client certificate, and there is none.
    pub(crate) fn check_auth(&self) -> Result<(), BuildError> {
        match self.auth {
            AuthMode::ClientCertificate if !self.has_client_certificate() => {
                Err(BuildError::NoClientCertificate)
            }
            AuthMode::ClientCertificate
            | AuthMode::Auto
            | AuthMode::Unsigned
            | AuthMode::Required => Ok(()),
        }
    }

    /// Returns whether the HTTP client of the cluster shows nodes that ask for one a certificate.
    pub(crate) fn has_client_certificate(&self) -> bool {
        #[cfg(feature = "default-https-client")]
        return self
            .tls
            .as_ref()
            .is_some_and(|tls| tls.has_client_certificate());
        #[cfg(not(feature = "default-https-client"))]
        false
    }
}

impl Default for ClusterConfig {
    fn default() -> Self {
        Self {
            seeds: Vec::new(),
            scope: None,
            discovery: true,
            allowed_addresses: AllowedAddresses::default(),
            address_translator: None,
            spill_over: true,
            policy: Policy::default(),
            routing: RoutingSettings::default(),
            table_options: HashMap::new(),
            partition_keys: HashMap::new(),
            min_idle: 0,
            intervals: RefreshIntervals {
                active: ACTIVE,
                idle: IDLE,
            },
            http_client: None,
            #[cfg(feature = "default-https-client")]
            tls: None,
            auth: AuthMode::Auto,
            minimal_headers: true,
            user_agent: UserAgent::default(),
            fast_signing: true,
            flight_recorder: FlightRecorder::DEFAULT_CAPACITY,
            hedged_reads: None,
            #[cfg(feature = "compression")]
            compression: CompressionSettings::default(),
        }
    }
}
