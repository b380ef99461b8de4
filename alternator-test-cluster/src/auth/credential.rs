//! The `Authorization` header.

use crate::api_error::ApiError;

/// What the header says.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Credential<'a> {
    pub(super) user: &'a str,
    /// Of the scope: `20260131`.
    pub(super) date: &'a str,
    pub(super) region: &'a str,
    pub(super) service: &'a str,
    /// As they stand in the header, between semicolons.
    pub(super) signed_headers: &'a str,
    pub(super) signature: &'a str,
}

impl<'a> Credential<'a> {
    /// Takes the header apart. Its parts are separated by spaces, commas, or both.
    pub(super) fn parse(header: &'a str) -> Result<Self, ApiError> {
        let mut parts = header.split([' ', ',']).filter(|part| !part.is_empty());
        let algorithm = parts.next().unwrap_or_default();
        if algorithm != ALGORITHM {
            return Err(ApiError::refused(
                "InvalidSignatureException",
                format!("Authorization header must use {ALGORITHM} algorithm: {algorithm}"),
            ));
        }
        let (mut scope, mut signed_headers, mut signature) = ("", "", "");
        for (name, value) in parts.filter_map(|part| part.split_once('=')) {
            match name {
                "Credential" => scope = value,
                "SignedHeaders" => signed_headers = value,
                "Signature" => signature = value,
                _ => {}
            }
        }
        let fields: Vec<_> = scope.split('/').collect();
        let [user, date, region, service, _] = fields[..] else {
            return Err(ApiError::validation(format!(
                "Incorrect credential information format: {scope}"
            )));
        };
        Ok(Self {
            user,
            date,
            region,
            service,
            signed_headers,
            signature,
        })
    }

    /// Returns whether a header, given in lower case, is among those that were signed.
    pub(super) fn signs(&self, name: &str) -> bool {
        self.signed_headers.split(';').any(|signed| signed == name)
    }
}

const ALGORITHM: &str = "AWS4-HMAC-SHA256";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_separated_by_spaces_or_commas() {
        let expected = Credential {
            user: "role",
            date: "20260131",
            region: "us-east-1",
            service: "dynamodb",
            signed_headers: "host;x-amz-date",
            signature: "abc",
        };
        for separator in [",", " ", ", ", " , "] {
            let header = [
                "AWS4-HMAC-SHA256 Credential=role/20260131/us-east-1/dynamodb/aws4_request",
                "SignedHeaders=host;x-amz-date",
                "Signature=abc",
            ]
            .join(separator);
            assert_eq!(Credential::parse(&header).unwrap(), expected);
        }
        assert!(expected.signs("host"));
        assert!(!expected.signs("x-amz"));
    }

    #[test]
    fn other_algorithms_are_refused_before_the_scope_is_read() {
        for header in ["", "Bearer abc", "AWS4-ECDSA-P256-SHA256 Credential=a"] {
            let error = Credential::parse(header).unwrap_err();
            assert!(error.is("InvalidSignatureException"), "{header}");
        }
    }

    #[test]
    fn a_scope_has_five_parts() {
        for scope in ["", "role/20260131/us-east-1/dynamodb", "a/b/c/d/e/f"] {
            let header =
                format!("{ALGORITHM} Credential={scope}, SignedHeaders=host, Signature=abc");
            let error = Credential::parse(&header).unwrap_err();
            assert!(error.is("ValidationException"), "{scope}");
        }
    }
}
