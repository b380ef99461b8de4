//! The settings by which the operations on a table are routed.

use super::affinity::{Eligibility, KeyAffinity};
use super::lwt::{Write, WriteRules};
use crate::metadata::MetadataNeeds;
use alternator_lb_core::routing::Preference;

/// The settings for the operations on one table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct RoutingSettings {
    /// The operations that go to the primary, as the application chose them.
    pub(crate) affinity: Option<KeyAffinity>,
    /// True if the others go to a replica.
    pub(crate) token_aware: bool,
}

/// Settings that differ from those of the builder, for one table or one operation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct RoutingOptions {
    pub(crate) affinity: Option<Option<KeyAffinity>>,
    pub(crate) token_aware: Option<bool>,
}

impl RoutingSettings {
    /// Returns the settings where these options are set.
    pub(super) fn with(self, options: RoutingOptions) -> Self {
        Self {
            affinity: options.affinity.unwrap_or(self.affinity),
            token_aware: options.token_aware.unwrap_or(self.token_aware),
        }
    }

    /// Returns whether any operation is routed by its keys.
    pub(super) fn are_on(self) -> bool {
        self.effective_affinity().is_some()
    }

    /// The knowledge of the table that this takes.
    pub(super) fn needs(self) -> MetadataNeeds {
        let affinity = self.effective_affinity();
        MetadataNeeds {
            isolation: affinity.is_some_and(KeyAffinity::needs_isolation),
            warns_of_unknown_isolation: self.affinity.is_some(),
            token_maps: self.token_aware,
        }
    }

    /// Returns whether an operation with this write, or without one, may be routed by its keys.
    pub(super) fn concern(self, write: Option<&Write<'_>>) -> bool {
        self.token_aware || self.eligibility(write) != Eligibility::Ineligible
    }

    /// Returns the node that an operation with this write, or without one, prefers. `None` if it goes to any.
    pub(super) fn preference(
        self,
        write: Option<&Write<'_>>,
        rules: WriteRules,
    ) -> Option<Preference> {
        let uses_transaction = write.is_some_and(|write| rules.uses_transaction(write));
        match self.eligibility(write) {
            Eligibility::Eligible | Eligibility::DependsOnTable if uses_transaction => {
                Some(Preference::Primary)
            }
            // A second coordinator costs an order of writes, or a cached item, and no transaction.
            Eligibility::Eligible => Some(Preference::BoundedPrimary),
            Eligibility::DependsOnTable | Eligibility::Ineligible => {
                self.token_aware.then_some(Preference::LeastLoaded)
            }
        }
    }

    fn eligibility(self, write: Option<&Write<'_>>) -> Eligibility {
        let affinity = self.effective_affinity();
        affinity.map_or(Eligibility::Ineligible, |it| it.applies_to(write))
    }

    /// Without a choice of the application, token awareness implies one: a transaction gains more by one coordinator
    /// than by the less busy replica.
    fn effective_affinity(self) -> Option<KeyAffinity> {
        let implied = self.token_aware.then(KeyAffinity::from_table);
        self.affinity.or(implied)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_replace_what_they_set() {
        let settings = RoutingSettings {
            affinity: Some(KeyAffinity::all()),
            token_aware: false,
        };
        assert_eq!(settings.with(RoutingOptions::default()), settings);
        let changed = settings.with(RoutingOptions {
            affinity: Some(None),
            token_aware: Some(true),
        });
        assert_eq!((changed.affinity, changed.token_aware), (None, true));
        assert!(changed.needs().isolation && changed.needs().token_maps);
        let off = settings.with(RoutingOptions {
            affinity: Some(None),
            token_aware: None,
        });
        assert!(settings.are_on() && !off.are_on());
    }
}
