//! The clients that are compared.
//!
//! None is tuned, except for the measured option: fast signing.

use std::time::Duration;

use alternator_driver::{AlternatorClient, AlternatorConfig};
use alternator_lb_sdk::explain::Reason;
use alternator_lb_sdk::{
    Alternator, AlternatorExt as _, KeyAffinity, OperationExt as _, OperationOptions,
};
use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_dynamodb::operation::get_item::builders::GetItemFluentBuilder;
use aws_sdk_dynamodb::types::AttributeValue;

use super::canned_client::CannedHttpClient;
use crate::Outcome;
use crate::floor;

/// One of the clients that are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Contender {
    Sdk,
    /// The [floor]: the SDK with every feature disabled that can be.
    Floor,
    Official,
    Plugin,
    PluginFullHeaders,
    PluginPerOperation,
    PluginWithAffinity,
    PluginTokenAware,
    SdkSigned,
    FloorSigned,
    OfficialSigned,
    PluginSigned,
    PluginSdkSigner,
}

impl Contender {
    pub(super) const ALL: [Self; 13] = [
        Self::Sdk,
        Self::Floor,
        Self::Official,
        Self::Plugin,
        Self::PluginFullHeaders,
        Self::PluginPerOperation,
        Self::PluginWithAffinity,
        Self::PluginTokenAware,
        Self::SdkSigned,
        Self::FloorSigned,
        Self::OfficialSigned,
        Self::PluginSigned,
        Self::PluginSdkSigner,
    ];

    /// The name in arguments.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Sdk => "sdk",
            Self::Floor => "floor",
            Self::Official => "official",
            Self::Plugin => "plugin",
            Self::PluginFullHeaders => "plugin-fat",
            Self::PluginPerOperation => "plugin-per-operation",
            Self::PluginWithAffinity => "plugin-with-affinity",
            Self::PluginTokenAware => "plugin-token-aware",
            Self::SdkSigned => "sdk-signed",
            Self::FloorSigned => "floor-signed",
            Self::OfficialSigned => "official-signed",
            Self::PluginSigned => "plugin-signed",
            Self::PluginSdkSigner => "plugin-signed-by-the-sdk",
        }
    }

    /// The title in results.
    pub(super) fn title(self) -> &'static str {
        match self {
            Self::Sdk => "SDK alone, unsigned",
            Self::Floor => "… with all turned off that can be",
            Self::Official => "alternator-client 1.0.1, unsigned",
            Self::Plugin => "this plugin, unsigned",
            Self::PluginFullHeaders => "… with all headers of the SDK",
            Self::PluginPerOperation => "… with options for the operation",
            Self::PluginWithAffinity => "… with key affinity",
            Self::PluginTokenAware => "… token-aware",
            Self::SdkSigned => "SDK alone, signed",
            Self::FloorSigned => "… with all turned off that can be, and nothing signed",
            Self::OfficialSigned => "alternator-client 1.0.1, signed",
            Self::PluginSigned => "this plugin, signed",
            Self::PluginSdkSigner => "… signed by the SDK",
        }
    }

    pub(super) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.name() == name)
    }

    /// Returns the contender that it is compared with.
    pub(super) fn baseline(self) -> Self {
        match self {
            Self::Sdk
            | Self::Floor
            | Self::Official
            | Self::Plugin
            | Self::PluginFullHeaders
            | Self::PluginPerOperation
            | Self::PluginWithAffinity
            | Self::PluginTokenAware => Self::Sdk,
            Self::SdkSigned
            | Self::FloorSigned
            | Self::OfficialSigned
            | Self::PluginSigned
            | Self::PluginSdkSigner => Self::SdkSigned,
        }
    }

    fn is_signed(self) -> bool {
        self.baseline() == Self::SdkSigned
    }

    /// Creates a client inside the runtime that it uses.
    pub(super) async fn connect(self, http_client: CannedHttpClient) -> Outcome<Client> {
        let sdk = aws_sdk_dynamodb::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .http_client(http_client.clone())
            .region(Region::from_static("us-east-1"));
        let sdk = match self.is_signed() {
            true => sdk.credentials_provider(credentials()),
            false => sdk,
        };
        Ok(match self {
            Self::Sdk | Self::SdkSigned => {
                let sdk = sdk.endpoint_url(NODE).allow_no_auth();
                Client::Sdk(aws_sdk_dynamodb::Client::from_conf(sdk.build()))
            }
            Self::Floor | Self::FloorSigned => {
                let sdk = floor::disable_everything(sdk, NODE);
                Client::Sdk(aws_sdk_dynamodb::Client::from_conf(sdk.build()))
            }
            Self::Official | Self::OfficialSigned => {
                let official = AlternatorConfig::builder()
                    .scheme("http")
                    .port(8000)
                    .seed_hosts(["10.0.0.1", "10.0.0.2", "10.0.0.3"])
                    .without_discovery()
                    .http_client(http_client)
                    .region(Region::from_static("us-east-1"));
                let official = match self.is_signed() {
                    true => official.credentials_provider(credentials()).require_auth(),
                    false => official,
                };
                Client::Official(Box::new(AlternatorClient::try_from_conf(official.build())?))
            }
            Self::Plugin
            | Self::PluginFullHeaders
            | Self::PluginPerOperation
            | Self::PluginWithAffinity
            | Self::PluginTokenAware
            | Self::PluginSigned
            | Self::PluginSdkSigner => {
                let hour = Duration::from_secs(3600);
                let builder = Alternator::builder().seeds([NODE]);
                let builder = builder.refresh_interval(hour).idle_refresh_interval(hour);
                let builder = match self {
                    Self::PluginFullHeaders => builder.minimal_headers(false),
                    Self::PluginSdkSigner => builder.fast_signing(false),
                    Self::PluginWithAffinity => builder
                        .key_affinity(KeyAffinity::all())
                        .partition_key(TABLE, KEY),
                    Self::PluginTokenAware => builder.token_aware(),
                    _ => builder,
                };
                let alternator = builder.build()?;
                let client =
                    aws_sdk_dynamodb::Client::from_conf(sdk.alternator(&alternator).build());
                alternator.ready().await?;
                if self == Self::PluginTokenAware {
                    warm_up_token_map(&alternator, &client).await?;
                }
                match self {
                    Self::PluginPerOperation => Client::PerOperation(client),
                    _ => Client::Sdk(client),
                }
            }
        })
    }
}

/// A client of one of the contenders.
#[derive(Debug)]
pub(super) enum Client {
    Sdk(aws_sdk_dynamodb::Client),
    PerOperation(aws_sdk_dynamodb::Client),
    Official(Box<AlternatorClient>),
}

impl Client {
    /// Makes the operation that is measured.
    pub(super) async fn get_item(&self) -> Outcome<()> {
        let output = match self {
            Self::Sdk(client) => with_key(client.get_item()).send().await?,
            Self::PerOperation(client) => {
                let operation = with_key(client.get_item()).customize();
                let options = OperationOptions::new().minimal_headers(true);
                operation.alternator_options(options).send().await?
            }
            Self::Official(client) => with_key(client.get_item()).send().await?,
        };
        match output.item {
            Some(item) if item.len() == 5 => Ok(()),
            _ => Err("the item is not there".into()),
        }
    }
}

/// Makes operations until the client knows the replicas of their partition.
async fn warm_up_token_map(
    alternator: &Alternator,
    client: &aws_sdk_dynamodb::Client,
) -> Outcome<()> {
    for _ in 0..MAX_WARM_UP_OPERATIONS {
        let get = with_key(client.get_item());
        let explanation = alternator.explain(&get.as_input().clone().build()?);
        if explanation.reason() == Reason::Replica {
            return Ok(());
        }
        get.send().await?;
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    Err("the canned responses do not lead to a replica".into())
}

fn with_key(get: GetItemFluentBuilder) -> GetItemFluentBuilder {
    get.table_name(TABLE)
        .key(KEY, AttributeValue::S("customer#4711".to_owned()))
}

fn credentials() -> Credentials {
    Credentials::new("alternator", "secret hash", None, None, "the benchmark")
}

/// Far more than the spread of the first map takes, at a millisecond each.
const MAX_WARM_UP_OPERATIONS: usize = 10_000;

const TABLE: &str = "customers";
const KEY: &str = "pk";
const NODE: &str = "http://10.0.0.1:8000";
