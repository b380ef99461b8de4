//! The compression settings of one operation.

use super::{Compression, RequestCompression, ResponseCompression};
use aws_smithy_types::config_bag::{ConfigBag, Storable, StoreReplace};

/// The options of an operation. They precede the settings of the cluster.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct CompressionOptions {
    pub(crate) request: Override<RequestCompression>,
    pub(crate) response: Override<ResponseCompression>,
}

impl Storable for CompressionOptions {
    type Storer = StoreReplace<Self>;
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
    /// Returns the compression of this operation's body, if there is one.
    pub(super) fn request(
        &self,
        generation: u64,
        config: &ConfigBag,
    ) -> Option<RequestCompression> {
        let setting = options(config).request.or(self.settings.request)?;
        let is_supported = self.server_support.is_supported(generation);
        is_supported.then_some(setting)
    }

    /// Returns the compression that the response to this operation may have, if any.
    pub(super) fn response(&self, config: &ConfigBag) -> Option<ResponseCompression> {
        options(config).response.or(self.settings.response)
    }
}

fn options(config: &ConfigBag) -> CompressionOptions {
    config
        .load::<CompressionOptions>()
        .copied()
        .unwrap_or_default()
}
