//! The clients that are compared.

use super::case::Signing;
use crate::Outcome;
use crate::client::{Client, ClientSettings};

/// One of the clients that are compared. Another setting of the plugin is one more entry of the [list](CONTENDERS).
#[derive(Debug)]
pub(super) struct Contender {
    /// The name in arguments.
    pub(super) name: &'static str,
    /// The title in results.
    pub(super) title: &'static str,
    /// The signing modes in which the contender takes part.
    pub(super) signing: &'static [Signing],
    /// The signing modes whose thresholds apply to this contender; each mode has at most one.
    pub(super) thresholds_apply_to: &'static [Signing],
    /// Creates a client inside the runtime that it uses.
    pub(super) connect: fn(&ClientSettings<'_>) -> Outcome<Client>,
}

/// All contenders, in the order of their turns.
pub(super) static CONTENDERS: &[Contender] = &[
    Contender {
        name: "sdk",
        title: "SDK alone",
        signing: &Signing::ALL,
        thresholds_apply_to: &[],
        connect: Client::sdk,
    },
    Contender {
        name: "floor",
        title: "… with all turned off that can be",
        signing: &[Signing::Unsigned],
        thresholds_apply_to: &[],
        connect: Client::floor,
    },
    Contender {
        name: "official",
        title: "alternator-client 1.0.1",
        signing: &Signing::ALL,
        thresholds_apply_to: &[],
        connect: Client::official,
    },
    Contender {
        name: "plugin",
        title: "this plugin",
        signing: &Signing::ALL,
        thresholds_apply_to: &Signing::ALL,
        connect: |settings| Client::plugin(settings, |builder| builder),
    },
    Contender {
        name: "plugin-sdk-signer",
        title: "… signed by the SDK",
        signing: &[Signing::Signed],
        thresholds_apply_to: &[],
        connect: |settings| Client::plugin(settings, |builder| builder.fast_signing(false)),
    },
];

impl Contender {
    #[cfg(test)]
    pub(super) fn named(name: &str) -> Option<&'static Self> {
        CONTENDERS.iter().find(|it| it.name == name)
    }

    /// Returns whether the others are compared with this contender.
    pub(super) fn is_baseline(&self) -> bool {
        self.name == BASELINE
    }
}

impl PartialEq for Contender {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

const BASELINE: &str = "sdk";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thresholds_apply_to_one_participating_contender() {
        for signing in Signing::ALL {
            let judged: Vec<_> = CONTENDERS
                .iter()
                .filter(|it| it.thresholds_apply_to.contains(&signing))
                .collect();
            assert_eq!(judged.len(), 1, "{signing:?}");
            assert!(judged[0].signing.contains(&signing));
        }
    }

    #[test]
    fn exactly_one_contender_is_the_baseline() {
        assert_eq!(CONTENDERS.iter().filter(|it| it.is_baseline()).count(), 1);
    }
}
