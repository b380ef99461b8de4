//! The operations in progress.

use crate::arena::Arena;
use crate::retries::RetryState;
use alternator_lb_core::routing::Plan;
use std::time::Duration;

/// The operations of all clients, in slots that are reused.
#[derive(Debug, Default)]
pub(crate) struct Operations {
    slots: Arena<Option<Operation>>,
    free: Vec<u32>,
    attempts: u32,
}

#[derive(Debug)]
pub(crate) struct Operation {
    pub(crate) client: u32,
    pub(crate) began: Duration,
    pub(crate) plan: Plan<u32>,
    pub(crate) retries: RetryState,
    /// The number of the current attempt.
    attempt: Option<u32>,
    pub(crate) attempt_state: AttemptState,
}

/// Identifies an attempt. It is stale once the operation makes another attempt or ends. Small, since queues hold many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Token {
    pub(crate) slot: u32,
    attempt: u32,
}

/// The progress of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AttemptState {
    /// The connection is being opened.
    Connecting,
    /// The request was sent.
    Sent,
}

impl Operations {
    /// Begins an operation. Returns its slot.
    pub(crate) fn begin(&mut self, client: u32, now: Duration) -> u32 {
        let operation = Operation {
            client,
            began: now,
            plan: Plan::default(),
            retries: RetryState::default(),
            attempt: None,
            attempt_state: AttemptState::Sent,
        };
        match self.free.pop() {
            Some(slot) => {
                self.slots[slot] = Some(operation);
                slot
            }
            None => self.slots.push(Some(operation)),
        }
    }

    /// Returns the operation in a slot.
    pub(crate) fn at_slot(&mut self, slot: u32) -> Option<&mut Operation> {
        self.slots[slot].as_mut()
    }

    /// Begins an attempt of the operation in a slot.
    pub(crate) fn begin_attempt(&mut self, slot: u32) -> Token {
        self.attempts += 1;
        let attempt = self.attempts;
        if let Some(operation) = self.at_slot(slot) {
            operation.attempt = Some(attempt);
        }
        Token { slot, attempt }
    }

    /// Returns the operation of a current attempt.
    pub(crate) fn get(&self, token: Token) -> Option<&Operation> {
        let operation = self.slots[token.slot].as_ref();
        operation.filter(|operation| operation.attempt == Some(token.attempt))
    }

    pub(crate) fn get_mut(&mut self, token: Token) -> Option<&mut Operation> {
        let operation = self.slots[token.slot].as_mut();
        operation.filter(|operation| operation.attempt == Some(token.attempt))
    }

    /// Ends the operation in a slot.
    pub(crate) fn end(&mut self, slot: u32) -> Option<Operation> {
        let operation = self.slots[slot].take();
        if operation.is_some() {
            self.free.push(slot);
        }
        operation
    }

    /// Returns the start times of the operations in progress.
    pub(crate) fn start_times(&self) -> impl Iterator<Item = Duration> {
        self.slots.iter().flatten().map(|operation| operation.began)
    }
}

impl Operation {
    /// Ends the current attempt.
    pub(crate) fn end_attempt(&mut self) {
        self.plan.end_attempt();
        self.attempt = None;
    }

    /// Returns the node of the current attempt.
    pub(crate) fn node(&self) -> Option<u32> {
        self.plan
            .current()
            .map(|attempt| *attempt.node().extension())
    }
}
