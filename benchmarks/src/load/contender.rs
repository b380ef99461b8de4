//! The clients that are compared.

use alternator_lb_sdk::Builder;

use super::case::Signing;
use crate::Outcome;
use crate::client::{Client, Purpose};

/// One of the clients that are compared. Another setting of the plugin is one more entry of the [list](CONTENDERS).
#[derive(Debug)]
pub(super) struct Contender {
    /// What it is called in arguments.
    pub(super) name: &'static str,
    /// What it is called in results.
    pub(super) title: &'static str,
    /// Whether it takes part with signed requests, with others, or both.
    pub(super) signing: &'static [Signing],
    /// For which of these the bars are: at most one contender's each.
    pub(super) judged: &'static [Signing],
    /// Makes a client, inside of the runtime that it is to use.
    pub(super) connect: fn(&Purpose<'_>) -> Outcome<Client>,
}

/// All of them, in the order of their turns.
pub(super) static CONTENDERS: &[Contender] = &[
    Contender {
        name: "sdk",
        title: "SDK alone",
        signing: &Signing::ALL,
        judged: &[],
        connect: Client::sdk,
    },
    Contender {
        name: "floor",
        title: "… with all turned off that can be",
        signing: &[Signing::Unsigned],
        judged: &[],
        connect: Client::floor,
    },
    Contender {
        name: "official",
        title: "alternator-client 1.0.1",
        signing: &Signing::ALL,
        judged: &[],
        connect: Client::official,
    },
    Contender {
        name: "plugin",
        title: "this plugin",
        signing: &Signing::ALL,
        judged: &[Signing::Unsigned],
        connect: |purpose| Client::plugin(purpose, |builder| builder),
    },
    Contender {
        name: "plugin-fast",
        title: "this plugin, signing fast",
        signing: &[Signing::Signed],
        judged: &[Signing::Signed],
        connect: |purpose| Client::plugin(purpose, Builder::fast_signing),
    },
];

impl Contender {
    #[cfg(test)]
    pub(super) fn named(name: &str) -> Option<&'static Self> {
        CONTENDERS.iter().find(|it| it.name == name)
    }

    /// Whether it is what the others are compared with.
    pub(super) fn is_base(&self) -> bool {
        self.name == BASE
    }
}

impl PartialEq for Contender {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

const BASE: &str = "sdk";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bars_are_for_one_contender_that_takes_part() {
        for signing in Signing::ALL {
            let judged: Vec<_> = CONTENDERS
                .iter()
                .filter(|it| it.judged.contains(&signing))
                .collect();
            assert_eq!(judged.len(), 1, "{signing:?}");
            assert!(judged[0].signing.contains(&signing));
        }
    }

    #[test]
    fn one_of_them_is_the_base() {
        assert_eq!(CONTENDERS.iter().filter(|it| it.is_base()).count(), 1);
    }
}
