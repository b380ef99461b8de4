//! The operations of clients, and their attempts.

use crate::node::{Availability, REFUSED_AFTER};
use crate::operations::{AttemptState, Token};
use crate::world::{Event, World};
use alternator_lb_core::health::{EjectionCause, Outcome, Transition};
use alternator_lb_core::routing::HealthEvent;
use std::time::Duration;

/// The default of the SDK.
const CONNECT_TIMEOUT: Duration = Duration::from_millis(3_100);

impl World {
    /// Begins an operation of a client.
    pub(crate) fn begin(&mut self, client: u32) {
        let slot = self.operations.begin(client, self.now());
        self.send(slot);
    }

    /// Begins an attempt of the operation in a slot.
    pub(crate) fn send(&mut self, slot: u32) {
        let now = self.now();
        let token = self.operations.begin_attempt(slot);
        let Some(operation) = self.operations.at_slot(slot) else {
            return;
        };
        let number = operation.client;
        let client = &mut self.clients[number];
        let routed = client
            .router
            .advance(&mut operation.plan, true, now, &mut client.rng);
        let (Ok(()), Some(node)) = (routed, operation.node()) else {
            self.end(slot, false);
            return;
        };
        operation.plan.mark_sent();
        operation.retries.begin();
        operation.attempt_state = AttemptState::Sent;
        self.record.request(node, now);
        self.deliver(token, number, node);
        self.clients[number].in_flight.push(token);
        self.on_attempt(number, token);
    }

    fn deliver(&mut self, token: Token, client: u32, node: u32) {
        match self.availability(client, node) {
            Availability::Serving | Availability::Hanging => {
                if self.nodes[node].server.enqueue(token) {
                    self.begin_service(node);
                }
            }
            Availability::Refusing => {
                let event = Event::Failure(token, Outcome::NotConnected);
                self.events.schedule_after(REFUSED_AFTER, event);
            }
            Availability::Unreachable => {
                // The first request uses an existing connection; the others have to open one.
                let is_first = self.in_flight_on(client, node).is_empty();
                if !is_first && let Some(operation) = self.operations.get_mut(token) {
                    operation.attempt_state = AttemptState::Connecting;
                    let event = Event::Failure(token, Outcome::NotConnected);
                    self.events.schedule_after(CONNECT_TIMEOUT, event);
                }
            }
        }
    }

    /// Begins the service of the next request of a node.
    pub(crate) fn begin_service(&mut self, node: u32) {
        let server = &self.nodes[node].server;
        let (service, epoch) = (server.draw_service(&mut self.rng), server.epoch());
        self.events
            .schedule_after(service, Event::ServiceEnd(node, epoch));
    }

    /// Handles the end of a service.
    pub(crate) fn served(&mut self, number: u32, epoch: u32) {
        let node = &mut self.nodes[number];
        if node.server.epoch() != epoch {
            return;
        }
        let (token, goes_on) = node.server.complete();
        let is_error = node.error_share > 0.0 && self.rng.f64() < node.error_share;
        if goes_on {
            self.begin_service(number);
        }
        let operation = token.and_then(|token| self.operations.get(token));
        let (Some(token), Some(operation)) = (token, operation) else {
            // The client has given up this attempt.
            return;
        };
        if self.availability(operation.client, number) == Availability::Serving {
            self.settle(
                token,
                match is_error {
                    true => Outcome::ServerError,
                    false => Outcome::Responded,
                },
            );
        }
    }

    /// Handles the end of an attempt: first as the interceptor of the plugin, then as the SDK.
    pub(crate) fn settle(&mut self, token: Token, outcome: Outcome) {
        let now = self.now();
        let Some(operation) = self.operations.get_mut(token) else {
            return;
        };
        let number = operation.client;
        let client = &mut self.clients[number];
        client.in_flight.retain(|other| *other != token);
        let age = operation.plan.age(now);
        let change = client
            .router
            .settle(&mut operation.plan, outcome, None, now);
        let wait = match outcome.may_fail_over() {
            true => {
                let target = client.router.retry_target(&operation.plan, now).after(age);
                let (retry_budgets, rng) = (&mut client.retry_budgets, &mut client.rng);
                operation
                    .retries
                    .next(outcome, target, retry_budgets, now, rng)
            }
            false => {
                operation.retries.succeeded(&mut client.retry_budgets);
                None
            }
        };
        operation.end_attempt();
        match wait {
            Some(wait) => self.events.schedule_after(wait, Event::Retry(token.slot)),
            None => self.end(token.slot, !outcome.is_failure()),
        }
        if let Some(change) = change {
            self.on_health_change(number, &change);
        }
    }

    fn end(&mut self, slot: u32, succeeded: bool) {
        if let Some(operation) = self.operations.end(slot) {
            self.record
                .operation_ended(operation.began, self.now(), succeeded);
        }
    }

    /// Returns the attempts of a client in flight to a node.
    fn in_flight_on(&self, client: u32, node: u32) -> Vec<Token> {
        let tokens = self.clients[client].in_flight.iter().copied();
        tokens
            .filter(|token| self.operations.get(*token).and_then(|it| it.node()) == Some(node))
            .collect()
    }

    /// Aborts the requests of a client that wait on a node, where the SDK would make another attempt.
    pub(crate) fn abort_requests(&mut self, client: u32, node: u32) {
        for token in self.in_flight_on(client, node) {
            let Some(operation) = self.operations.get(token) else {
                continue;
            };
            if operation.retries.may_abort() {
                self.settle(
                    token,
                    match operation.attempt_state {
                        AttemptState::Connecting => Outcome::NotConnected,
                        AttemptState::Sent => Outcome::ConnectionLost,
                    },
                );
            }
        }
    }

    /// Handles a health change of a node, as `Discovery::note` of the library does.
    pub(crate) fn on_health_change(&mut self, client: u32, change: &HealthEvent<u32>) {
        let now = self.now();
        let number = *change.node.extension();
        match change.transition {
            Transition::Ejected { cause, .. } => {
                let availability = self.availability(client, number);
                let rightly = !self.nodes[number].is_healthy(availability);
                self.record.ejection(rightly, now);
                self.hint_failure_if(cause == EjectionCause::Unreachable, client);
            }
            Transition::ProbeFailed { .. } | Transition::Admitted | Transition::Restored => {}
        }
        if change.panic_mode == Some(true) {
            self.record.panic_mode_entered(now);
        }
        self.wake(client);
    }
}
