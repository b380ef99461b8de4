//! The arguments of the process of the nodes.

use aws_sdk_dynamodb::config::Credentials;
use lexopt::{Parser, ValueExt as _};

/// A cluster that responds to reads and writes at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Service {
    pub(crate) nodes: usize,
    /// True if requests that are not signed, or not well, are refused.
    pub(crate) enforces_authorization: bool,
    /// True if the nodes serve HTTPS, with certificates of a CA of their own, and nothing else.
    pub(crate) speaks_tls: bool,
}

impl Service {
    /// The role that its clients sign with, if authorization is enforced.
    pub(crate) const ROLE: &str = "alternator";
    pub(crate) const SECRET: &str = "secret";

    /// The first of the arguments with which a program is started as a service.
    pub(crate) const SUBCOMMAND: &str = "serve";

    /// A cluster that takes unsigned requests.
    pub(crate) const fn open(nodes: usize) -> Self {
        Self {
            nodes,
            enforces_authorization: false,
            speaks_tls: false,
        }
    }

    /// A cluster that refuses requests which are not signed, or not well.
    pub(crate) const fn enforcing_authorization(nodes: usize) -> Self {
        Self {
            nodes,
            enforces_authorization: true,
            speaks_tls: false,
        }
    }

    /// Sets whether the same cluster serves HTTPS.
    pub(crate) const fn with_tls(self, speaks_tls: bool) -> Self {
        Self { speaks_tls, ..self }
    }

    /// Returns the credentials of its clients.
    pub(crate) fn credentials(self) -> Option<Credentials> {
        let credentials = || Credentials::new(Self::ROLE, Self::SECRET, None, None, "benchmarks");
        self.enforces_authorization.then(credentials)
    }

    /// Returns the arguments that stand for it.
    pub(super) fn arguments(self) -> Vec<String> {
        let mut words = vec![Self::SUBCOMMAND.to_owned(), self.nodes.to_string()];
        if self.enforces_authorization {
            words.push(ENFORCE_AUTHORIZATION.to_owned());
        }
        if self.speaks_tls {
            words.push(SPEAK_TLS.to_owned());
        }
        words
    }

    /// Reads the arguments behind the first.
    pub(crate) fn parse(parser: &mut Parser) -> Result<Self, lexopt::Error> {
        let mut service = Self::open(parser.value()?.parse()?);
        while let Some(argument) = parser.next()? {
            match argument {
                lexopt::Arg::Value(word) if word == ENFORCE_AUTHORIZATION => {
                    service.enforces_authorization = true;
                }
                lexopt::Arg::Value(word) if word == SPEAK_TLS => service.speaks_tls = true,
                other => return Err(other.unexpected()),
            }
        }
        Ok(service)
    }
}

const ENFORCE_AUTHORIZATION: &str = "enforcing-authorization";
const SPEAK_TLS: &str = "speaking-tls";

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(words: &[&str]) -> Result<Service, lexopt::Error> {
        Service::parse(&mut Parser::from_args(words))
    }

    #[test]
    fn formatted_value_parses_to_itself() {
        let open = Service::open(3);
        let closed = Service::enforcing_authorization(3);
        let over_tls = [open.with_tls(true), closed.with_tls(true)];
        for service in [open, closed].into_iter().chain(over_tls) {
            let words = service.arguments();
            assert_eq!(words[0], Service::SUBCOMMAND);
            let words: Vec<&str> = words[1..].iter().map(String::as_str).collect();
            assert_eq!(parse(&words).unwrap(), service);
        }
    }

    #[test]
    fn invalid_service_arguments_are_rejected() {
        for words in [&["many"][..], &[], &["3", "signed"], &["3", "--help"]] {
            assert!(parse(words).is_err(), "{words:?}");
        }
    }
}
