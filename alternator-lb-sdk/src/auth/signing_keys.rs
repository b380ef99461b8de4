//! The derived signing keys, kept.
//!
//! A key is valid for credentials, a day, a region and a service, so one is derived a day as long as nothing changes.
//! All requests read the list of them without a lock; a request that finds no key adds one.

use arc_swap::ArcSwap;
use aws_credential_types::Credentials;
use aws_sigv4::sign::v4::generate_signing_key;
use hmac::{Hmac, KeyInit as _};
use sha2::Sha256;
use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

/// The number of keys that are kept: those of one set of credentials around midnight and while they rotate, and of a
/// few clients that share a configuration. With more in turn each request derives its own, as the SDK's signer does.
/// Few, since the secrets are in memory for as long.
const MAX_KEYS: usize = 8;

/// The list of keys. Its `Debug` shows no secret.
#[derive(Debug, Default)]
pub(super) struct SigningKeys {
    /// The newest first.
    pub(super) list: ArcSwap<Vec<Arc<SigningKey>>>,
}

impl SigningKeys {
    /// The key for a signature at `time`, with a scope of that day: a known one, or a new one. `None` if the
    /// credentials or the scope could not be part of a header.
    pub(super) fn key(
        &self,
        credentials: &Credentials,
        time: SystemTime,
        scope: Scope<'_>,
    ) -> Option<Arc<SigningKey>> {
        let list = self.list.load();
        if let Some(key) = list.iter().find(|key| key.is_for(credentials, scope)) {
            return Some(Arc::clone(key));
        }
        let key = Arc::new(SigningKey::derive(credentials, time, scope)?);
        let others = list.iter().take(MAX_KEYS - 1);
        let list = std::iter::once(&key).chain(others).cloned().collect();
        // Of two keys that are derived at the same moment one may be lost, and is derived again.
        self.list.store(Arc::new(list));
        Some(key)
    }
}

/// Day, region, service and terminator.
pub(super) type Scope<'a> = [&'a str; 4];

/// A signing key, with the parts of a signature that are the same while it is valid.
pub(super) struct SigningKey {
    /// The credentials wipe themselves from memory, and so does the key.
    pub(super) credentials: Credentials,
    /// The parts of the [`Scope`], with slashes between them.
    pub(super) scope: String,
    /// The keyed hash, before any input: two of the four hash blocks of a signature are done with it.
    pub(super) mac: Hmac<Sha256>,
}

impl SigningKey {
    fn derive(credentials: &Credentials, time: SystemTime, scope: Scope<'_>) -> Option<Self> {
        let is_plain = |text: &str| {
            let plain = |byte: u8| byte.is_ascii_graphic() && !b",/=".contains(&byte);
            !text.is_empty() && text.bytes().all(plain)
        };
        if !is_plain(credentials.access_key_id()) || !scope.into_iter().all(is_plain) {
            return None;
        }
        let [_, region, service, _] = scope;
        let key = generate_signing_key(credentials.secret_access_key(), time, region, service);
        Some(Self {
            credentials: credentials.clone(),
            scope: scope.join("/"),
            mac: Hmac::new_from_slice(key.as_ref()).ok()?,
        })
    }

    fn is_for(&self, credentials: &Credentials, scope: Scope<'_>) -> bool {
        self.scope.split('/').eq(scope)
            && self.credentials.access_key_id() == credentials.access_key_id()
            && self.credentials.secret_access_key() == credentials.secret_access_key()
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({})", self.scope)
    }
}
