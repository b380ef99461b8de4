//! The operations that are under way.

use crate::numbered::Numbered;
use crate::retries::Tries;
use crate::routing::Plan;
use std::time::Duration;

/// The operations of all clients, each in a place that the next one takes when it is over.
#[derive(Debug, Default)]
pub(crate) struct Operations {
    places: Numbered<Option<Operation>>,
    free: Vec<u32>,
    attempts: u32,
}

#[derive(Debug)]
pub(crate) struct Operation {
    pub(crate) client: u32,
    pub(crate) began: Duration,
    pub(crate) plan: Plan<u32>,
    pub(crate) tries: Tries,
    /// The number of the attempt under way.
    attempt: Option<u32>,
    pub(crate) way: Way,
}

/// An attempt of an operation. It is over when the operation makes another, or is over itself. Small, since queues are full
/// of these.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Token {
    pub(crate) place: u32,
    attempt: u32,
}

/// How far an attempt has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// Its connection is being opened.
    Connecting,
    /// It was sent.
    Sent,
}

impl Operations {
    /// Begins one. Returns its place.
    pub(crate) fn begin(&mut self, client: u32, now: Duration) -> u32 {
        let operation = Operation {
            client,
            began: now,
            plan: Plan::default(),
            tries: Tries::default(),
            attempt: None,
            way: Way::Sent,
        };
        match self.free.pop() {
            Some(place) => {
                self.places[place] = Some(operation);
                place
            }
            None => self.places.push(Some(operation)),
        }
    }

    /// The operation at a place, if there is one.
    pub(crate) fn at(&mut self, place: u32) -> Option<&mut Operation> {
        self.places[place].as_mut()
    }

    /// Begins an attempt of the operation at a place.
    pub(crate) fn attempt(&mut self, place: u32) -> Token {
        self.attempts += 1;
        let attempt = self.attempts;
        if let Some(operation) = self.at(place) {
            operation.attempt = Some(attempt);
        }
        Token { place, attempt }
    }

    /// The operation whose attempt this is, if that is under way still.
    pub(crate) fn of(&self, token: Token) -> Option<&Operation> {
        let operation = self.places[token.place].as_ref();
        operation.filter(|operation| operation.attempt == Some(token.attempt))
    }

    pub(crate) fn of_mut(&mut self, token: Token) -> Option<&mut Operation> {
        let operation = self.places[token.place].as_mut();
        operation.filter(|operation| operation.attempt == Some(token.attempt))
    }

    /// Ends the one at a place.
    pub(crate) fn end(&mut self, place: u32) -> Option<Operation> {
        let operation = self.places[place].take();
        if operation.is_some() {
            self.free.push(place);
        }
        operation
    }

    /// When those began that are under way.
    pub(crate) fn began(&self) -> impl Iterator<Item = Duration> {
        self.places
            .iter()
            .flatten()
            .map(|operation| operation.began)
    }
}

impl Operation {
    /// The attempt is over.
    pub(crate) fn end_attempt(&mut self) {
        self.plan.end_attempt();
        self.attempt = None;
    }

    /// The node that the attempt under way went to.
    pub(crate) fn node(&self) -> Option<u32> {
        self.plan
            .current()
            .map(|attempt| *attempt.node().endpoint())
    }
}
