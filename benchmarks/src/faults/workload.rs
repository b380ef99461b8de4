//! The operations of the callers.

use alternator_lb_sdk::{Builder, Hedge, KeyAffinity};
use aws_sdk_dynamodb::types::AttributeValue;

use crate::client::Client;

/// The operations of the callers, and the key affinity of the plugin.
///
/// All nodes respond at once with the same, so a write costs what a read costs, and one healthy cluster is the baseline
/// of all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Workload {
    /// Reads of one item, without key affinity.
    Reads,
    /// The same, with [`Hedge::after_p95`].
    HedgedReads,
    /// Reads of many items, with [`KeyAffinity::all`].
    ReadsWithAffinity,
    /// Writes of many items, with [`KeyAffinity::all_writes`].
    WritesWithAffinity,
    /// Conditional writes of many items, with [`KeyAffinity::conditional_writes`].
    ConditionalWrites,
}

const TABLE: &str = "faults";
const KEY: &str = "k";

/// The number of items: enough that each node is the first one of hundreds.
const ITEMS: u32 = 1_000;

impl Workload {
    /// Sets the key affinity and hedging.
    pub(super) fn configure(self, builder: Builder) -> Builder {
        let affinity = match self {
            Self::Reads => return builder,
            Self::HedgedReads => return builder.hedged_reads(Hedge::after_p95()),
            Self::ReadsWithAffinity => KeyAffinity::all(),
            Self::WritesWithAffinity => KeyAffinity::all_writes(),
            Self::ConditionalWrites => KeyAffinity::conditional_writes(),
        };
        builder.key_affinity(affinity).partition_key(TABLE, KEY)
    }

    /// Makes an operation. Returns whether it succeeds.
    pub(super) async fn call(self, client: &Client) -> bool {
        let key = match self {
            Self::Reads | Self::HedgedReads => "a".to_owned(),
            Self::ReadsWithAffinity | Self::WritesWithAffinity | Self::ConditionalWrites => {
                fastrand::u32(..ITEMS).to_string()
            }
        };
        let key = AttributeValue::S(key);
        let put = || client.put_item().table_name(TABLE).item(KEY, key.clone());
        match self {
            Self::Reads | Self::HedgedReads | Self::ReadsWithAffinity => {
                let get = client.get_item().table_name(TABLE);
                get.key(KEY, key.clone()).send().await.is_ok()
            }
            Self::WritesWithAffinity => put().send().await.is_ok(),
            Self::ConditionalWrites => {
                let condition = format!("attribute_not_exists({KEY})");
                put().condition_expression(condition).send().await.is_ok()
            }
        }
    }
}
