//! What one operation wants.

use super::{Compression, RequestCompression, ResponseCompression};
use crate::request::options::OperationOptions;
use aws_smithy_types::config_bag::ConfigBag;

/// Part of the [options](OperationOptions) of an operation; it goes before what was chosen for the cluster.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Choice {
    pub(crate) request: Wish<RequestCompression>,
    pub(crate) response: Wish<ResponseCompression>,
}

/// What an operation says of one setting.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Wish<T> {
    #[default]
    AsTheCluster,
    With(T),
    Without,
}

impl<T> From<Option<T>> for Wish<T> {
    fn from(own: Option<T>) -> Self {
        own.map_or(Self::Without, Self::With)
    }
}

impl<T> Wish<T> {
    fn or(self, chosen: Option<T>) -> Option<T> {
        match self {
            Self::AsTheCluster => chosen,
            Self::With(own) => Some(own),
            Self::Without => None,
        }
    }
}

impl Compression {
    /// How the body of this operation is to be compressed, if it is.
    pub(crate) fn request(&self, config: &ConfigBag) -> Option<RequestCompression> {
        let wanted = choice(config).request.or(self.chosen.request)?;
        self.switch.is_on().then_some(wanted)
    }

    /// How the answer to this operation may be compressed, if it may.
    pub(crate) fn response(&self, config: &ConfigBag) -> Option<ResponseCompression> {
        choice(config).response.or(self.chosen.response)
    }
}

fn choice(config: &ConfigBag) -> Choice {
    let options = config.load::<OperationOptions>();
    options
        .map(OperationOptions::compression)
        .unwrap_or_default()
}
