//! The settings of lightweight transactions.

use std::time::Duration;

/// The costs of lightweight transactions, for [`Builder::paxos`](crate::Builder::paxos).
///
/// A transaction takes three rounds between its coordinator and the replicas: to prepare, to accept and to learn.
/// Transactions on one partition through one coordinator wait for each other. Two coordinators conflict: the one whose
/// ballot was superseded before the replicas accepted it pauses for up to [`max_pause`](Self::max_pause) and starts
/// again, or fails at once with the server's 500 "write timeout due to uncertainty", after which the write may or may
/// not have been executed. [`Counters`](crate::Counters) hold the number of both.
///
/// ```
/// use alternator_test_cluster::{Paxos, StartError, TestCluster, Tokens};
///
/// # fn main() -> Result<(), StartError> {
/// let cluster = TestCluster::builder()
///     .nodes(6)
///     .tokens(Tokens::vnodes())
///     .paxos(Paxos::new())
///     .start()?;
/// // ... clients increment a counter with conditional writes ...
/// assert_eq!(cluster.ballot_contentions(), 0, "several coordinators");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug)]
#[must_use = "transactions have the costs once a builder has them"]
pub struct Paxos {
    pub(super) round: Duration,
    pub(super) max_pause: Duration,
    pub(super) uncertainty: f64,
    pub(super) seed: u64,
}

impl Paxos {
    /// Creates the default costs.
    pub fn new() -> Self {
        Self {
            round: Duration::from_millis(1),
            max_pause: Duration::from_millis(100),
            uncertainty: 0.08,
            seed: 0,
        }
    }

    /// Sets the time of one round.
    ///
    /// # Default
    ///
    /// 1 ms. A ScyllaDB executed 268 transactions per second on one partition, which is 1.2 ms for each round.
    pub fn round(mut self, time: Duration) -> Self {
        self.round = time;
        self
    }

    /// Sets the longest pause of a coordinator whose ballot was superseded. Pauses are random from zero to this, and
    /// other transactions on the partition through the same coordinator wait during them.
    ///
    /// # Default
    ///
    /// 100 ms, as with the server.
    pub fn max_pause(mut self, time: Duration) -> Self {
        self.max_pause = time;
        self
    }

    /// Sets the share of superseded proposals that fail as uncertain, from 0 to 1, instead of starting again.
    ///
    /// # Default
    ///
    /// 0.08: a ScyllaDB failed 41 transactions while it started 475 again.
    pub fn uncertainty(mut self, share: f64) -> Self {
        self.uncertainty = share;
        self
    }

    /// Sets the seed of all that is random: pauses, which proposals fail, and which failed writes are executed.
    ///
    /// # Default
    ///
    /// 0.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }
}

impl Default for Paxos {
    fn default() -> Self {
        Self::new()
    }
}
