//! The keys that requests are signed with, kept.
//!
//! A key holds for credentials, a day, a region and a service, so one is derived a day as long as nothing changes. All
//! requests read the list of them, without a lock; whoever misses a key puts it there.

use super::moment::Moment;
use arc_swap::{ArcSwap, Guard};
use aws_credential_types::Credentials;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use std::fmt;
use std::sync::Arc;

/// How many keys are kept: those of one set of credentials around midnight and while they rotate, and of a few clients
/// that share a configuration. With more in turn each request derives its own, as with the SDK's signer. Few, since the
/// secrets are in memory for as long.
const KEPT: usize = 8;

/// The list. Its `Debug` shows no secret.
#[derive(Debug, Default)]
pub(crate) struct Keys {
    /// The newest first.
    list: ArcSwap<List>,
}

type List = Vec<Arc<Key>>;

impl Keys {
    pub(crate) fn load(&self) -> Guard<Arc<List>> {
        self.list.load()
    }

    /// The key for these, out of `loaded` or made now. `None` if they could not stand in a header.
    pub(crate) fn key(
        &self,
        loaded: &List,
        credentials: &Credentials,
        moment: &Moment,
        region: &str,
        service: &str,
    ) -> Option<Arc<Key>> {
        let kept = loaded
            .iter()
            .find(|key| key.is_for(credentials, moment.day(), region, service));
        if let Some(key) = kept {
            return Some(Arc::clone(key));
        }
        let key = Arc::new(Key::derive(credentials, moment.day(), region, service)?);
        let others = loaded.iter().take(KEPT - 1);
        let list = std::iter::once(&key).chain(others).cloned().collect();
        // Of two that are made at the same moment one may be lost, and is made again.
        self.list.store(Arc::new(list));
        Some(key)
    }
}

/// A signing key, with what of a signature is the same for as long as it holds.
pub(crate) struct Key {
    /// They wipe themselves from memory, and so does the key.
    credentials: Credentials,
    region: Box<str>,
    service: Box<str>,
    /// Day, region, service and what closes them.
    scope: Box<str>,
    /// The key, begun with.
    mac: Hmac<Sha256>,
}

impl Key {
    /// By AWS's rules: a chain of hashes from the secret over the parts of the scope.
    fn derive(credentials: &Credentials, day: &str, region: &str, service: &str) -> Option<Self> {
        let is_plain = |text: &str| {
            let plain = |byte: u8| byte.is_ascii_graphic() && !b",/=".contains(&byte);
            !text.is_empty() && text.bytes().all(plain)
        };
        let named = [credentials.access_key_id(), region, service];
        if !named.into_iter().all(is_plain) {
            return None;
        }
        let secret = ["AWS4", credentials.secret_access_key()].concat();
        let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).ok()?;
        for part in [day, region, service, "aws4_request"] {
            mac.update(part.as_bytes());
            mac = Hmac::new_from_slice(&mac.finalize().into_bytes()).ok()?;
        }
        Some(Self {
            credentials: credentials.clone(),
            region: region.into(),
            service: service.into(),
            scope: format!("{day}/{region}/{service}/aws4_request").into(),
            mac,
        })
    }

    fn is_for(&self, credentials: &Credentials, day: &str, region: &str, service: &str) -> bool {
        self.scope.starts_with(day)
            && *self.region == *region
            && *self.service == *service
            && self.credentials.access_key_id() == credentials.access_key_id()
            && self.credentials.secret_access_key() == credentials.secret_access_key()
    }

    pub(crate) fn access_key_id(&self) -> &str {
        self.credentials.access_key_id()
    }

    pub(crate) fn scope(&self) -> &str {
        &self.scope
    }

    /// Signs with it.
    pub(crate) fn mac(&self) -> Hmac<Sha256> {
        self.mac.clone()
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key({})", self.scope)
    }
}
