//! The clients that are compared.

use std::sync::Arc;

use alternator_driver::{
    AlternatorClient, AlternatorConfig, KeyRouteAffinityConfig, KeyRouteAffinityType,
};
use alternator_lb_sdk::{Builder, KeyAffinity};

use crate::Outcome;
use crate::client::{Client, ClientSettings};

/// One of the clients that are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Contender {
    Sdk,
    Official,
    OfficialAffinity,
    Plugin,
    Affinity,
    TokenAware,
}

impl Contender {
    pub(super) const ALL: [Self; 6] = [
        Self::Sdk,
        Self::Official,
        Self::OfficialAffinity,
        Self::Plugin,
        Self::Affinity,
        Self::TokenAware,
    ];

    pub(super) fn title(self) -> &'static str {
        match self {
            Self::Sdk => "SDK with `endpoint_url`",
            Self::Official => "`alternator-client` 1.0.1",
            Self::OfficialAffinity => "… with key route affinity for conditional writes",
            Self::Plugin => "this plugin",
            Self::Affinity => "… with key affinity for conditional writes",
            Self::TokenAware => "… token-aware",
        }
    }

    /// Makes a client.
    pub(super) fn connect(self, settings: &ClientSettings<'_>) -> Outcome<Client> {
        let conditional = KeyAffinity::conditional_writes();
        match self {
            Self::Sdk => Client::sdk(settings),
            Self::Official => Client::official(settings),
            Self::OfficialAffinity => official_with_affinity(settings),
            Self::Plugin => Client::plugin(settings, |builder| builder),
            Self::Affinity => Client::plugin(settings, |builder| builder.key_affinity(conditional)),
            Self::TokenAware => Client::plugin(settings, Builder::token_aware),
        }
    }
}

fn official_with_affinity(settings: &ClientSettings<'_>) -> Outcome<Client> {
    let affinity = KeyRouteAffinityConfig::builder()
        .with_type(KeyRouteAffinityType::Rmw)
        .with_pk_info(TABLE, KEY)
        .build();
    let config: AlternatorConfig = settings.official()?.key_route_affinity(affinity).build();
    let client = AlternatorClient::try_from_conf(config)?;
    Ok(Client::Official(Arc::new(client)))
}

pub(super) const TABLE: &str = "customers";
pub(super) const KEY: &str = "pk";
