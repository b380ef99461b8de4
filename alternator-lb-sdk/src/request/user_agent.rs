//! The `user-agent` of requests.

use crate::build_error::BuildError;
use aws_smithy_types::config_bag::ConfigBag;
use aws_types::app_name::AppName;
use std::borrow::Cow;

/// The plugin's name and version.
pub(crate) const OWN: &str = concat!("alternator-lb-sdk/", env!("CARGO_PKG_VERSION"));

/// The `user-agent` of requests with minimal headers: the application's, or by default the plugin's, followed by the
/// application's name where the SDK's configuration has one.
#[derive(Clone, Debug, Default)]
pub(crate) struct UserAgent(pub(crate) Option<String>);

impl UserAgent {
    /// # Errors
    ///
    /// [`BuildError::UserAgent`] if the application's cannot be the value of a header, or not as it is: HTTP removes
    /// spaces at the ends, and allows to fold runs of them.
    pub(crate) fn check(&self) -> Result<(), BuildError> {
        let is_word = |word: &str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_graphic());
        match &self.0 {
            Some(custom) if !custom.split(' ').all(is_word) => {
                let user_agent = custom.clone();
                Err(BuildError::UserAgent { user_agent })
            }
            _ => Ok(()),
        }
    }

    /// Allocates only where it is not the plugin's alone.
    pub(crate) fn value(&self, config: &ConfigBag) -> Cow<'static, str> {
        self.of_app(config.load::<AppName>())
    }

    /// The same for the name of an application.
    pub(crate) fn of_app(&self, name: Option<&AppName>) -> Cow<'static, str> {
        match (&self.0, name) {
            (Some(custom), _) => custom.clone().into(),
            (None, None) => OWN.into(),
            (None, Some(name)) => format!("{OWN} app/{name}").into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_separated_by_single_spaces_are_valid() {
        for good in ["a", "shop/1.2", "shop/1.2 (eu) lang/rust"] {
            assert!(UserAgent(Some(good.to_owned())).check().is_ok(), "{good:?}");
        }
        for bad in [
            "",
            " ",
            "a ",
            " a",
            "a  b",
            "a\tb",
            "a\nb",
            "a\r\nx: y",
            "é",
        ] {
            assert!(UserAgent(Some(bad.to_owned())).check().is_err(), "{bad:?}");
        }
    }
}
