//! The derived signing keys, kept.
//!
//! A key is valid for credentials, a day, a region and a service, so one is derived a day as long as nothing changes.
//! All requests read the list of them without a lock; a request that finds no key adds one.

use super::amz_date::AmzDate;
use arc_swap::{ArcSwap, Guard};
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
    list: ArcSwap<List>,
}

type List = Vec<Arc<SigningKey>>;

impl SigningKeys {
    pub(super) fn load(&self) -> Guard<Arc<List>> {
        self.list.load()
    }

    /// The key for a signature at `time`, which `date` is: one of `loaded`, or a new one. `None` if the credentials,
    /// region or service could not be part of a header.
    pub(super) fn key(
        &self,
        loaded: &List,
        credentials: &Credentials,
        (time, date): (SystemTime, &AmzDate),
        region: &str,
        service: &str,
    ) -> Option<Arc<SigningKey>> {
        let known = loaded
            .iter()
            .find(|key| key.is_for(credentials, date.day(), region, service));
        if let Some(key) = known {
            return Some(Arc::clone(key));
        }
        let key = Arc::new(SigningKey::derive(
            credentials,
            (time, date),
            region,
            service,
        )?);
        let others = loaded.iter().take(MAX_KEYS - 1);
        let list = std::iter::once(&key).chain(others).cloned().collect();
        // Of two keys that are derived at the same moment one may be lost, and is derived again.
        self.list.store(Arc::new(list));
        Some(key)
    }
}

/// A signing key, with the parts of a signature that are the same while it is valid.
pub(super) struct SigningKey {
    /// The credentials wipe themselves from memory, and so does the key.
    credentials: Credentials,
    region: Box<str>,
    service: Box<str>,
    /// Day, region, service and terminator.
    scope: Box<str>,
    /// The keyed hash, before any input: two of the four hash blocks of a signature are done with it.
    mac: Hmac<Sha256>,
}

impl SigningKey {
    fn derive(
        credentials: &Credentials,
        (time, date): (SystemTime, &AmzDate),
        region: &str,
        service: &str,
    ) -> Option<Self> {
        let is_plain = |text: &str| {
            let plain = |byte: u8| byte.is_ascii_graphic() && !b",/=".contains(&byte);
            !text.is_empty() && text.bytes().all(plain)
        };
        let named = [credentials.access_key_id(), region, service];
        if !named.into_iter().all(is_plain) {
            return None;
        }
        let key = generate_signing_key(credentials.secret_access_key(), time, region, service);
        Some(Self {
            credentials: credentials.clone(),
            region: region.into(),
            service: service.into(),
            scope: format!("{}/{region}/{service}/aws4_request", date.day()).into(),
            mac: Hmac::new_from_slice(key.as_ref()).ok()?,
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

    /// The keyed hash, to be fed.
    pub(crate) fn mac(&self) -> Hmac<Sha256> {
        self.mac.clone()
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({})", self.scope)
    }
}
