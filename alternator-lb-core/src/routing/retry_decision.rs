//! Decides how long the retry of an attempt waits at most, and what pays for it.
//!
//! | attempt | next node | attempt counts | wait | paid by |
//! |---|---|---|---|---|
//! | never sent | an untried node | no | none | – |
//! | never sent | an untried node that is ejected, as no node is up | no | none | – |
//! | never sent | a tried node that is up | no | the application's | – |
//! | sent on a stale connection | as never sent | | | |
//! | connection broke | an untried node, or the same coordinator | yes | short | the cluster's budget |
//! | connection broke | none | yes | the application's | the cluster's budget |
//! | server error (5xx) that may be the node's own, or a response that is not Alternator's | an untried node | yes | short | the application's |
//! | the datacenter holds no replicas of the table | an untried node of another one | yes | short | the application's |
//! | any error of a node that is up | the same coordinator | yes | the application's | the application's |
//! | the date of the signature was refused | the same node | yes | short | the application's |
//! | anything else | any | yes | the application's | the application's |
//!
//! The cluster's budget exists because a node that dies with a thousand requests in flight would empty that of the
//! application; it is bounded too.

use crate::health::Outcome;
use std::time::Duration;

/// The number of attempts of an operation that cost no retry. Each costs a refused connection; eight dead nodes in a
/// row are met only in the first milliseconds after most of a cluster has died, until they are ejected.
pub const MAX_FREE_ATTEMPTS: u32 = 8;

/// The cost of a retry after a broken connection, as in the SDK.
pub const RETRY_COST: u32 = 10;

/// The cost of the retries after broken connections together: five thousand of them at once, at [`RETRY_COST`] each.
/// More than that are not in flight on one node. Those that succeed give their tokens back.
pub const RESEND_TOKENS: usize = 50_000;

/// The refill of that budget per second: ten retries a second for ever.
pub const RESEND_TOKENS_PER_SECOND: f32 = 100.0;

/// The longest wait before a retry on another node. The SDK waits a random part of it: enough that a thousand callers
/// which failed together arrive over some milliseconds, as many as a node serves in that time, and no more, since the
/// other node has given no reason to wait.
pub const MAX_FAILOVER_WAIT: Duration = Duration::from_millis(10);

/// The time without a connection after which its absence says something about the node: several round trips over the
/// widest networks, as a new connection with TLS takes. A deadline of the application that is shorter, or of which
/// little was left, says something about the application.
pub const TIME_TO_CONNECT: Duration = Duration::from_millis(500);

/// The kind of node that a retry would go to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RetryTarget {
    /// A usable node that the operation has not tried.
    UntriedNode,
    /// A node that the operation has not tried, though it is ejected: no node is usable.
    EjectedNode,
    /// A usable node that the operation has tried before.
    TriedNode,
    /// The node of the attempt before, which is up: the operation wants one coordinator.
    SameNode,
    /// None but ejected nodes that were tried, or the node that the plan is pinned to.
    NoNode,
}

impl RetryTarget {
    /// Returns the target after an attempt that took `age`. Ejected nodes are tried in turn only while each costs no
    /// more than a refused connection.
    #[must_use]
    pub fn after(self, age: Duration) -> Self {
        match self {
            Self::EjectedNode if age >= TIME_TO_CONNECT => Self::NoNode,
            Self::UntriedNode
            | Self::EjectedNode
            | Self::TriedNode
            | Self::SameNode
            | Self::NoNode => self,
        }
    }
}

/// The budget that pays for a retry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RetryBudget {
    /// Nothing: the attempt before did not reach a node, and does not count.
    Unlimited,
    /// The budget of the cluster for requests that are sent again after a lost connection.
    Resend,
    /// The budget of the application.
    Application,
}

/// The conditions of a retry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryDecision {
    /// The longest wait before it. [`Duration::MAX`] leaves the wait to the application.
    pub max_wait: Duration,
    /// The budget that pays for it.
    pub budget: RetryBudget,
}

impl RetryDecision {
    /// Returns the conditions of the retry of an attempt that ended with `outcome`, where the next attempt would go to
    /// `target` and `free_attempts` attempts of the operation have cost nothing.
    pub fn new(outcome: Outcome, target: RetryTarget, free_attempts: u32) -> Self {
        let is_free = outcome.costs_no_attempt()
            && target != RetryTarget::NoNode
            && free_attempts < MAX_FREE_ATTEMPTS;
        // The node itself failed, so that another node needs no wait. A timeout of the application may be due to all
        // nodes. Where replicas failed, another node is no better, and the wait is what rides through a short loss of
        // quorum.
        let is_of_the_node = matches!(
            outcome,
            Outcome::ConnectionLost | Outcome::ServerError | Outcome::Foreign | Outcome::NoReplicas
        );
        let max_wait = if is_free && target != RetryTarget::TriedNode {
            Duration::ZERO
        } else if (target == RetryTarget::UntriedNode && is_of_the_node)
            || (target == RetryTarget::SameNode && outcome == Outcome::ConnectionLost)
            || outcome == Outcome::ClockSkew
        {
            MAX_FAILOVER_WAIT
        } else {
            Duration::MAX
        };
        let budget = if is_free {
            RetryBudget::Unlimited
        } else if outcome == Outcome::ConnectionLost {
            RetryBudget::Resend
        } else {
            RetryBudget::Application
        };
        Self { max_wait, budget }
    }

    /// Returns whether the attempt before does not count as one.
    pub fn is_free(&self) -> bool {
        self.budget == RetryBudget::Unlimited
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use RetryTarget::{NoNode, SameNode, TriedNode, UntriedNode};

    fn decision(outcome: Outcome, target: RetryTarget, free_attempts: u32) -> (bool, Duration) {
        let decision = RetryDecision::new(outcome, target, free_attempts);
        (decision.is_free(), decision.max_wait)
    }

    #[test]
    fn request_that_was_not_sent_costs_no_attempt_while_there_are_nodes() {
        let not_sent = |target, free| decision(Outcome::NotConnected, target, free);
        assert_eq!(not_sent(UntriedNode, 0), (true, Duration::ZERO));
        assert_eq!(not_sent(SameNode, 0), (true, Duration::ZERO));
        assert_eq!(not_sent(TriedNode, 0), (true, Duration::MAX));
        assert!(!not_sent(NoNode, 0).0);
        assert!(not_sent(UntriedNode, MAX_FREE_ATTEMPTS - 1).0);
        assert!(!not_sent(UntriedNode, MAX_FREE_ATTEMPTS).0);
    }

    #[test]
    fn wait_is_short_where_another_node_is_a_remedy() {
        for (outcome, target, wait) in [
            (Outcome::ServerError, UntriedNode, MAX_FAILOVER_WAIT),
            (Outcome::ServerError, TriedNode, Duration::MAX),
            (Outcome::ServerError, SameNode, Duration::MAX),
            (Outcome::NoReplicas, UntriedNode, MAX_FAILOVER_WAIT),
            (Outcome::ReplicaError, UntriedNode, Duration::MAX),
            (Outcome::ConnectionLost, SameNode, MAX_FAILOVER_WAIT),
            (Outcome::ConnectionLost, TriedNode, Duration::MAX),
            (Outcome::ClockSkew, SameNode, MAX_FAILOVER_WAIT),
        ] {
            let decided = decision(outcome, target, 0);
            assert_eq!(decided, (false, wait), "{outcome:?}, {target:?}");
        }
    }

    #[test]
    fn connection_that_broke_has_a_budget_of_its_own() {
        let budget = |outcome| RetryDecision::new(outcome, UntriedNode, 0).budget;
        assert_eq!(budget(Outcome::NotConnected), RetryBudget::Unlimited);
        assert_eq!(budget(Outcome::ConnectionLost), RetryBudget::Resend);
        assert_eq!(budget(Outcome::ServerError), RetryBudget::Application);
    }
}
