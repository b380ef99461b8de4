//! The compression settings of one operation.

use super::{Compression, RequestCompression, ResponseCompression};
use crate::request::options::OperationOptions;
use aws_smithy_types::config_bag::ConfigBag;

/// Part of the [options](OperationOptions) of an operation; it goes before the settings of the cluster.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct CompressionOptions {
    pub(crate) request: Override<RequestCompression>,
    pub(crate) response: Override<ResponseCompression>,
}

/// The setting of an operation that overrides that of the cluster.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Override<T> {
    #[default]
    Inherit,
    With(T),
    Without,
}

impl<T> From<Option<T>> for Override<T> {
    fn from(setting: Option<T>) -> Self {
        setting.map_or(Self::Without, Self::With)
    }
}

impl<T> Override<T> {
    fn or(self, inherited: Option<T>) -> Option<T> {
        match self {
            Self::Inherit => inherited,
            Self::With(setting) => Some(setting),
            Self::Without => None,
        }
    }
}

impl Compression {
    /// How the body of this operation is compressed, if it is.
    pub(super) fn request(
        &self,
        generation: u64,
        config: &ConfigBag,
    ) -> Option<RequestCompression> {
        let setting = options(config).request.or(self.settings.request)?;
        let is_supported = self.server_support.is_supported(generation);
        is_supported.then_some(setting)
    }

    /// How the response to this operation may be compressed, if it may.
    pub(super) fn response(&self, config: &ConfigBag) -> Option<ResponseCompression> {
        options(config).response.or(self.settings.response)
    }
}

fn options(config: &ConfigBag) -> CompressionOptions {
    let options = config.load::<OperationOptions>();
    options
        .map(OperationOptions::compression)
        .unwrap_or_default()
}
