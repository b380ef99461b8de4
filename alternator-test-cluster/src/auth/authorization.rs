//! Parser of the `Authorization` header.

use crate::api_error::ApiError;

/// The fields of the header.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Authorization<'a> {
    pub(super) user: &'a str,
    /// The date of the credential scope: `20260131`.
    pub(super) date: &'a str,
    pub(super) region: &'a str,
    pub(super) service: &'a str,
    /// The names of the signed headers, separated by semicolons.
    pub(super) signed_headers: &'a str,
    pub(super) signature: &'a str,
}

impl<'a> Authorization<'a> {
    /// Parses the header, whose parts are separated by spaces, commas, or both.
    pub(super) fn parse(header: &'a str) -> Result<Self, ApiError> {
        let mut parts = header.split([' ', ',']).filter(|part| !part.is_empty());
        let algorithm = parts.next().unwrap_or_default();
        if algorithm != ALGORITHM {
            return Err(ApiError::bad_request(
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

    /// Returns whether the signature covers a header, whose name is given in lower case.
    pub(super) fn signs(&self, name: &str) -> bool {
        self.signed_headers.split(';').any(|signed| signed == name)
    }
}

const ALGORITHM: &str = "AWS4-HMAC-SHA256";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn header_parts_may_be_separated_by_spaces_or_commas() {
        let expected = Authorization {
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
            assert_eq!(Authorization::parse(&header).unwrap(), expected);
        }
        assert!(expected.signs("host"));
        assert!(!expected.signs("x-amz"));
    }

    #[test]
    fn unsupported_algorithm_is_rejected_before_the_scope_is_parsed() {
        for header in ["", "Bearer abc", "AWS4-ECDSA-P256-SHA256 Credential=a"] {
            let error = Authorization::parse(header).unwrap_err();
            assert!(error.is("InvalidSignatureException"), "{header}");
        }
    }

    #[test]
    fn credential_scope_without_five_parts_is_rejected() {
        for scope in ["", "role/20260131/us-east-1/dynamodb", "a/b/c/d/e/f"] {
            let header =
                format!("{ALGORITHM} Credential={scope}, SignedHeaders=host, Signature=abc");
            let error = Authorization::parse(&header).unwrap_err();
            assert!(error.is("ValidationException"), "{scope}");
        }
    }
}
