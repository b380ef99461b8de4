//! The sources of certificates and keys.

use super::CertificateError;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

/// PEM that the application hands over, or a file of it, which is read again on every reload.
#[derive(Clone)]
pub(crate) struct PemSource {
    /// The setting, as errors name it.
    setting: &'static str,
    origin: Origin,
}

#[derive(Clone)]
enum Origin {
    Memory(Arc<[u8]>),
    File(PathBuf),
}

impl PemSource {
    pub(crate) fn memory(setting: &'static str, pem: Vec<u8>) -> Self {
        Self {
            setting,
            origin: Origin::Memory(pem.into()),
        }
    }

    pub(crate) fn file(setting: &'static str, path: PathBuf) -> Self {
        Self {
            setting,
            origin: Origin::File(path),
        }
    }

    pub(super) fn read(&self) -> Result<Pem, CertificateError> {
        let text = match &self.origin {
            Origin::Memory(text) => text.to_vec(),
            Origin::File(path) => {
                std::fs::read(path).map_err(|error| CertificateError::Unreadable {
                    origin: self.to_string(),
                    source: Arc::new(error),
                })?
            }
        };
        Ok(Pem {
            origin: self.to_string(),
            text,
        })
    }
}

/// PEM as it was read, not yet parsed.
pub(super) struct Pem {
    /// The source, as errors name it.
    pub(super) origin: String,
    pub(super) text: Vec<u8>,
}

/// The name of the source in errors.
impl fmt::Display for PemSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.origin {
            Origin::Memory(_) => write!(f, "`.{}(..)`", self.setting),
            Origin::File(path) => write!(
                f,
                "the file `{}` of `.{}(..)`",
                path.display(),
                self.setting
            ),
        }
    }
}

/// Without the PEM, which may be a private key.
impl fmt::Debug for PemSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
