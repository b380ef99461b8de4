//! Operations, from their beginning to their end.

use crate::health::{Cause, Outcome, Transition};
use crate::node::Presence;
use crate::operations::{Token, Way};
use crate::routing::{Change, Elsewhere};
use crate::world::{Event, World};
use std::time::Duration;

/// How long it takes until a host says that nothing listens there: a round trip.
pub(crate) const REFUSED_AFTER: Duration = Duration::from_micros(500);

/// The SDK's default.
const CONNECT_TIMEOUT: Duration = Duration::from_millis(3_100);

/// `sdk/outcome.rs`: `TIME_TO_CONNECT`.
const TIME_TO_CONNECT: Duration = Duration::from_millis(500);

impl World {
    /// A client begins an operation.
    pub(crate) fn begin(&mut self, client: u32) {
        let place = self.operations.begin(client, self.now());
        self.send(place);
    }

    /// Sends the operation at a place to a node.
    pub(crate) fn send(&mut self, place: u32) {
        let now = self.now();
        let token = self.operations.attempt(place);
        let Some(operation) = self.operations.at(place) else {
            return;
        };
        let number = operation.client;
        let client = &mut self.clients[number];
        let routed = client
            .router
            .advance(&mut operation.plan, true, now, &mut client.rng);
        let (Ok(()), Some(node)) = (routed, operation.node()) else {
            self.end(place, false);
            return;
        };
        operation.plan.depart();
        operation.tries.begin();
        operation.way = Way::Sent;
        self.record.request(node, now);
        self.deliver(token, number, node);
        self.clients[number].in_flight.push(token);
        self.attempt_begun(number, token);
    }

    fn deliver(&mut self, token: Token, client: u32, node: u32) {
        match self.presence(client, node) {
            Presence::Serves | Presence::Hangs => {
                if self.nodes[node].server.take(token) {
                    self.begin_service(node);
                }
            }
            Presence::Refuses => {
                let event = Event::Fails(token, Outcome::NotConnected);
                self.agenda.after(REFUSED_AFTER, event);
            }
            Presence::Silent => {
                // There is a connection from before; but others need one of their own.
                let is_first = self.in_flight_on(client, node).is_empty();
                if !is_first && let Some(operation) = self.operations.of_mut(token) {
                    operation.way = Way::Connecting;
                    let event = Event::Fails(token, Outcome::NotConnected);
                    self.agenda.after(CONNECT_TIMEOUT, event);
                }
            }
        }
    }

    /// A node turns to the next request.
    pub(crate) fn begin_service(&mut self, node: u32) {
        let server = &self.nodes[node].server;
        let (service, life) = (server.draw_service(&mut self.rng), server.life());
        self.agenda.after(service, Event::Served(node, life));
    }

    /// A node has done with a request.
    pub(crate) fn served(&mut self, number: u32, life: u32) {
        let node = &mut self.nodes[number];
        if node.server.life() != life {
            return;
        }
        let (token, goes_on) = node.server.finish();
        let is_error = node.errors > 0.0 && self.rng.f64() < node.errors;
        if goes_on {
            self.begin_service(number);
        }
        let operation = token.and_then(|token| self.operations.of(token));
        let (Some(token), Some(operation)) = (token, operation) else {
            // Nobody waits for it any more.
            return;
        };
        if self.presence(operation.client, number) == Presence::Serves {
            self.settle(
                token,
                match is_error {
                    true => Outcome::ServerError,
                    false => Outcome::Answered,
                },
            );
        }
    }

    /// An attempt has ended: what the plugin's interceptor does, and then the SDK.
    pub(crate) fn settle(&mut self, token: Token, outcome: Outcome) {
        let now = self.now();
        let Some(operation) = self.operations.of_mut(token) else {
            return;
        };
        let number = operation.client;
        let client = &mut self.clients[number];
        client.in_flight.retain(|other| *other != token);
        let age = operation.plan.age(now);
        let change = client.router.settle(&mut operation.plan, outcome, now);
        let wait = match outcome.is_failure() || outcome.was_not_sent() {
            true => {
                let elsewhere = match client.router.elsewhere(&operation.plan) {
                    Elsewhere::Ejected if age >= TIME_TO_CONNECT => Elsewhere::Nowhere,
                    elsewhere => elsewhere,
                };
                let (purses, rng) = (&mut client.purses, &mut client.rng);
                operation.tries.next(outcome, elsewhere, purses, now, rng)
            }
            false => {
                operation.tries.succeeded(&mut client.purses);
                None
            }
        };
        operation.end_attempt();
        match wait {
            Some(wait) => self.agenda.after(wait, Event::Again(token.place)),
            None => self.end(token.place, !outcome.is_failure()),
        }
        if let Some(change) = change {
            self.note(number, &change);
        }
    }

    fn end(&mut self, place: u32, succeeded: bool) {
        if let Some(operation) = self.operations.end(place) {
            self.record.ended(operation.began, self.now(), succeeded);
        }
    }

    /// A client's attempts that are under way to a node.
    fn in_flight_on(&self, client: u32, node: u32) -> Vec<Token> {
        let tokens = self.clients[client].in_flight.iter().copied();
        tokens
            .filter(|token| self.operations.of(*token).and_then(|it| it.node()) == Some(node))
            .collect()
    }

    /// Ends the requests of a client that wait on a node, where the SDK would make another attempt.
    pub(crate) fn end_requests(&mut self, client: u32, node: u32) {
        for token in self.in_flight_on(client, node) {
            let Some(operation) = self.operations.of(token) else {
                continue;
            };
            if operation.tries.may_end() {
                self.settle(
                    token,
                    match operation.way {
                        Way::Connecting => Outcome::NotConnected,
                        Way::Sent => Outcome::Cut,
                    },
                );
            }
        }
    }

    /// A client has learned something of a node: what `Discovery::note` does.
    pub(crate) fn note(&mut self, client: u32, change: &Change<u32>) {
        let now = self.now();
        let number = *change.node.endpoint();
        match change.transition {
            Transition::Ejected { cause, .. } => {
                let presence = self.presence(client, number);
                let rightly = !self.nodes[number].is_well(presence);
                self.record.left_out(rightly, now);
                self.trouble_if(cause == Cause::Unreachable, client);
            }
            Transition::StillOut { .. } | Transition::Admitted | Transition::Restored => {}
        }
        if change.panic == Some(true) {
            self.record.panic(now);
        }
        self.wake(client);
    }
}
