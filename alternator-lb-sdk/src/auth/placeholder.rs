//! Credentials for those who have none.
//!
//! An `SdkConfig` cannot say that requests may be unsigned: a client that is made from one without credentials fails
//! before it sends anything. So it gets credentials that are no role's, and whatever they sign is sent unsigned.

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;

/// An access key that is no role's.
const ACCESS_KEY: &str = "alternator-lb-sdk-unsigned";

/// The beginning of the scope in a signature by these credentials.
const SCOPE: &str = "Credential=alternator-lb-sdk-unsigned/";

/// Returns the provider of the credentials.
pub(crate) fn provider() -> SharedCredentialsProvider {
    let credentials = Credentials::new(ACCESS_KEY, "none", None, None, "alternator-lb-sdk");
    SharedCredentialsProvider::new(credentials)
}

/// Returns whether credentials are these, so that they must sign nothing.
pub(super) fn is_placeholder(credentials: &Credentials) -> bool {
    credentials.access_key_id() == ACCESS_KEY
}

/// Returns whether an `authorization` header is a signature by these credentials.
pub(crate) fn has_signed(authorization: &str) -> bool {
    authorization.contains(SCOPE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scope_names_the_access_key() {
        assert!(has_signed(&format!(
            "AWS4-HMAC-SHA256 Credential={ACCESS_KEY}/20261129/"
        )));
        assert!(!has_signed(
            "AWS4-HMAC-SHA256 Credential=role/20261129/us-east-1"
        ));
    }
}
