//! The reasons for which a request fails.

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::ConnectorError;
use rustls::CertificateError;
use std::error::Error;
use std::fmt::{self, Display};
use std::io;
use tokio::time::error::Elapsed;

/// A request that failed: the kind of the failure, and a text for a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    pub(crate) kind: FailureKind,
    pub(crate) text: String,
}

/// The kinds of failures that differ in what to do next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum FailureKind {
    /// Nothing listens at the port.
    Refused,
    /// No response within the time limit.
    TimedOut,
    /// The name of the host is unknown.
    UnknownHost,
    /// The node's certificate is not accepted.
    Certificate(CertificateProblem),
    /// A response that is not Alternator's, with this status.
    ForeignResponse(u16),
    /// The output of a successful operation, which the SDK cannot parse.
    UnparsableOutput,
    /// An error of Alternator, with this code, such as `AccessDeniedException`.
    Service(String),
    /// Anything else.
    Other,
}

/// The reasons for which a certificate is not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CertificateProblem {
    UnknownIssuer,
    WrongName,
    /// Expired, or not valid yet.
    Date,
    Other,
}

impl Failure {
    pub(crate) fn timed_out() -> Self {
        Self {
            kind: FailureKind::TimedOut,
            text: "no response within the time limit".to_owned(),
        }
    }

    pub(crate) fn foreign(status: u16, what: impl Into<String>) -> Self {
        Self {
            kind: FailureKind::ForeignResponse(status),
            text: what.into(),
        }
    }

    /// Returns the failure of an error of Alternator.
    pub(crate) fn service(code: &str, message: &str) -> Self {
        Self {
            kind: FailureKind::Service(code.to_owned()),
            text: format!("{code}: {message}"),
        }
    }

    /// Returns the failure of an operation.
    pub(crate) fn of_operation<E>(error: &SdkError<E, HttpResponse>) -> Self
    where
        E: ProvideErrorMetadata + Error + 'static,
    {
        match error {
            SdkError::ServiceError(response) => match response.err().code() {
                Some(code) => {
                    let message = response.err().message().unwrap_or_default();
                    Self::service(code, message)
                }
                None => Self::foreign(
                    response.raw().status().as_u16(),
                    format!(
                        "status {} without an error of Alternator",
                        response.raw().status()
                    ),
                ),
            },
            SdkError::TimeoutError(_) => Self::timed_out(),
            SdkError::ResponseError(response) if response.raw().status().is_success() => Self {
                kind: FailureKind::UnparsableOutput,
                text: Self::of(error).text,
            },
            other => Self::of(other),
        }
    }

    /// Returns the failure of any other error, by its causes.
    pub(crate) fn of(error: &(dyn Error + 'static)) -> Self {
        let mut text = error.to_string();
        let mut kind = FailureKind::Other;
        let mut cause = Some(error);
        while let Some(error) = cause {
            text = error.to_string();
            if let Some(found) = kind_of(error) {
                kind = found;
            }
            cause = source_of(error);
        }
        Self { kind, text }
    }

    /// The code of Alternator's error.
    pub(crate) fn code(&self) -> Option<&str> {
        match &self.kind {
            FailureKind::Service(code) => Some(code),
            FailureKind::Refused
            | FailureKind::TimedOut
            | FailureKind::UnknownHost
            | FailureKind::Certificate(_)
            | FailureKind::ForeignResponse(_)
            | FailureKind::UnparsableOutput
            | FailureKind::Other => None,
        }
    }

    pub(crate) fn is(&self, code: &str) -> bool {
        self.code() == Some(code)
    }
}

impl Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

fn kind_of(error: &(dyn Error + 'static)) -> Option<FailureKind> {
    if let Some(rustls::Error::InvalidCertificate(problem)) = error.downcast_ref() {
        return Some(FailureKind::Certificate(CertificateProblem::of(problem)));
    }
    if let Some(error) = error.downcast_ref::<io::Error>() {
        return match error.kind() {
            io::ErrorKind::ConnectionRefused => Some(FailureKind::Refused),
            io::ErrorKind::TimedOut => Some(FailureKind::TimedOut),
            _ => None,
        };
    }
    if error.is::<Elapsed>() {
        return Some(FailureKind::TimedOut);
    }
    match error.downcast_ref::<ConnectorError>() {
        Some(error) if error.is_timeout() => Some(FailureKind::TimedOut),
        // The SDK's connector has no public type for it.
        _ if error.to_string() == "dns error" => Some(FailureKind::UnknownHost),
        _ => None,
    }
}

/// The cause of an error. An [`io::Error`] that wraps another one skips it as its source.
fn source_of<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a (dyn Error + 'static)> {
    let wrapped = error
        .downcast_ref::<io::Error>()
        .and_then(io::Error::get_ref);
    match wrapped {
        Some(wrapped) => Some(wrapped),
        None => error.source(),
    }
}

impl CertificateProblem {
    fn of(error: &CertificateError) -> Self {
        match error {
            CertificateError::UnknownIssuer => Self::UnknownIssuer,
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                Self::WrongName
            }
            CertificateError::Expired
            | CertificateError::ExpiredContext { .. }
            | CertificateError::NotValidYet
            | CertificateError::NotValidYetContext { .. } => Self::Date,
            // A foreign enum: whatever else there is has the same advice.
            _ => Self::Other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrapped(inner: impl Into<Box<dyn Error + Send + Sync>>) -> ConnectorError {
        ConnectorError::io(io::Error::other(inner).into())
    }

    #[test]
    fn kind_is_that_of_the_innermost_known_cause() {
        let certificate = rustls::Error::InvalidCertificate(CertificateError::UnknownIssuer);
        let failure = Failure::of(&wrapped(certificate));
        assert_eq!(
            failure.kind,
            FailureKind::Certificate(CertificateProblem::UnknownIssuer)
        );
        assert!(failure.text.contains("UnknownIssuer"), "{failure}");
        let refused = io::Error::from(io::ErrorKind::ConnectionRefused);
        assert_eq!(Failure::of(&wrapped(refused)).kind, FailureKind::Refused);
        let late = ConnectorError::timeout("late".into());
        assert_eq!(Failure::of(&late).kind, FailureKind::TimedOut);
        assert_eq!(
            Failure::of(&wrapped("dns error")).kind,
            FailureKind::UnknownHost
        );
        assert_eq!(Failure::of(&wrapped("strange")).kind, FailureKind::Other);
    }
}
