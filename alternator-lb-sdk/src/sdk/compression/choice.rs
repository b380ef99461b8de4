//! What one operation wants.

use super::{Compression, RequestCompression, ResponseCompression};
use aws_smithy_types::config_bag::{ConfigBag, Storable, StoreReplace};

/// Kept in the configuration of an operation, it goes before what was chosen for the cluster.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(dead_code, reason = "it is for operations that choose for themselves")]
pub(in crate::sdk) struct Choice {
    pub(in crate::sdk) request: Wish<RequestCompression>,
    pub(in crate::sdk) response: Wish<ResponseCompression>,
}

/// What an operation says of one setting.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(dead_code, reason = "it is for operations that choose for themselves")]
pub(in crate::sdk) enum Wish<T> {
    #[default]
    AsTheCluster,
    With(T),
    Without,
}

impl Storable for Choice {
    type Storer = StoreReplace<Self>;
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
    pub(super) fn request(&self, config: &ConfigBag) -> Option<RequestCompression> {
        let wanted = choice(config).request.or(self.chosen.request)?;
        self.switch.is_on().then_some(wanted)
    }

    /// How the answer to this operation may be compressed, if it may.
    pub(super) fn response(&self, config: &ConfigBag) -> Option<ResponseCompression> {
        choice(config).response.or(self.chosen.response)
    }
}

fn choice(config: &ConfigBag) -> Choice {
    config.load::<Choice>().copied().unwrap_or_default()
}
