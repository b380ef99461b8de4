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
pub(super) struct Bars {
    pub(super) contender: Contender,
    /// Shares of what the SDK alone needs.
    pub(super) time: f64,
    pub(super) instructions: f64,
    pub(super) head: f64,
    /// A number.
    pub(super) allocations: f64,
}

pub(super) const BARS: [Bars; 2] = [
    Bars {
        contender: Contender::Plugin,
        time: 0.75,
        instructions: 0.80,
        head: 0.55,
        allocations: 205.0,
    },
    Bars {
        contender: Contender::PluginSigned,
        time: 0.60,
        instructions: 0.55,
        head: 0.55,
        allocations: 210.0,
    },
];

/// What knowing a partition's nodes may cost at most over an operation that goes to any: µs, and allocations.
pub(super) const OF_A_WISH: (f64, f64) = (1.0, 2.0);
/// With what settings they are known.
pub(super) const WISHFUL: [Contender; 2] =
    [Contender::PluginWithAffinity, Contender::PluginTokenAware];

pub(super) fn of(costs: &[Costs], contender: Contender) -> Option<&Costs> {
    costs.iter().find(|costs| costs.contender == contender)
}
