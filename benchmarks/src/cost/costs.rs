//! What an operation costs.

use super::contender::Contender;

/// The costs of one operation of a contender.
#[derive(Clone, Copy, Debug)]
pub(super) struct Costs {
    pub(super) contender: Contender,
    /// The processor's time.
    pub(super) microseconds: f64,
    pub(super) allocations: f64,
    pub(super) bytes: f64,
    /// The bytes of the head of its request.
    pub(super) head: usize,
    /// Where they were counted.
    pub(super) instructions: Option<f64>,
}

/// What the plugin must reach.
#[derive(Clone, Copy, Debug)]
pub(super) struct Thresholds {
    pub(super) contender: Contender,
    /// Shares of what the SDK alone needs.
    pub(super) time: f64,
    pub(super) instructions: f64,
    pub(super) head: f64,
    /// A number.
    pub(super) allocations: f64,
}

pub(super) const THRESHOLDS: [Thresholds; 2] = [
    Thresholds {
        contender: Contender::Plugin,
        time: 0.75,
        instructions: 0.80,
        head: 0.55,
        allocations: 205.0,
    },
    Thresholds {
        contender: Contender::PluginSigned,
        time: 0.60,
        instructions: 0.55,
        head: 0.55,
        allocations: 210.0,
    },
];

/// What knowing a partition's nodes may cost at most over an operation that goes to any: µs, and allocations.
pub(super) const MAX_ROUTING_COST: (f64, f64) = (1.0, 2.0);
/// With what settings they are known.
pub(super) const KEY_ROUTED: [Contender; 2] =
    [Contender::PluginWithAffinity, Contender::PluginTokenAware];

pub(super) fn find(costs: &[Costs], contender: Contender) -> Option<&Costs> {
    costs.iter().find(|costs| costs.contender == contender)
}
