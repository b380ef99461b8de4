//! The costs of an operation, and the thresholds.

use super::contender::Contender;

/// The costs of one operation of a contender.
#[derive(Clone, Copy, Debug)]
pub(super) struct Costs {
    pub(super) contender: Contender,
    /// Processor time.
    pub(super) microseconds: f64,
    pub(super) allocations: f64,
    pub(super) bytes: f64,
    /// The bytes of the request head.
    pub(super) head: usize,
    /// `None` unless instructions were counted.
    pub(super) instructions: Option<f64>,
}

/// The thresholds of the plugin.
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

/// The most that key routing may add to an operation: microseconds and allocations.
pub(super) const MAX_ROUTING_COST: (f64, f64) = (1.0, 2.0);
/// The contenders with key routing.
pub(super) const KEY_ROUTED: [Contender; 2] =
    [Contender::PluginWithAffinity, Contender::PluginTokenAware];

pub(super) fn find(costs: &[Costs], contender: Contender) -> Option<&Costs> {
    costs.iter().find(|costs| costs.contender == contender)
}
